/// The files in which MLflow keeps metrics: mlruns/<experiment>/<run>/metrics/<metric>, a line
/// `<milliseconds> <value> <step>` each time. Described in FORMAT.md. The run is the folder above
/// `metrics`, the metric the path below it; mixtures come from `mixtures`, volumes, by
/// `tokens_per_step`, from the step.
/// Checks: UTF-8 text; three fields in every line, which is ended; numbers (cells.hpp); all else in
/// LogBuilder. Counted: metrics that are no evaluation loss (metrics.hpp).

#include "cells.hpp"
#include "log_format.hpp"
#include "metrics.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>

namespace bimix::replay::mlflow {
namespace {

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  for (line = core::trimmed(line); !line.empty(); line = core::trimmed(line)) {
    const std::size_t end = std::min(line.find(' '), line.size());
    fields.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return fields;
}

bool is_time(const std::string& field) {
  constexpr std::size_t digits_of_milliseconds = 13;
  return field.size() == digits_of_milliseconds &&
         field.find_first_not_of("0123456789") == std::string::npos;
}

std::string metric_name(const std::string& path) {
  const std::size_t at = path.rfind(metrics_folder);
  return at == std::string::npos ? path.substr(path.rfind('/') + 1)
                                 : path.substr(at + metrics_folder.size());
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  const std::string_view text = without_byte_order_mark(file.bytes);
  const std::vector<std::string> fields = fields_of(text.substr(0, text.find('\n')));
  return fields.size() == 3 && is_time(fields[0]) && core::parse_number(fields[1]) &&
         core::parse_number(fields[2]);
}

void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder) {
  const MetricNames metric_names(options);
  const std::string name = metric_name(file.path);
  const Metric metric = metric_names(name);
  if (metric.kind != Metric::Kind::loss) {
    builder.pass_over(metric, name);
    builder.found_no_loss(file.path, metrics_rule({name}, metric_names.are_told()));
    return;
  }
  for (const TextLine& line : text_lines(file.bytes, file.path)) {
    const std::vector<std::string> fields = fields_of(line.text);
    if (fields.size() != 3)
      throw bad_line(file.path, line.line, "the line is not of this format",
                     "<milliseconds> <value> <step>");
    if (!line.is_ended) throw torn_line(file.path, line.line);
    const LogCell cell{.run = file.run,
                       .steps = read_count(fields[2], {file.path, line.line, "step"})};
    builder.add_metric(cell, metric, fields[1], {file.path, line.line, name}, Again::replaces);
  }
}

}  // namespace bimix::replay::mlflow
