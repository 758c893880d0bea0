/// trainer_state.json of Hugging Face's Trainer: the entries of log_history that hold evaluation
/// losses (eval_loss, eval_<set>_loss). Described in FORMAT.md. The run is the folder's name;
/// mixtures come from `mixtures`; volumes from num_input_tokens_seen or, by `tokens_per_step`, from
/// step.
/// Checks: UTF-8 text; one whole JSON object, no key twice; log_history is an array of objects; an
/// entry with an evaluation loss has a step; at least one has; a folder's name stands for one
/// folder; numbers (cells.hpp); all else in LogBuilder. Lines are where entries begin.

#include "cells.hpp"
#include "json_text.hpp"
#include "log_format.hpp"
#include "metrics.hpp"
#include "run_folder.hpp"
#include "text_lines.hpp"

#include <algorithm>

namespace bimix::trainer_state {
namespace {

constexpr const char* history_key = "log_history";
constexpr const char* tokens_key = "num_input_tokens_seen";

/// Losses of one entry. @return how many
int read_entry(const LogJson& entry, const std::string& run, const std::string& path, int line,
               LogBuilder& builder) {
  int count = 0;
  for (const auto& [key, value] : entry.items()) {
    const auto set = evaluation_set(key);
    if (!set) continue;
    if (!entry.contains("step"))
      throw bad_line(path, line, "the entry has no step", "a loss belongs to a volume");
    LogCell cell{.run = run, .domain = *set};
    cell.steps = read_count(cell_of(entry.at("step")), {path, line, "step"});
    if (entry.contains(tokens_key)) {
      const std::int64_t tokens =
          read_count(cell_of(entry.at(tokens_key)), {path, line, tokens_key});
      if (tokens > 0) cell.tokens = tokens;  // 0: the trainer did not count
    }
    cell.loss_nats = read_loss(cell_of(value), {path, line, key});
    builder.add_loss(cell, path, line, Again::replaces);
    ++count;
  }
  return count;
}

}  // namespace

bool recognises(const LogFile& file) {
  std::string_view text = without_byte_order_mark(file.bytes);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return !text.empty() && text.front() == '{' &&
         text.find('"' + std::string(history_key) + '"') != std::string_view::npos;
}

void read(const LogFile& file, const ReplayOptions&, LogBuilder& builder) {
  const std::string_view text = without_byte_order_mark(file.bytes);
  check_text(text, file.path);
  const LogJson state = parse_json(text, file.path, 1);
  if (!state.is_object() || !state.contains(history_key) || !state.at(history_key).is_array())
    throw bad_line(file.path, 1, "there is no list log_history",
                   "the Trainer writes its logs there", "Name a trainer_state.json");
  const std::filesystem::path folder = run_folder(file.path);
  const std::string run = folder.filename().string();
  builder.claim(run, folder.string(), file.path);
  const LogJson& history = state.at(history_key);
  const std::vector<int> lines = element_lines(text, history_key);
  int count = 0;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (!history[i].is_object() || i >= lines.size())
      throw bad_line(file.path, 1, "an entry of log_history is no object",
                     "it maps names to values", "Name a trainer_state.json");
    count += read_entry(history[i], run, file.path, lines[i], builder);
  }
  if (count == 0)
    throw bad_line(file.path, 1, "no entry has an evaluation loss", evaluation_rule,
                   "Train with an evaluation set");
}

}  // namespace bimix::trainer_state
