/// What small trainers print as they go: llm.c's main.log (`s:250 tel:4.2345`), nanoGPT (`step 250:
/// train loss 4.3, val loss 4.2`) and kin (`step:250/5000 val_loss:4.2`). Described in FORMAT.md.
/// The run is the file's name (run_names.hpp), the one set is `all`; mixtures come from `mixtures`,
/// volumes, by `tokens_per_step`, from the step. Checks: UTF-8 text; a line with a validation loss
/// has a step, and is ended; at least one is there; numbers (cells.hpp); all else in LogBuilder.

#include "cells.hpp"
#include "log_format.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace bimix::replay::printed_lines {
namespace {

/// How a trainer writes the step, at the begin of a line, and behind it the loss.
struct Wording {
  std::string_view step, loss;
};

constexpr std::array<Wording, 3> wordings{
    {{"s:", " tel:"}, {"step ", ", val loss "}, {"step:", " val_loss:"}}};

struct Printed {
  std::string step, loss;
};

std::optional<Printed> printed_in(std::string_view line) {
  line = core::trimmed(line);
  for (const Wording& wording : wordings) {
    const std::size_t at = line.find(wording.loss);
    if (!line.starts_with(wording.step) || at == std::string_view::npos) continue;
    const std::string_view step = line.substr(wording.step.size());
    const std::string_view loss = line.substr(at + wording.loss.size());
    return Printed{std::string(step.substr(0, step.find_first_not_of("0123456789"))),
                   std::string(loss.substr(0, loss.find_first_of(" ,|")))};
  }
  return std::nullopt;
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  std::string_view text = without_byte_order_mark(file.bytes);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto printed = printed_in(text.substr(0, end));
    if (printed && !printed->step.empty() && core::parse_number(printed->loss)) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

void read(const LogFile& file, const ReplayOptions&, LogBuilder& builder) {
  bool any = false;
  for (const TextLine& line : text_lines(file.bytes, file.path)) {
    const auto printed = printed_in(line.text);
    if (!printed) continue;
    if (!line.is_ended) throw torn_line(file.path, line.line);
    builder.add_loss({.run = file.run,
                      .steps = read_count(printed->step, {file.path, line.line, "step"}),
                      .domain = "all",
                      .loss = read_loss(printed->loss, {file.path, line.line, "val loss"})},
                     file.path, line.line, Again::replaces);
    any = true;
  }
  if (!any)
    throw bad_line(file.path, 1, "there is no validation loss",
                   "`s:N tel:X`, `step N: train loss Y, val loss X` or `step:N/M val_loss:X`",
                   "Name another log");
}

}  // namespace bimix::replay::printed_lines
