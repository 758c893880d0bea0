/// TensorBoard event files (events.out.tfevents.*): the scalars whose tags are evaluation losses
/// (metrics.hpp). Described in FORMAT.md. The run is the folder's name; mixtures come from
/// `mixtures`; volumes, by `tokens_per_step`, from the step.
/// Checks: every checksum (event_file.hpp); whole messages; a step that is not negative; a loss
/// that is finite and positive; all else in LogBuilder. Counted: a last record that is cut; files
/// without an evaluation loss; other scalars of evaluations. Lines are numbers of records.

#include "cells.hpp"
#include "event_file.hpp"
#include "log_format.hpp"
#include "metrics.hpp"

#include <fmt/format.h>

#include <set>

namespace bimix::replay::tensorboard {

bool recognises(const LogFile& file, const ReplayOptions&) { return begins_as_records(file.bytes); }

void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder) {
  const MetricNames metric_names(options);
  int count = 0;
  std::set<std::string> seen;
  const bool is_whole = read_event_scalars(file.bytes, file.path, [&](const EventScalar& scalar) {
    const Metric metric = metric_names(scalar.tag);
    const bool is_new = seen.insert(scalar.tag).second;
    const bool is_loss = metric.kind == Metric::Kind::loss;
    if (!is_loss && is_new) builder.pass_over(metric, scalar.tag);
    if (!is_loss && metric.kind != Metric::Kind::perplexity) return;
    const CellPlace place{file.path, scalar.record, scalar.tag};
    const LogCell cell{.run = file.run, .steps = read_count(fmt::format("{}", scalar.step), place)};
    builder.add_metric(cell, metric, fmt::format("{}", scalar.value), place, Again::replaces);
    count += is_loss;
  });
  if (!is_whole) builder.pass_over("last records of event files that were cut");
  if (count == 0)
    builder.found_no_loss(file.path,
                          metrics_rule({seen.begin(), seen.end()}, metric_names.are_told()));
}

}  // namespace bimix::replay::tensorboard
