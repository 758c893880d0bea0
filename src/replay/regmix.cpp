/// The pair of tables published with "RegMix" (Liu et al., arXiv 2407.01492): mixtures in one file
/// (index, train_*), losses in the other (index, metric/*_val_loss), joined by index. Described in
/// FORMAT.md. The losses tell no volume: `tokens` does.
/// Checks: what a table must be (csv.hpp); index there; all other columns train_* in one file and
/// *_loss in the other; numbers (cells.hpp); an index once in each file (the builder finds the
/// second); all else in LogBuilder.

#include "cells.hpp"
#include "csv.hpp"
#include "log_format.hpp"
#include "metrics.hpp"
#include "share_table.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>

namespace bimix::regmix {
namespace {

const std::string run_column = "index", share_prefix = "train_";

bool is_share(const std::string& name) {
  return name.size() > share_prefix.size() && name.starts_with(share_prefix);
}

bool is_loss(const std::string& name) { return evaluation_set(name).has_value(); }

/// Whether all columns but the index are as the claim says.
bool all_others(const std::vector<std::string>& header, bool (*claim)(const std::string&)) {
  return header.size() > 1 &&
         std::all_of(header.begin(), header.end(),
                     [&](const std::string& name) { return name == run_column || claim(name); });
}

void read_losses(const CsvFile& file, LogBuilder& builder) {
  const std::size_t run = column_of(file, run_column, "regmix");
  for (const CsvRow& row : file.rows)
    for (std::size_t i = 0; i < file.header.size(); ++i) {
      if (i == run) continue;
      builder.add_loss(
          {.run = std::string(trimmed(row.cells[run])),
           .domain = *evaluation_set(file.header[i]),
           .loss_nats = read_loss(row.cells[i], {file.path, row.line, file.header[i]})},
          file.path, row.line);
    }
}

}  // namespace

bool recognises(const LogFile& file) {
  const auto& header = file.header;
  return std::find(header.begin(), header.end(), run_column) != header.end() &&
         (all_others(header, is_share) || all_others(header, is_loss));
}

void read(const LogFile& log, const ReplayOptions&, LogBuilder& builder) {
  const CsvFile file = parse_csv(log.bytes, log.path);
  if (all_others(file.header, is_share))
    add_share_table(file, {.run_column = run_column, .prefix = share_prefix}, builder);
  else if (all_others(file.header, is_loss))
    read_losses(file, builder);
  else
    throw bad_line(file.path, 1, "the columns are neither mixtures nor losses",
                   "index and train_* in one file, index and metric/*_val_loss in the other",
                   "Remove the others");
}

}  // namespace bimix::regmix
