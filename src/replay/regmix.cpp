/// The pair of tables published with "RegMix" (Liu et al., arXiv 2407.01492): mixtures in one file
/// (index, train_*), losses in the other (index, metric/*_val_loss), joined by index; also with
/// plain names in both, or as one table. Described in FORMAT.md. The losses tell no volume:
/// `tokens` does. Which of the two a file is, its names or its numbers tell (metric_table.hpp).
/// Checks: what a table must be (csv.hpp); numbers (cells.hpp); an index once in each file (the
/// builder finds the second); all else in LogBuilder.

#include "columns.hpp"
#include "log_format.hpp"
#include "metric_table.hpp"
#include "table_file.hpp"

#include <algorithm>

namespace bimix::replay::regmix {

bool recognises(const LogFile& file, const ReplayOptions&) {
  const auto& header = file.header;
  return header.size() > 1 && std::find(header.begin(), header.end(), "index") != header.end() &&
         !run_column(header, false) && !has_axis(header);
}

void read(const LogFile& log, const ReplayOptions& options, LogBuilder& builder) {
  read_metric_table(open_table(log, builder), log.run, options, builder);
}

}  // namespace bimix::replay::regmix
