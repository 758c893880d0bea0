#include "table_rows.hpp"

#include "columns.hpp"
#include "metrics.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace bimix::replay {
namespace {

/// Rows that belong together, by what their cells of these columns say.
std::map<std::string, std::vector<const CsvRow*>> grouped(const CsvFile& file,
                                                          const std::vector<std::size_t>& columns) {
  std::map<std::string, std::vector<const CsvRow*>> groups;
  for (const CsvRow& row : file.rows) {
    std::string key;
    for (const std::size_t i : columns) key += std::string(core::trimmed(row.cells[i])) + '\n';
    groups[key].push_back(&row);
  }
  return groups;
}

/// Whether the column is a number that grows from row to row of every group.
bool grows(const std::map<std::string, std::vector<const CsvRow*>>& groups, std::size_t column) {
  for (const auto& [key, rows] : groups) {
    std::optional<double> last;
    for (const CsvRow* row : rows) {
      const auto number = core::parse_number(core::trimmed(row->cells[column]));
      if (!number || (last && !(*number > *last))) return false;
      last = number;
    }
  }
  return true;
}

}  // namespace

void leave_out_other_splits(CsvFile& file, LogBuilder& builder) {
  const auto column = column_called(file.header, {"split", "phase", "stage"});
  if (!column) return;
  using Words = std::vector<std::string>;
  const auto is_of = [&](const Words& words) {
    return [words, column](const CsvRow& row) {
      const std::string word = core::lower_case(core::trimmed(row.cells[*column]));
      return std::find(words.begin(), words.end(), word) != words.end();
    };
  };
  const auto leave_out = [&](const auto& claim, const char* what) {
    if (std::all_of(file.rows.begin(), file.rows.end(), claim)) return;
    const std::size_t rows = std::erase_if(file.rows, claim);
    if (rows > 0) builder.pass_over(what, file.header[*column], static_cast<int>(rows));
  };
  leave_out(is_of({"train", "training"}), "rows of training");
  if (std::any_of(file.rows.begin(), file.rows.end(),
                  is_of({"val", "valid", "validation", "eval", "evaluation"})))
    leave_out(is_of({"test"}), "rows of a test beside others of validation");
}

void take_seeds_for_repeats(CsvFile& file, LogBuilder& builder) {
  const auto seed = column_called(file.header, {"seed", "random_seed", "rng_seed"});
  if (!seed || repeat_column(file.header)) return;
  std::vector<std::size_t> columns;
  if (const auto run = run_column(file.header, true)) columns.push_back(*run);
  for (const auto& [run, rows] : grouped(file, columns)) {
    const auto differs = [&, &first = *rows.front()](const CsvRow* row) {
      return core::trimmed(row->cells[*seed]) != core::trimmed(first.cells[*seed]);
    };
    if (std::none_of(rows.begin(), rows.end(), differs)) continue;
    builder.remark(fmt::format("column '{}' gives the repeats of a run", file.header[*seed]));
    file.header[*seed] = "repeat";
    return;
  }
}

void refuse_unknown_axis(const CsvFile& file) {
  const auto run = run_column(file.header, true);
  if (!run || has_axis(file.header)) return;
  std::vector<std::size_t> columns{*run};  // that tell rows apart besides an axis
  for (const auto& column : {repeat_column(file.header), parameters_column(file.header),
                             set_column(file.header), metric_column(file.header)})
    if (column) columns.push_back(*column);
  const auto groups = grouped(file, columns);
  const auto several = std::find_if(groups.begin(), groups.end(),
                                    [](const auto& group) { return group.second.size() > 1; });
  if (several == groups.end()) return;
  std::optional<std::size_t> axis;
  for (std::size_t i = 0; i < file.header.size(); ++i) {
    const bool is_other = axis_of(file.header[i]).kind == AxisKind::other;
    if (metric_of(file.header[i]).kind == Metric::Kind::other && grows(groups, i) &&
        (!axis || is_other))
      axis = i;
  }
  if (!axis) return;
  const std::string& name = file.header[*axis];
  throw bad_line(
      file.path, 1,
      fmt::format("run '{}' has several rows, and no column is known to count steps or tokens",
                  core::trimmed(several->second.front()->cells[*run])),
      fmt::format("'{}' tells them apart; known are step, global_step, iteration, tokens, "
                  "tokens_seen and the like",
                  name),
      fmt::format("If '{}' counts optimiser steps, rename it to step; if it counts training "
                  "tokens, to tokens; otherwise add such a column",
                  name));
}

}  // namespace bimix::replay
