/// What Megatron-LM, its forks and GPT-NeoX print as they train: lines `<group> loss at iteration N
/// | lm loss value: X |` or `<group> results at iteration N | lm_loss value: X |` among others.
/// Described in FORMAT.md. The run is the file's name (run_names.hpp); mixtures come from
/// `mixtures`; volumes, where `tokens_per_step` is not given, from the consumed tokens, or the
/// consumed samples times the seq_length of the printed arguments, of the training line of the same
/// iteration, or else from the printed batch size. Checks: UTF-8 text; a validation line has an
/// iteration and an lm loss, and is ended; at least one is there; numbers (cells.hpp); all else in
/// LogBuilder. Evaluations after the end (`on validation set`, `on test set`, of group test) are
/// over other batches: passed over, counted.

#include "cells.hpp"
#include "log_format.hpp"
#include "metrics.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace bimix::replay::megatron {
namespace {

constexpr std::array<std::string_view, 2> at_iteration{" loss at iteration ",
                                                       " results at iteration "};
constexpr std::string_view samples_key = "consumed samples:", tokens_key = "consumed tokens:";

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
  std::int64_t sequence_length = 0, batch_size = 0;
  bool ramps_up = false;
};

/// The value of a printed argument, `name ......... value`; nothing for another line, and for a
/// value that is no number. The name is whole: decoder_seq_length is another argument.
std::optional<std::int64_t> argument(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const bool is_whole =
      at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t' || line[at - 1] == ':';
  std::string_view rest = line.substr(at + name.size());
  if (!is_whole || rest.substr(0, 2) != " .") return std::nullopt;
  constexpr std::size_t most_digits = 15;
  const std::string digits = digits_of(rest);
  if (digits.empty() || digits.size() > most_digits) return std::nullopt;
  return std::stoll(digits);
}

void follow(std::string_view line, Progress& progress) {
  if (const auto length = argument(line, "seq_length")) progress.sequence_length = *length;
  for (const char* name : {"global_batch_size", "train_batch_size"})
    if (const auto size = argument(line, name)) progress.batch_size = *size;
  if (const auto ramp = behind(line, "rampup_batch_size .");
      ramp && ramp->find("None") == std::string_view::npos)
    progress.ramps_up = true;
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
    const std::string_view part =
        core::trimmed(line.substr(at + 1, line.find('|', at + 1) - at - 1));
    for (const std::string_view key : {"lm loss value:", "lm_loss value:", "loss value:"})
      if (part.substr(0, key.size()) == key)
        return std::string(core::trimmed(part.substr(key.size())));
  }
  return std::nullopt;
}

/// What stands before the group: `[default0]:`, `12: `, dates and levels of loggers.
bool is_logger_word(std::string_view word) {
  const auto is_any = [&](const char* letters) {
    return word.find_first_not_of(letters) == std::string_view::npos;
  };
  return word.front() == '[' || word.back() == ']' || word.back() == ':' ||
         is_any("0123456789-:.,/TZ|") || is_any("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/// `validation-web`, `valid-web`, `web`: the group whose losses a line tells.
std::string_view group_in(std::string_view before) {
  before = core::trimmed(before);
  while (!before.empty()) {
    const std::size_t end = std::min(before.find(' '), before.size());
    if (end == before.size() || !is_logger_word(before.substr(0, end))) break;
    before = core::trimmed(before.substr(end));
  }
  return before;
}

/// Group `validation-1`: "1"; `validation` and behind the iteration `[code]`: "code".
Metric metric_in(std::string_view group, std::string_view after) {
  Metric metric = metric_of("eval " + std::string(group) + " loss");
  if (after.size() > 2 && after.front() == '[' && after.back() == ']')
    metric.set = std::string(after.substr(1, after.size() - 2));
  return metric;
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

/// The tokens that an evaluation stands at, where the log tells.
std::optional<std::int64_t> tokens_at(const std::string& iteration, const Progress& progress,
                                      const std::string& path, int line) {
  const std::string samples = "consumed samples";
  if (iteration == "0") return 0;
  if (progress.iteration == iteration && !progress.tokens.empty())
    return read_count(progress.tokens, {path, line, "consumed tokens"});
  if (progress.sequence_length == 0) return std::nullopt;
  const CellPlace place{path, line, samples};
  if (progress.iteration == iteration)
    return product(read_count(progress.samples, place), progress.sequence_length, place);
  if (progress.batch_size == 0 || progress.ramps_up) return std::nullopt;
  return product(product(read_count(iteration, place), progress.batch_size, place),
                 progress.sequence_length, place);
}

/// Where a line tells a loss of a group, and what stands around it.
struct Evaluation {
  std::string_view before, after;
};

std::optional<Evaluation> evaluation_in(std::string_view line) {
  for (const std::string_view key : at_iteration) {
    const std::size_t at = line.find(key);
    if (at != std::string_view::npos && at > 0)
      return Evaluation{line.substr(0, at), line.substr(at + key.size())};
  }
  return std::nullopt;
}

/// @return whether the line is a validation loss of a run under way
bool read_line(const TextLine& line, const LogFile& file, const Progress& progress,
               LogBuilder& builder) {
  const auto evaluation = evaluation_in(line.text);
  if (!evaluation) return false;
  const std::string& path = file.path;
  if (!line.is_ended) throw torn_line(path, line.line);
  const std::string_view group = group_in(evaluation->before);
  const std::string iteration = digits_of(evaluation->after);
  const std::string_view head = evaluation->after.substr(0, evaluation->after.find('|'));
  const std::string_view after =
      core::trimmed(head.substr(std::min(head.find_first_not_of(" 0123456789"), head.size())));
  if (after.find("on ") == 0 || group == "test") {
    builder.pass_over("evaluations after the end of training");
    return false;
  }
  const Metric metric = metric_in(group, after);
  if (metric.kind != Metric::Kind::loss) {
    builder.pass_over("losses of training", std::string(group));
    return false;
  }
  const auto loss = loss_in(line.text);
  if (!loss)
    throw bad_line(path, line.line, "the line has no lm loss value",
                   "`validation loss at iteration N | lm loss value: X |`");
  LogCell cell{.run = file.run, .prefers_told = true, .domain = metric.set};
  cell.steps = read_count(iteration, {path, line.line, "iteration"});
  cell.loss = read_loss(*loss, {path, line.line, "lm loss"});
  cell.tokens = tokens_at(iteration, progress, path, line.line);
  builder.add_loss(cell, path, line.line, Again::replaces);
  return true;
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  const std::string_view text = file.bytes;
  const auto has = [&](std::string_view key) { return text.find(key) != std::string_view::npos; };
  return ((has(at_iteration[0]) || has(at_iteration[1])) && has("loss value:")) ||
         (has("iteration ") && (has(samples_key) || has("| lm_loss: ")));
}

void read(const LogFile& file, const ReplayOptions&, LogBuilder& builder) {
  Progress progress;
  bool any = false;
  for (const TextLine& line : text_lines(file.bytes, file.path)) {
    follow(line.text, progress);
    any = read_line(line, file, progress, builder) || any;
  }
  if (!any)
    throw bad_line(file.path, 1, "there is no validation loss",
                   "`validation loss at iteration N | lm loss value: X |`",
                   "Train with --eval-interval, or name another log");
}

}  // namespace bimix::replay::megatron
