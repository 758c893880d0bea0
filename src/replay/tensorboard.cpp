/// TensorBoard event files (events.out.tfevents.*): the scalars whose tags are evaluation losses
/// (metrics.hpp). Described in FORMAT.md. The run is the folder's name; mixtures come from
/// `mixtures`; volumes, by `tokens_per_step`, from the step.
/// Checks: every checksum (event_file.hpp); whole messages; a step that is not negative; a loss
/// that is finite and positive; a folder's name stands for one folder; all else in LogBuilder.
/// Counted: a last record that is cut; files without an evaluation loss; scalars that are none are
/// passed over in silence, since every event file is full of them. Lines are numbers of records.

#include "cells.hpp"
#include "event_file.hpp"
#include "log_format.hpp"
#include "metrics.hpp"
#include "run_folder.hpp"

#include <fmt/format.h>

namespace bimix::tensorboard {

bool recognises(const LogFile& file) { return begins_as_records(file.bytes); }

void read(const LogFile& file, const ReplayOptions&, LogBuilder& builder) {
  const std::filesystem::path folder = run_folder(file.path);
  const std::string run = folder.filename().string();
  builder.claim(run, folder.string(), file.path);
  int count = 0;
  const bool is_whole = read_event_scalars(file.bytes, file.path, [&](const EventScalar& scalar) {
    const auto set = evaluation_set(scalar.tag);
    if (!set) return;
    const CellPlace place{file.path, scalar.record, scalar.tag};
    builder.add_loss({.run = run,
                      .steps = read_count(fmt::format("{}", scalar.step), place),
                      .domain = *set,
                      .loss_nats = read_loss(fmt::format("{}", scalar.value), place)},
                     file.path, scalar.record, Again::replaces);
    ++count;
  });
  if (!is_whole) builder.pass_over("last records of event files that were cut");
  if (count == 0) builder.pass_over("event files without an evaluation loss");
}

}  // namespace bimix::tensorboard
