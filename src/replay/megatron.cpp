/// What Megatron-LM prints as it trains: lines `validation loss at iteration N | lm loss value: X
/// |` among others. Described in FORMAT.md. The run is the file's name without its ending; mixtures
/// come from `mixtures`; volumes, where `tokens_per_step` is not given, from the consumed tokens,
/// or the consumed samples times the seq_length of the printed arguments, of the training line of
/// the same iteration. Checks: UTF-8 text; a validation line has an iteration and an lm loss, and
/// is ended; at least one is there; a name stands for one file; numbers (cells.hpp); all else in
/// LogBuilder. Evaluations after the end (`on validation set`, `on test set`) are over other
/// batches: passed over, counted.

#include "cells.hpp"
#include "log_format.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace bimix::megatron {
namespace {

constexpr std::string_view validation = "validation", at_iteration = " loss at iteration ";
constexpr std::string_view samples_key = "consumed samples:", tokens_key = "consumed tokens:";
constexpr std::string_view length_key = "seq_length .";

/// What stands behind `key`; nothing if it is not there.
std::optional<std::string_view> behind(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + key.size());
}

/// The digits that a text begins with, after blanks and dots.
std::string digits_of(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" ."), text.size()));
  return std::string(text.substr(0, text.find_first_not_of("0123456789")));
}

/// The last training line, and what the arguments said.
struct Progress {
  std::string iteration{}, samples{}, tokens{};
  std::int64_t sequence_length = 0;
};

void follow(std::string_view line, const CellPlace& place, Progress& progress) {
  if (const auto length = behind(line, length_key))
    progress.sequence_length = read_count(digits_of(*length), place);
  const auto samples = behind(line, samples_key);
  const auto iteration = behind(line, "iteration ");
  if (!samples || !iteration) return;
  const auto tokens = behind(line, tokens_key);
  progress.iteration = digits_of(*iteration);
  progress.samples = digits_of(*samples);
  progress.tokens = tokens ? digits_of(*tokens) : "";
}

/// `lm loss value: 2.5E+00` -> the number's text; nothing for other parts of the line.
std::optional<std::string> loss_in(std::string_view line) {
  for (std::size_t at = line.find('|'); at != std::string_view::npos; at = line.find('|', at + 1)) {
    const std::string_view part = trimmed(line.substr(at + 1, line.find('|', at + 1) - at - 1));
    for (const std::string_view key : {"lm loss value:", "loss value:"})
      if (part.substr(0, key.size()) == key) return std::string(trimmed(part.substr(key.size())));
  }
  return std::nullopt;
}

/// `validation-1 loss at iteration 5`: "1"; `validation loss at iteration 5 [code]`: "code".
std::string set_name(std::string_view before, std::string_view after) {
  if (!before.empty()) return std::string(before.substr(before.front() == '-' ? 1 : 0));
  if (after.size() > 2 && after.front() == '[' && after.back() == ']')
    return std::string(after.substr(1, after.size() - 2));
  return "all";
}

/// Samples times their length. @throws DataError beyond what doubles count
std::int64_t product(std::int64_t samples, std::int64_t length, const CellPlace& place) {
  const double tokens = static_cast<double>(samples) * static_cast<double>(length);
  if (tokens > 0x1p53)
    throw bad_line(
        place.path, place.line,
        place.column + ": " + std::to_string(samples) + " of " + std::to_string(length) + " tokens",
        "at most 2^53 tokens");
  return samples * length;
}

/// @return whether the line is a validation loss of a run under way
bool read_line(const TextLine& line, const std::string& run, const std::string& path,
               const ReplayOptions& options, const Progress& progress, LogBuilder& builder) {
  const std::size_t at = line.text.find(at_iteration);
  const std::size_t word = line.text.substr(0, at).rfind(validation);
  if (at == std::string_view::npos || word == std::string_view::npos) return false;
  if (!line.is_ended) throw torn_line(path, line.line);
  const std::string_view before =
      trimmed(line.text.substr(word + validation.size(), at - word - validation.size()));
  const std::string_view rest = line.text.substr(at + at_iteration.size());
  const std::string iteration = digits_of(rest);
  const std::string_view head = rest.substr(0, rest.find('|'));
  const std::string_view after =
      trimmed(head.substr(std::min(head.find_first_not_of(" 0123456789"), head.size())));
  if (after.find("on ") == 0) {
    builder.pass_over("evaluations after the end of training");
    return false;
  }
  const auto loss = loss_in(line.text);
  if (!loss)
    throw bad_line(path, line.line, "the line has no lm loss value",
                   "`validation loss at iteration N | lm loss value: X |`");
  LogCell cell{.run = run, .domain = set_name(before, after)};
  cell.steps = read_count(iteration, {path, line.line, "iteration"});
  cell.loss_nats = read_loss(*loss, {path, line.line, "lm loss"});
  if (options.tokens_per_step == 0 && progress.iteration == iteration) {
    if (!progress.tokens.empty())
      cell.tokens = read_count(progress.tokens, {path, line.line, "consumed tokens"});
    else if (progress.sequence_length > 0)
      cell.tokens = product(read_count(progress.samples, {path, line.line, "consumed samples"}),
                            progress.sequence_length, {path, line.line, "consumed samples"});
  }
  builder.add_loss(cell, path, line.line, Again::replaces);
  return true;
}

}  // namespace

bool recognises(const LogFile& file) {
  const std::string_view text = file.bytes;
  const std::size_t at = text.find(at_iteration);
  return (at != std::string_view::npos && text.substr(0, at).rfind(validation) != text.npos) ||
         (text.find(samples_key) != text.npos && text.find("iteration ") != text.npos);
}

void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder) {
  const std::string run = std::filesystem::path(file.path).stem().string();
  builder.claim(run, file.path, file.path);
  Progress progress;
  bool any = false;
  for (const TextLine& line : text_lines(file.bytes, file.path)) {
    follow(line.text, {file.path, line.line, "training line"}, progress);
    any = read_line(line, run, file.path, options, progress, builder) || any;
  }
  if (!any)
    throw bad_line(file.path, 1, "there is no validation loss",
                   "`validation loss at iteration N | lm loss value: X |`",
                   "Train with --eval-interval, or name another log");
}

}  // namespace bimix::megatron
