/// The CSV that Weights & Biases exports from a chart: an x axis, then for each run
/// `<run> - <metric>` with `__MIN` and `__MAX` beside it. Described in FORMAT.md. Mixtures come
/// from `mixtures`, keyed by run. Checks: what a table must be (csv.hpp); an x axis of steps or
/// tokens, not of epochs, samples or time; a run before the last " - "; at least one metric that is
/// an evaluation loss (metrics.hpp; others are counted); numbers (cells.hpp); all else in
/// LogBuilder. Blank cells are no missing losses: the rows are the union of all runs' steps.

#include "cells.hpp"
#include "columns.hpp"
#include "log_format.hpp"
#include "metrics.hpp"
#include "table_file.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>

namespace bimix::replay::wandb {
namespace {

const std::string separator = " - ";

struct LossColumn {
  std::size_t index;
  std::string run, metric_name;
  Metric metric;
};

bool is_companion(const std::string& name) {
  return name.ends_with("__MIN") || name.ends_with("__MAX");
}

std::vector<LossColumn> loss_columns(const CsvFile& file, const ReplayOptions& options,
                                     LogBuilder& builder) {
  const MetricNames metric_names(options);
  std::vector<LossColumn> columns;
  std::vector<std::string> seen;
  for (std::size_t i = 1; i < file.header.size(); ++i) {
    const std::string& name = file.header[i];
    const std::size_t at = name.rfind(separator);
    if (is_companion(name)) continue;
    if (at == std::string::npos || at == 0)
      throw bad_line(file.path, 1, "column '" + name + "' names no run",
                     "the columns of this export are <run> - <metric>", "Export the chart again");
    const std::string metric_name = name.substr(at + separator.size());
    seen.push_back(metric_name);
    Metric metric = metric_names(metric_name);
    builder.pass_over(metric, metric_name);
    if (metric.kind == Metric::Kind::other)
      builder.pass_over("columns that are no evaluation loss", metric_name);
    if (metric.kind == Metric::Kind::loss || metric.kind == Metric::Kind::perplexity)
      columns.push_back({i, name.substr(0, at), metric_name, std::move(metric)});
  }
  if (std::none_of(columns.begin(), columns.end(), [](const LossColumn& column) {
        return column.metric.kind == Metric::Kind::loss;
      }))
    throw bad_line(file.path, 1, "no column is an evaluation loss",
                   metrics_rule(seen, metric_names.are_told()), metrics_remedy);
  return columns;
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  const auto& header = file.header;
  return header.size() > 1 && axis_of(header.front()).kind != AxisKind::none &&
         std::any_of(header.begin() + 1, header.end(), [](const std::string& name) {
           return name.find(separator) != std::string::npos;
         });
}

void read(const LogFile& log, const ReplayOptions& options, LogBuilder& builder) {
  const CsvFile file = open_table(log, builder);
  const std::string& x = file.header.front();
  const Axis axis = axis_of(x);
  if (axis.kind != AxisKind::steps && axis.kind != AxisKind::tokens)
    throw bad_line(file.path, 1, "the x axis is '" + x + "'", "laws are about tokens",
                   "Export the chart with steps or tokens as its x axis");
  for (const LossColumn& column : loss_columns(file, options, builder))
    for (const CsvRow& row : file.rows) {
      const std::string& cell = row.cells[column.index];
      if (core::trimmed(cell).empty()) continue;
      LogCell entry{.run = column.run, .metric = column.metric_name};
      const CellPlace place{file.path, row.line, x};
      if (axis.kind == AxisKind::tokens)
        entry.tokens = read_scaled_count(row.cells.front(), place, axis.scale);
      else
        entry.steps = read_count(row.cells.front(), place);
      builder.add_metric(entry, column.metric, cell, place_of(file, row, column.index));
    }
}

}  // namespace bimix::replay::wandb
