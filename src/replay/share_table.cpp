#include "share_table.hpp"

#include "cells.hpp"
#include "columns.hpp"
#include "metrics.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace bimix {
namespace {

using Columns = std::vector<std::size_t>;

constexpr double exact = 1e-6;  // printed with six digits and more
constexpr double rough = 0.01;  // printed with two or three; Olmix's own tolerance

/// The candidates that are numbers from 0 on in every row.
Columns numeric(const CsvFile& file, const Columns& candidates) {
  Columns columns;
  for (const std::size_t i : candidates)
    if (std::all_of(file.rows.begin(), file.rows.end(), [&](const CsvRow& row) {
          const auto number = share_in(row.cells[i]);
          return number && *number >= 0;
        }))
      columns.push_back(i);
  return columns;
}

/// Sums of the rows over the columns, each but the one that is left out.
std::vector<double> row_sums(const CsvFile& file, const Columns& columns,
                             std::optional<std::size_t> left_out = {}) {
  std::vector<double> sums;
  for (const CsvRow& row : file.rows) {
    double sum = 0.0;
    for (const std::size_t i : columns)
      if (i != left_out) sum += *share_in(row.cells[i]);
    sums.push_back(sum);
  }
  return sums;
}

/// How many of the sums are `wanted`.
std::size_t count_near(const std::vector<double>& sums, double wanted, double tolerance) {
  return static_cast<std::size_t>(std::count_if(sums.begin(), sums.end(), [&](double sum) {
    return std::abs(sum - wanted) <= tolerance * wanted;
  }));
}

bool all_near_1(const std::vector<double>& sums) {
  return count_near(sums, 1.0, exact) == sums.size();
}

bool most_near_1(const std::vector<double>& sums) {
  return 2 * count_near(sums, 1.0, rough) > sums.size();
}

/// Weights and percentages: every row has one and the same sum.
bool all_alike(const std::vector<double>& sums) {
  return sums.size() > 1 && sums.front() > 0 && count_near(sums, sums.front(), 1e-3) == sums.size();
}

/// Shares are of several domains at once: a column of ones beside a small number is no mixture.
bool are_mixed(const CsvFile& file, const Columns& columns) {
  const auto is_part = [&](std::size_t i) {
    return std::any_of(file.rows.begin(), file.rows.end(), [&](const CsvRow& row) {
      const double share = *share_in(row.cells[i]);
      return share > rough && share < 1.0 - rough;
    });
  };
  return std::count_if(columns.begin(), columns.end(), is_part) > 1;
}

bool goes_beside(const std::string& name) { return describes_run(name) || names_setting(name); }

Columns without_settings(const CsvFile& file, const Columns& columns) {
  Columns kept;
  for (const std::size_t i : columns)
    if (!goes_beside(file.header[i])) kept.push_back(i);
  return kept;
}

/// Columns whose names say that they are shares.
std::optional<ShareColumns> prefixed(const CsvFile& file, const Columns& columns, bool is_curve) {
  constexpr std::array<std::string_view, 5> prefixes{"share/", "shares/", "mixture/", "weight_",
                                                     "train_"};
  for (const std::string_view prefix : prefixes) {
    if (prefix == "train_" && is_curve) continue;
    ShareColumns shares{.prefix = prefix.size()};
    for (const std::size_t i : columns) {
      const std::string& name = file.header[i];
      if (name.size() > prefix.size() && name.starts_with(prefix) &&
          !goes_beside(name.substr(prefix.size())))
        shares.columns.push_back(i);
    }
    if (!shares.columns.empty()) return shares;
  }
  return std::nullopt;
}

/// The columns of the domains that the user names.
std::optional<ShareColumns> told(const CsvFile& file, const Columns& candidates,
                                 const std::vector<std::string>& domains) {
  ShareColumns shares;
  for (const std::string& domain : domains)
    for (const std::size_t i : candidates)
      if (file.header[i] == domain) shares.columns.push_back(i);
  if (domains.empty() || shares.columns.size() != domains.size()) return std::nullopt;
  return shares;
}

/// A setting under a name that is not known here would be a domain with a small share.
void refuse_odd_column(const CsvFile& file, const Columns& columns) {
  if (columns.size() < 3 || all_near_1(row_sums(file, columns))) return;
  for (const std::size_t i : columns) {
    if (!all_near_1(row_sums(file, columns, i))) continue;
    const std::string& name = file.header[i];
    const bool is_zero = std::all_of(file.rows.begin(), file.rows.end(), [&](const CsvRow& row) {
      return *share_in(row.cells[i]) == 0.0;
    });
    if (is_zero) continue;
    throw bad_line(file.path, 1, fmt::format("column '{}' seems to be no share", name),
                   "every row sums to 1 without it",
                   fmt::format("Remove it, or name the domains: --domains {},...",
                               file.header[columns.front() == i ? columns[1] : columns.front()]));
  }
}

}  // namespace

std::optional<ShareColumns> share_columns(const CsvFile& file, const Columns& candidates,
                                          const ReplayOptions& options, Evidence needed) {
  if (auto named = told(file, candidates, options.domains)) return named;
  const bool is_curve = needed == Evidence::certain;
  const Columns numbers = numeric(file, candidates);
  if (auto named = prefixed(file, needed == Evidence::stated ? candidates : numbers, is_curve))
    return named;
  const Columns plain = without_settings(file, numbers);
  const auto holds = [&](const Columns& columns, const auto& claim) {
    return columns.size() > 1 && claim(row_sums(file, columns));
  };
  if (holds(numbers, all_near_1)) return ShareColumns{numbers};
  if (holds(plain, all_near_1)) return ShareColumns{plain};
  if (is_curve) return std::nullopt;
  if (!options.normalise) refuse_odd_column(file, plain);
  const bool is_stated = needed == Evidence::stated;
  for (const Columns& columns : {plain, numbers})
    if (holds(columns, most_near_1) && (is_stated || are_mixed(file, columns)))
      return ShareColumns{columns};
  if (options.normalise && holds(plain, all_alike)) return ShareColumns{plain};
  if (is_stated) return ShareColumns{without_settings(file, candidates)};
  return std::nullopt;
}

void add_shares(const CsvFile& file, const ShareColumns& shares, std::size_t run,
                const ReplayOptions& options, LogBuilder& builder) {
  for (const CsvRow& row : file.rows)
    for (const std::size_t i : shares.columns) {
      const auto share = read_share(row.cells[i], place_of(file, row, i), options.normalise);
      if (!share)
        throw bad_line(file.path, row.line, file.header[i] + " is blank",
                       "every row gives every share", "Write 0 where it was not trained on");
      builder.add_share(std::string(trimmed(row.cells[run])), file.header[i].substr(shares.prefix),
                        share, file.path, row.line);
    }
}

std::set<std::string> runs_in(const CsvFile& file) {
  std::set<std::string> names;
  if (const auto run = run_column(file.header, true))
    for (const CsvRow& row : file.rows) names.emplace(trimmed(row.cells[*run]));
  return names;
}

void add_share_table(const CsvFile& file, const ReplayOptions& options, LogBuilder& builder) {
  const auto run = run_column(file.header, true);
  if (!run)
    throw bad_line(file.path, 1, "no column names the runs",
                   "a table of mixtures has a column `run` and one for each training domain; here "
                   "are " +
                       join_words(file.header),
                   "Rename the column of the runs' names to run");
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < file.header.size(); ++i)
    if (i != *run && metric_of(file.header[i]).kind == Metric::Kind::other) candidates.push_back(i);
  const auto shares = share_columns(file, candidates, options, Evidence::stated);
  if (!shares || shares->columns.empty())
    throw bad_line(file.path, 1, "there is no column of a training domain",
                   "every domain has one, of its name", "Add them");
  for (std::size_t i = 0; i < file.header.size(); ++i)
    if (i != *run &&
        std::find(shares->columns.begin(), shares->columns.end(), i) == shares->columns.end())
      builder.pass_over("columns of a table of mixtures that are no shares", file.header[i]);
  add_shares(file, *shares, *run, options, builder);
}

}  // namespace bimix
