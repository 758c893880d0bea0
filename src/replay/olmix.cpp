/// The pair of tables that Olmix reads: ratios.csv (run or run_id, domains) and metrics.csv (the
/// same, metrics), joined by the run; `name`, `index` and other columns that describe a run are
/// passed over. Also one table with both. Described in FORMAT.md. The tables tell no volume:
/// `tokens` does. Which of the two a file is, its numbers tell (metric_table.hpp).
/// Checks: what a table must be (csv.hpp); numbers (cells.hpp; metrics are losses, lower is
/// better); all else in LogBuilder.

#include "columns.hpp"
#include "log_format.hpp"
#include "metric_table.hpp"
#include "table_file.hpp"

#include <algorithm>

namespace bimix::replay::olmix {

bool recognises(const LogFile& file, const ReplayOptions&) {
  const auto& header = file.header;
  const bool is_of_ours = std::any_of(header.begin(), header.end(), [](const std::string& name) {
    return name == "loss_nats" || name.starts_with("loss/") || name == "value";
  });
  return header.size() > 1 && run_column(header, false) && !is_of_ours && !has_axis(header);
}

void read(const LogFile& log, const ReplayOptions& options, LogBuilder& builder) {
  read_metric_table(open_table(log, builder), log.run, options, builder);
}

}  // namespace bimix::replay::olmix
