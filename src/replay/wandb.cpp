/// The CSV that Weights & Biases exports from a chart: an x axis, then for each run
/// `<run> - <metric>` with `__MIN` and `__MAX` beside it. Described in FORMAT.md. Mixtures come
/// from `mixtures`, keyed by run. Checks: what a table must be (csv.hpp); an x axis of steps or
/// tokens, not of time; a run before the last " - "; at least one metric that is an evaluation loss
/// (metrics.hpp; others are counted), and no two that are the loss of one set in one run; numbers
/// (cells.hpp); all else in LogBuilder. Blank cells are no missing losses: the rows are the union
/// of all runs' steps.

#include "cells.hpp"
#include "csv.hpp"
#include "log_format.hpp"
#include "metrics.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

namespace bimix::wandb {
namespace {

const std::string separator = " - ";

enum class Axis { none, steps, tokens, time };

Axis axis_of(const std::string& name) {
  std::string low = name;
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  if (low.find("token") != std::string::npos) return Axis::tokens;
  const std::string last = low.substr(low.rfind('/') + 1);
  if (last == "step" || last == "_step" || last == "global_step") return Axis::steps;
  return low.find("time") != std::string::npos ? Axis::time : Axis::none;
}

struct LossColumn {
  std::size_t index;
  std::string run, set;
};

bool is_companion(const std::string& name) {
  return name.ends_with("__MIN") || name.ends_with("__MAX");
}

std::vector<LossColumn> loss_columns(const CsvFile& file, LogBuilder& builder) {
  std::vector<LossColumn> columns;
  std::map<std::pair<std::string, std::string>, std::string> seen;
  for (std::size_t i = 1; i < file.header.size(); ++i) {
    const std::string& name = file.header[i];
    const std::size_t at = name.rfind(separator);
    if (is_companion(name)) continue;
    if (at == std::string::npos || at == 0)
      throw bad_line(file.path, 1, "column '" + name + "' names no run",
                     "the columns of this export are <run> - <metric>", "Export the chart again");
    const auto set = evaluation_set(name.substr(at + separator.size()));
    if (!set) {
      builder.pass_over("columns that are no evaluation loss");
      continue;
    }
    const std::string run = name.substr(0, at);
    const auto [same, is_new] = seen.try_emplace({run, *set}, name);
    if (!is_new)
      throw bad_line(file.path, 1,
                     "column '" + name + "' is a loss of '" + *set + "' in '" + run + "'",
                     "so is '" + same->second + "'", "Remove one of the two");
    columns.push_back({i, run, *set});
  }
  if (columns.empty())
    throw bad_line(file.path, 1, "no column is an evaluation loss", evaluation_rule,
                   "Export a chart of evaluation losses");
  return columns;
}

}  // namespace

bool recognises(const LogFile& file) {
  const auto& header = file.header;
  return header.size() > 1 && axis_of(header.front()) != Axis::none &&
         std::any_of(header.begin() + 1, header.end(), [](const std::string& name) {
           return name.find(separator) != std::string::npos;
         });
}

void read(const LogFile& log, const ReplayOptions&, LogBuilder& builder) {
  const CsvFile file = parse_csv(log.bytes, log.path);
  const std::string& x = file.header.front();
  const Axis axis = axis_of(x);
  if (axis != Axis::steps && axis != Axis::tokens)
    throw bad_line(file.path, 1, "the x axis is '" + x + "'", "laws are about tokens",
                   "Export the chart with steps or tokens as its x axis");
  for (const LossColumn& column : loss_columns(file, builder))
    for (const CsvRow& row : file.rows) {
      LogCell entry{.run = column.run, .domain = column.set};
      entry.loss_nats =
          read_loss(row.cells[column.index], {file.path, row.line, file.header[column.index]});
      if (std::isnan(entry.loss_nats)) continue;
      (axis == Axis::tokens ? entry.tokens : entry.steps) =
          read_count(row.cells.front(), {file.path, row.line, x});
      builder.add_loss(entry, file.path, row.line);
    }
}

}  // namespace bimix::wandb
