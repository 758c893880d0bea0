/// Curves as most trainers and tools write them: a table, CSV or JSON Lines, with a column of steps
/// or tokens and one for each metric (run.history() of W&B, Lightning's CSVLogger, litgpt, metrics
/// as JSON Lines), or with the metric's name in a column beside `value` (MLflow, TensorBoard). One
/// file for each run, named by the file or its folder, or all in one with a column of runs.
/// Described in FORMAT.md.
/// Checks: what a table must be (csv.hpp), or JSON Lines (json_text.hpp); at least one evaluation
/// loss; numbers (cells.hpp); all else in LogBuilder.

#include "columns.hpp"
#include "log_format.hpp"
#include "metric_table.hpp"
#include "metrics.hpp"
#include "table_file.hpp"
#include "table_rows.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>

namespace bimix::replay::run_table {
namespace {

/// Columns that only a format of its own has.
bool is_of_another_format(const std::string& name) {
  return name == "loss_nats" || name.starts_with("loss_nats/") || name.starts_with("loss/") ||
         name.starts_with("weight_") || name == "log_history" ||
         name.find(" - ") != std::string::npos;
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions& options) {
  const std::vector<std::string> columns = columns_of(file);
  if (!has_axis(columns)) return false;
  const MetricNames metric(options);
  const auto is_loss = [&](const std::string& name) {
    return core::lower_case(name) == "value" || metric(name).kind == Metric::Kind::loss;
  };
  return (metric.are_told() ||
          std::none_of(columns.begin(), columns.end(), is_of_another_format)) &&
         std::any_of(columns.begin(), columns.end(), is_loss);
}

void read(const LogFile& log, const ReplayOptions& options, LogBuilder& builder) {
  CsvFile file = open_table(log, builder);
  leave_out_other_splits(file, builder);
  read_metric_table(std::move(file), log.run, options, builder);
}

}  // namespace bimix::replay::run_table
