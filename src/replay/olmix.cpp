/// The pair of tables that Olmix reads: ratios.csv (run_id, domains) and metrics.csv (run_id,
/// metrics), joined by run_id; `name` and `index` are passed over. Described in FORMAT.md. The
/// tables tell no volume: `tokens` does.
/// Which of the two a file is, its numbers tell: ratios are shares, and every row of them sums to 1
/// within 0.01.
/// Checks: what a table must be (csv.hpp); run_id there; numbers (cells.hpp; metrics are losses,
/// lower is better); all else in LogBuilder.

#include "cells.hpp"
#include "csv.hpp"
#include "log_format.hpp"
#include "share_table.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <cmath>

namespace bimix::olmix {
namespace {

const std::string run_column = "run_id";
const std::vector<std::string> ignored{"name", "index"};
constexpr double ratio_tolerance = 0.01;  // Olmix's own

bool is_data(const std::string& name) {
  return name != run_column && std::find(ignored.begin(), ignored.end(), name) == ignored.end();
}

bool are_ratios(const CsvFile& file) {
  return std::all_of(file.rows.begin(), file.rows.end(), [&](const CsvRow& row) {
    double sum = 0.0;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (!is_data(file.header[i])) continue;
      const auto value = parse_number(trimmed(row.cells[i]));
      if (!value || !(*value >= 0 && *value <= 1)) return false;
      sum += *value;
    }
    return std::abs(sum - 1.0) <= ratio_tolerance;
  });
}

}  // namespace

bool recognises(const LogFile& file) {
  return std::find(file.header.begin(), file.header.end(), run_column) != file.header.end();
}

void read(const LogFile& log, const ReplayOptions&, LogBuilder& builder) {
  const CsvFile file = parse_csv(log.bytes, log.path);
  const std::size_t run = column_of(file, run_column, "olmix");
  if (are_ratios(file)) {
    add_share_table(file, {.run_column = run_column, .ignored = ignored}, builder);
    return;
  }
  builder.remark("losses are taken as they stand (Olmix mostly logs bits per byte, not nats)");
  for (const CsvRow& row : file.rows)
    for (std::size_t i = 0; i < row.cells.size(); ++i)
      if (is_data(file.header[i]))
        builder.add_loss(
            {.run = std::string(trimmed(row.cells[run])),
             .domain = file.header[i],
             .loss_nats = read_loss(row.cells[i], {file.path, row.line, file.header[i]})},
            file.path, row.line);
}

}  // namespace bimix::olmix
