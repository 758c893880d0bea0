#include "share_table.hpp"

#include "cells.hpp"
#include "columns.hpp"
#include "metrics.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <optional>
#include <string_view>

namespace bimix::replay {
namespace {

std::optional<std::size_t> place_in(const CsvFile& file, std::string_view name) {
  const auto found = std::find(file.header.begin(), file.header.end(), name);
  if (found == file.header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - file.header.begin());
}

/// A row for each run and domain. @return false if the table has other columns
bool add_long_table(const CsvFile& file, std::size_t run, const ReplayOptions& options,
                    LogBuilder& builder) {
  const auto domain = place_in(file, "domain"), share = place_in(file, "share");
  if (!domain || !share) return false;
  for (const CsvRow& row : file.rows)
    builder.add_share(std::string(core::trimmed(row.cells[run])),
                      std::string(core::trimmed(row.cells[*domain])),
                      read_share(row.cells[*share], place_of(file, row, *share), options.normalise),
                      file.path, row.line);
  return true;
}

}  // namespace

void add_shares(const CsvFile& file, const ShareColumns& shares, std::size_t run,
                const ReplayOptions& options, LogBuilder& builder) {
  for (const CsvRow& row : file.rows)
    for (const std::size_t i : shares.columns) {
      const auto share = read_share(row.cells[i], place_of(file, row, i), options.normalise);
      if (!share)
        throw bad_line(file.path, row.line, file.header[i] + " is blank",
                       "every row gives every share", "Write 0 where it was not trained on");
      builder.add_share(std::string(core::trimmed(row.cells[run])), shares.domain(file.header[i]),
                        share, file.path, row.line);
    }
}

std::set<std::string> runs_in(const CsvFile& file) {
  std::set<std::string> names;
  if (const auto run = run_column(file.header, true))
    for (const CsvRow& row : file.rows) names.emplace(core::trimmed(row.cells[*run]));
  return names;
}

void add_share_table(const CsvFile& file, const ReplayOptions& options, LogBuilder& builder) {
  const auto run = run_column(file.header, true);
  if (!run)
    throw bad_line(file.path, 1, "no column names the runs",
                   "a table of mixtures has a column `run` and one for each training domain; here "
                   "are " +
                       core::join_words(file.header),
                   "Rename the column of the runs' names to run");
  if (add_long_table(file, *run, options, builder)) return;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < file.header.size(); ++i)
    if (i != *run && metric_of(file.header[i]).kind == Metric::Kind::other) candidates.push_back(i);
  const auto shares = share_columns(file, candidates, options, Evidence::stated);
  if (!shares || shares->columns.empty())
    throw bad_line(file.path, 1, "there is no column of a training domain",
                   "every domain has one, of its name; here are " + core::join_words(file.header),
                   "Add them");
  for (std::size_t i = 0; i < file.header.size(); ++i)
    if (i != *run &&
        std::find(shares->columns.begin(), shares->columns.end(), i) == shares->columns.end())
      builder.pass_over("columns of a table of mixtures that are no shares", file.header[i]);
  add_shares(file, *shares, *run, options, builder);
}

}  // namespace bimix::replay
