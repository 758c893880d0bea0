#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/words.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::proxy {

/// What the learning rate does after its warm-up: "constant", "cosine", "wsd" (warm-up, stable,
/// decay).
enum class Schedule { constant, cosine, wsd };

/// What products multiply: "auto", "fp32", or "bf16": factors rounded to bf16, sums in fp32. With
/// instructions for it (`Isa`) all products are of bf16, without them those with weights.
enum class Precision { automatic, fp32, bf16 };

/// Instruction sets from least to most: "auto", "baseline", "avx2", "avx512", and "avx512_bf16" and
/// "amx", which only bf16 makes use of.
enum class Isa { automatic, baseline, avx2, avx512, avx512_bf16, amx };

/// Whether the model that a trial ends with is kept, so that an extension to larger volumes goes on
/// from it: "auto" (where those of all trials take little room), "always", "never".
enum class KeepModels { automatic, always, never };

/// What a sequence scores by its loss among those of its batch, where `reweight` is as published
/// (src/proxy/sample_weights.hpp has the formulas): "linupper" weighs down low losses, "quadratic"
/// low and high ones, "extremes" those between.
enum class LossScore { linupper, quadratic, extremes };

const core::WordTable<Schedule>& word_table(Schedule);
const core::WordTable<Precision>& word_table(Precision);
const core::WordTable<Isa>& word_table(Isa);
const core::WordTable<KeepModels>& word_table(KeepModels);
const core::WordTable<LossScore>& word_table(LossScore);

/// How much the sequences of a batch count by their losses.
struct Reweight {
  /// By softmax(score / temperature), as published; nothing: by `strength`.
  std::optional<LossScore> score{};
  /// Of a variant of linupper: how much low losses are weighed down, 0: all count alike.
  double strength = 0.0;

  bool is_on() const { return score.has_value() || strength > 0; }
  /// @param text the word of a score, or a number: a strength, whatever it is
  static std::optional<Reweight> from(const std::string& text);
  std::string text() const;
  /// What `from` takes, in words, and its words.
  static std::string forms();
  static std::vector<std::string> words() { return core::all_words<LossScore>(); }
  bool operator==(const Reweight&) const = default;
};

/// Settings of a proxy: a small language model, its optimiser and its evaluation. The defaults of
/// the optimiser are tuned for byte-level text (src/proxy/NOTES.md has the runs).
///
/// A zero, `automatic` or nothing in a field marked (auto) means "chosen by `resolved`". Layers
/// above work with resolved options, so that every machine of a run trains with the same numbers.
struct ProxyOptions {
  std::string model = "transformer";  ///< a name of `proxy_models()`
  int layers = 2;
  int width = 64;     ///< of the residual stream; a multiple of `heads`
  int heads = 2;      ///< width / heads is even (rotary positions turn pairs)
  int order = 6;      ///< n-grams: length of the longest; transformers do not look at it
  int context = 128;  ///< S: tokens of a training sequence
  int batch = 8;      ///< B: sequences of an optimiser step
  int vocabulary = 256;
  /// The volume of a run whose repetitions the proxy is to have: it trains on a part of each domain
  /// that is as much smaller as its volume is; 0: on all there is.
  std::int64_t match_target = 0;

  double learning_rate = 0.0;  ///< (auto) after warm-up, before any decay
  int warmup_steps = 20;       ///< the learning rate rises linearly over these
  Schedule schedule = Schedule::constant;
  double final_rate = 0.1;      ///< where a decay ends, as part of the learning rate
  double decay_fraction = 0.2;  ///< of the steps of a run, at its end; for wsd
  double weight_decay = 0.01;   ///< AdamW, on matrices only
  double beta1 = 0.9, beta2 = 0.99;
  double clip = 1.0;  ///< largest norm of the gradient

  /// How much the sequences of a batch count; a step takes 1.4 times as long (NOTES.md).
  Reweight reweight{};
  /// (auto) of the softmax of a published score, positive: the lower, the more weights differ.
  std::optional<double> reweight_temperature{};
  int reweight_after = 0;  ///< steps before that begins, in which all count alike

  int eval_sequences = 192;  ///< of `context` tokens, for each evaluation domain

  Precision precision = Precision::automatic;  ///< (auto)
  int micro_batch = 0;       ///< (auto) sequences whose gradients are summed in turn; divides batch
  Isa isa = Isa::automatic;  ///< (auto) widest instructions to use

  /// Threads and processes that share the micro-batches of a step; they change no bit of the
  /// result.
  int threads_per_trial = 1, ranks_per_trial = 1;

  /// Time between two checkpoints of a trial, as `parse_seconds` reads it. Writing one takes well
  /// under a second: at two minutes a hundredth of the work at most.
  std::string checkpoint_every = "2m";
  KeepModels keep_models = KeepModels::automatic;

  bool operator==(const ProxyOptions&) const = default;
};

/// All that is wrong with the options, each with `proxy.<key>` as its place; empty if nothing is.
/// Accepts resolved and unresolved options.
std::vector<core::Complaint> complaints(const ProxyOptions& options);

/// The options with every (auto) field filled in for this machine. Idempotent.
/// @throws UsageError if the options have complaints
/// @note the only place that looks at the processor
ProxyOptions resolved(const ProxyOptions& options);

/// One line that names everything the trained weights and their losses depend on, for the trial's
/// identity. @param options resolved
std::string canonical_text(const ProxyOptions& options);

/// What the model is, for people: "4 layers x 128, 4 heads, ...". @param options resolved
std::string description(const ProxyOptions& options);

/// False of a model whose losses are the same whatever `isa`, `precision` and `micro_batch` say.
bool depends_on_products(const ProxyOptions& options);
/// @param options resolved @throws DataError if this machine lacks the instructions that they name
void require_runnable_here(const ProxyOptions& options);
/// The widest instructions that this machine can run.
Isa detect_isa();

/// The registered models.
std::vector<std::string> proxy_models();

/// B * S: what one optimiser step consumes. Volumes are multiples of it.
std::int64_t tokens_per_step(const ProxyOptions& options);

/// Trained parameters, embeddings included.
std::int64_t parameter_count(const ProxyOptions& options);
/// Floating-point operations of training on that many tokens: 3 x forward, attention counted over
/// the causal half.
double training_flops(const ProxyOptions& options, std::int64_t tokens);
/// The same for evaluation.
double evaluation_flops(const ProxyOptions& options, std::int64_t tokens);
/// Bytes that a trial of that many tokens holds: weights, moments, gradients, activations; for
/// n-grams the most that their counts can take.
double memory_bytes(const ProxyOptions& options, std::int64_t tokens);
/// Bytes that such a trial saves: weights and moments; for n-grams the most that counts can take.
double saved_bytes(const ProxyOptions& options, std::int64_t tokens);

}  // namespace bimix::proxy
