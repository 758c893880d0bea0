#include "columns.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace bimix::replay {
namespace {

using Names = std::vector<std::string_view>;

/// In order of preference.
const Names step_names{"global_step", "step",       "steps",     "optimizer_step", "train_step",
                       "num_updates", "updates",    "update",    "iteration",      "iterations",
                       "iter_num",    "iter",       "iters",     "n_iter",         "num_iters",
                       "opt_step",    "optim_step", "num_steps", "n_steps",        "_step"};
const Names run_names_known{"run",    "run_name", "run name", "runname", "tags.mlflow.runname",
                            "run_id", "run id",   "run_uuid", "name",    "experiment"};
const Names run_details{"index",  "name",     "run",      "run_id",  "run_name",
                        "run id", "run name", "run_uuid", "runname", "id",
                        "group",  "project",  "user",     "state",   "tags",
                        "notes",  "job_type", "created",  "host",    "experiment"};
/// Without the words of `qualifiers` before them.
const Names settings{"lr",
                     "learning_rate",
                     "seed",
                     "epoch",
                     "epochs",
                     "step",
                     "steps",
                     "iter",
                     "iteration",
                     "batch_size",
                     "bsz",
                     "wd",
                     "weight_decay",
                     "warmup",
                     "warmup_steps",
                     "warmup_ratio",
                     "decay",
                     "dropout",
                     "params",
                     "parameters",
                     "model_size",
                     "size",
                     "layer",
                     "layers",
                     "width",
                     "depth",
                     "d_model",
                     "d_ff",
                     "hidden",
                     "hidden_size",
                     "embd",
                     "embed_dim",
                     "head",
                     "heads",
                     "seq_len",
                     "seq_length",
                     "seqlen",
                     "sequence_length",
                     "context",
                     "context_length",
                     "ctx",
                     "block_size",
                     "vocab",
                     "vocab_size",
                     "temperature",
                     "temp",
                     "tau",
                     "entropy",
                     "flops",
                     "tflops",
                     "mfu",
                     "runtime",
                     "time",
                     "date",
                     "timestamp",
                     "duration",
                     "gpus",
                     "nodes",
                     "rank",
                     "loss",
                     "score",
                     "repeat",
                     "momentum",
                     "beta1",
                     "beta2",
                     "eps",
                     "clip",
                     "grad_clip",
                     "grad_accum",
                     "cost",
                     "cost_usd",
                     "usd",
                     "price",
                     "total",
                     "sum",
                     "optimizer",
                     "scheduler",
                     "precision",
                     "tokens_per_step"};
const Names qualifiers{"train_", "valid_", "val_",    "eval_",  "n_",    "num_",
                       "max_",   "min_",   "global_", "micro_", "peak_", "base_"};

bool holds(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Behind the last `/`, in lower case.
std::string last_part(const std::string& column) {
  return core::lower_case(column.substr(column.rfind('/') + 1));
}

/// The last part without the first of the words that it begins with.
std::string last_part_without(const Names& words, const std::string& column) {
  std::string last = last_part(column);
  for (const std::string_view word : words)
    if (last.starts_with(word)) return last.substr(word.size());
  return last;
}

/// fairseq logs valid_num_updates.
std::string step_name(const std::string& column) {
  return last_part_without({"train_", "valid_", "val_", "eval_"}, column);
}

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  bool is_open = false;
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_letter && !is_open) words.emplace_back();
    if (is_letter) words.back() += c;
    is_open = is_letter;
  }
  return words;
}

double scale_in(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (holds({"k", "thousand", "thousands"}, word)) return 1e3;
    if (holds({"m", "mn", "million", "millions"}, word)) return 1e6;
    if (holds({"b", "bn", "g", "billion", "billions"}, word)) return 1e9;
    if (holds({"t", "tn", "trillion", "trillions"}, word)) return 1e12;
  }
  return 1.0;
}

std::optional<std::size_t> first_of(const std::vector<std::string>& header, const Names& names) {
  for (const std::string_view name : names)
    for (std::size_t i = 0; i < header.size(); ++i)
      if (last_part(header[i]) == name) return i;
  return std::nullopt;
}

}  // namespace

Axis axis_of(const std::string& column) {
  const std::string last = last_part(column), whole = core::lower_case(column);
  if (holds(step_names, step_name(column)) || whole == "time/batch") return {AxisKind::steps};
  const std::vector<std::string> words = words_in(last);
  const auto has = [&](const Names& list) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return holds(list, word); });
  };
  if (has({"token", "tokens"}) &&
      !has({"per", "sec", "second", "s", "rate", "throughput", "loss", "step", "batch", "gpu"}))
    return {AxisKind::tokens, scale_in(words)};
  if (has({"epoch", "epochs", "sample", "samples", "time", "timestamp", "runtime", "seconds",
           "hours"}) ||
      whole.starts_with("time/"))
    return {AxisKind::other};
  return {};
}

std::vector<std::size_t> axis_columns(const std::vector<std::string>& header, AxisKind kind) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < header.size(); ++i)
    if (axis_of(header[i]).kind == kind) columns.push_back(i);
  const auto rank = [&](std::size_t i) {
    return std::find(step_names.begin(), step_names.end(), step_name(header[i])) -
           step_names.begin();
  };
  // litgpt logs tokens, of one rank, and total_tokens.
  const auto is_total = [&](std::size_t i) {
    return last_part(header[i]).find("total") != std::string::npos;
  };
  std::stable_sort(columns.begin(), columns.end(), [&](std::size_t a, std::size_t b) {
    return kind == AxisKind::steps ? rank(a) < rank(b) : is_total(a) && !is_total(b);
  });
  return columns;
}

bool has_axis(const std::vector<std::string>& header) {
  return std::any_of(header.begin(), header.end(), [](const std::string& name) {
    const AxisKind kind = axis_of(name).kind;
    return kind == AxisKind::steps || kind == AxisKind::tokens;
  });
}

std::optional<std::size_t> column_called(const std::vector<std::string>& header,
                                         std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    for (std::size_t i = 0; i < header.size(); ++i)
      if (core::lower_case(header[i]) == name) return i;
  return std::nullopt;
}

std::optional<std::size_t> parameters_column(const std::vector<std::string>& header) {
  return column_called(header, {"parameters", "model_size", "n_params", "num_params"});
}

std::optional<std::size_t> repeat_column(const std::vector<std::string>& header) {
  return column_called(header, {"repeat"});
}

std::optional<std::size_t> set_column(const std::vector<std::string>& header) {
  return column_called(header, {"domain", "set", "dataset", "eval_set", "subset"});
}

std::optional<std::size_t> metric_column(const std::vector<std::string>& header) {
  return column_called(header, {"metric", "key", "tag", "metric_name"});
}

std::optional<std::size_t> run_column(const std::vector<std::string>& header, bool with_numbers) {
  if (const auto column = first_of(header, run_names_known)) return column;
  return with_numbers ? first_of(header, {"index", "id"}) : std::nullopt;
}

bool describes_run(const std::string& column) {
  const std::string low = core::lower_case(column);
  return holds(run_details, low) || low.starts_with("_") || low.ends_with("_id") ||
         low.ends_with(" id") || low.starts_with("tags.");
}

bool names_setting(const std::string& column) {
  return holds(settings, last_part(column)) ||
         holds(settings, last_part_without(qualifiers, column)) ||
         axis_of(column).kind != AxisKind::none;
}

}  // namespace bimix::replay
