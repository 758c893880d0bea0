/// trainer_state.json of Hugging Face's Trainer: the entries of log_history that hold evaluation
/// losses (eval_loss, eval_<set>_loss). Described in FORMAT.md. The run is the folder's name
/// (run_names.hpp); mixtures come from `mixtures`; volumes from num_input_tokens_seen or, by
/// `tokens_per_step`, from step. Checks: UTF-8 text; one whole JSON object, no key twice;
/// log_history is an array of objects; an entry with an evaluation loss has a step; at least one
/// has; numbers (cells.hpp); all else in LogBuilder. Lines are where entries begin.

#include "cells.hpp"
#include "json_text.hpp"
#include "log_format.hpp"
#include "metrics.hpp"
#include "table_file.hpp"
#include "text_lines.hpp"

#include <set>

namespace bimix::replay::trainer_state {
namespace {

constexpr const char* history_key = "log_history";
constexpr const char* tokens_key = "num_input_tokens_seen";

/// What entries are read with.
struct Reading {
  const LogFile& file;
  const MetricNames& metric_names;
  LogBuilder& builder;
  int losses = 0;
  std::set<std::string> seen{};     ///< metrics, all
  std::set<std::string> counted{};  ///< metrics that were passed over
};

void read_entry(const LogJson& entry, int line, Reading& reading) {
  const std::string& path = reading.file.path;
  for (const auto& [key, value] : entry.items()) {
    const Metric metric = reading.metric_names(key);
    reading.seen.insert(key);
    const bool is_loss = metric.kind == Metric::Kind::loss;
    if (!is_loss && reading.counted.insert(key).second) reading.builder.pass_over(metric, key);
    if (!is_loss && metric.kind != Metric::Kind::perplexity) continue;
    if (!entry.contains("step"))
      throw bad_line(path, line, "the entry has no step", "a loss belongs to a volume");
    LogCell cell{.run = reading.file.run};
    cell.steps = read_count(cell_of(entry.at("step")), {path, line, "step"});
    if (entry.contains(tokens_key)) {
      const std::int64_t tokens =
          read_count(cell_of(entry.at(tokens_key)), {path, line, tokens_key});
      if (tokens > 0) cell.tokens = tokens;  // 0: the trainer did not count
    }
    reading.builder.add_metric(cell, metric, cell_of(value), {path, line, key}, Again::replaces);
    reading.losses += is_loss;
  }
}

}  // namespace

bool recognises(const LogFile& file, const ReplayOptions&) {
  return begins_as_json(file.bytes) &&
         file.bytes.find('"' + std::string(history_key) + '"') != std::string::npos;
}

void read(const LogFile& file, const ReplayOptions& options, LogBuilder& builder) {
  const std::string_view text = without_byte_order_mark(file.bytes);
  check_text(text, file.path);
  const LogJson state = parse_json(text, file.path, 1);
  if (!state.is_object() || !state.contains(history_key) || !state.at(history_key).is_array())
    throw bad_line(file.path, 1, "there is no list log_history",
                   "the Trainer writes its logs there", "Name a trainer_state.json");
  const MetricNames metric_names(options);
  Reading reading{file, metric_names, builder};
  const LogJson& history = state.at(history_key);
  const std::vector<int> lines = element_lines(text, history_key);
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (!history[i].is_object() || i >= lines.size())
      throw bad_line(file.path, 1, "an entry of log_history is no object",
                     "it maps names to values", "Name a trainer_state.json");
    read_entry(history[i], lines[i], reading);
  }
  if (reading.losses == 0)
    throw bad_line(
        file.path, 1, "no entry has an evaluation loss",
        metrics_rule({reading.seen.begin(), reading.seen.end()}, metric_names.are_told()),
        metrics_remedy);
}

}  // namespace bimix::replay::trainer_state
