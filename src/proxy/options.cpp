#include "kernels.hpp"
#include "model_registry.hpp"
#include "option_words.hpp"
#include "products.hpp"

#include <bimix/core/text.hpp>
#include <bimix/proxy/options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::proxy {
namespace {

// Together they keep every product of shapes within 63 bits.
constexpr int most = 1 << 20, most_layers = 1 << 12, most_width = 1 << 16;

/// Of a published reweighting: what its authors' code has unless it is said (NOTES.md).
constexpr double usual_temperature = 1.0;

/// Four micro-batches a step, or as many as divide the batch: enough to share among threads, few
/// enough that adding up their gradients takes no time worth mentioning (NOTES.md).
int chosen_micro_batch(const ProxyOptions& o) {
  for (const int parts : {4, 3, 2})
    if (o.batch % parts == 0) return o.batch / parts;
  return o.batch;
}

/// Of a step.
int micro_batches(const ProxyOptions& o) {
  return o.batch / (o.micro_batch > 0 ? o.micro_batch : chosen_micro_batch(o));
}

class Collector {
 public:
  void add(const char* key, std::string problem, std::string rule, std::string remedy) {
    found.push_back({.place = fmt::format("proxy.{}", key),
                     .problem = std::move(problem),
                     .rule = std::move(rule),
                     .remedy = std::move(remedy)});
  }

  void whole_number(const char* key, int value, int least, int largest = most) {
    if (value < least || value > largest)
      add(key, fmt::format("{} is out of range", value),
          fmt::format("it must be {} to {}", least, largest), "");
  }

  void number(const char* key, double value, bool holds, const char* rule) {
    if (!std::isfinite(value) || !holds)
      add(key, fmt::format("{} is out of range", value), rule, "");
  }

  void name(const char* key, const std::string& value, const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), value) != names.end()) return;
    core::Complaint complaint = unknown_choice(value, names);
    add(key, complaint.problem, complaint.rule, complaint.remedy);
  }

  std::vector<core::Complaint> found{};
};

std::string divisors_near(int whole, int part) {
  for (int step = 1; step < whole; ++step)
    for (const int candidate : {part - step, part + step})
      if (candidate > 0 && whole % candidate == 0) return fmt::format("Try {}", candidate);
  return "";
}

/// Every thread of every process needs a micro-batch.
void check_sharing(const ProxyOptions& o, Collector& collector) {
  const int parts = micro_batches(o), threads = o.threads_per_trial * o.ranks_per_trial;
  if (threads <= parts) return;
  const char* key = o.ranks_per_trial > 1 ? "ranks_per_trial" : "threads_per_trial";
  collector.add(key, fmt::format("{} threads share {} micro-batches", threads, parts),
                "each thread needs one at least",
                o.batch >= threads ? fmt::format("Try micro_batch: {}", o.batch / threads)
                                   : fmt::format("Try {}: {}", key, parts));
}

void check_shape(const ProxyOptions& o, Collector& collector) {
  collector.whole_number("layers", o.layers, 1, most_layers);
  collector.whole_number("width", o.width, 2, most_width);
  collector.whole_number("heads", o.heads, 1);
  collector.whole_number("order", o.order, 1, 32);
  collector.whole_number("context", o.context, 1);
  collector.whole_number("batch", o.batch, 1);
  collector.whole_number("vocabulary", o.vocabulary, 2);
  collector.whole_number("eval_sequences", o.eval_sequences, 1);
  collector.whole_number("warmup_steps", o.warmup_steps, 0);
  collector.whole_number("reweight_after", o.reweight_after, 0);
  collector.whole_number("micro_batch", o.micro_batch, 0);
  collector.whole_number("threads_per_trial", o.threads_per_trial, 1, 1024);
  collector.whole_number("ranks_per_trial", o.ranks_per_trial, 1, 1024);
  if (!collector.found.empty()) return;
  if (o.width % o.heads != 0) {
    const int below = o.width / o.heads * o.heads, above = below + o.heads;
    collector.add(
        "width", fmt::format("{} is not a multiple of heads = {}", o.width, o.heads),
        "each head needs the same width",
        below > 0 ? fmt::format("Try {} or {}", below, above) : fmt::format("Try {}", above));
  } else if (o.width / o.heads % 2 != 0) {
    collector.add(
        "heads",
        fmt::format("{} heads of width {} / {} = {}", o.heads, o.width, o.heads, o.width / o.heads),
        "rotary positions turn pairs, so a head's width is even",
        fmt::format("Try width {}", o.width + o.heads));
  }
  if (o.micro_batch > 0 && o.batch % o.micro_batch != 0)
    collector.add(
        "micro_batch", fmt::format("{} does not divide batch = {}", o.micro_batch, o.batch),
        "a step is a whole number of micro-batches", divisors_near(o.batch, o.micro_batch));
  else
    check_sharing(o, collector);
}

void check_reweight(const ProxyOptions& o, Collector& collector) {
  const double strength = o.reweight.strength;
  collector.number("reweight", strength, strength >= 0 && strength <= 20, "it must be in [0, 20]");
  const double temperature = o.reweight_temperature.value_or(usual_temperature);
  if (!std::isfinite(temperature) || temperature <= 0)
    collector.add("reweight_temperature", fmt::format("{} is out of range", temperature),
                  "it must be positive and finite", "Leave it out for 1, or try 0.4");
  if (const auto* model = find_model(o.model);
      model != nullptr && !model->has_micro_batches && o.reweight.score)
    collector.add("reweight", fmt::format("'{}' weighs no sequences", o.model),
                  "it counts, and has no loss to learn from",
                  "Leave reweight out, or use model: transformer");
}

/// bf16 where it trains faster and its instructions may be used: it does not change what a campaign
/// finds (NOTES.md).
Precision chosen_precision(const ProxyOptions& o) {
  const bool may_use = o.isa == Isa::automatic || o.isa >= Isa::avx512_bf16;
  const bool pays = may_use && bf16_pays_here() && are_bf16_products_right(o.vocabulary);
  return depends_on_products(o) && pays ? Precision::bf16 : Precision::fp32;
}

/// The widest instructions here that make training faster: those for bf16 do for bf16 only, and not
/// everywhere.
Isa chosen_isa(const ProxyOptions& o) {
  const bool may_be_bf16 = o.precision == Precision::bf16 && bf16_pays_here();
  return may_be_bf16 ? detect_isa() : std::min(detect_isa(), Isa::avx512);
}

/// Best of a few runs at each of the widths 32, 64, 128 and 256: NOTES.md.
double tuned_learning_rate(int width) { return 0.25 / width; }

}  // namespace

std::vector<core::Complaint> complaints(const ProxyOptions& o) {
  Collector collector;
  collector.name("model", o.model, proxy_models());
  check_shape(o, collector);
  if (const auto* model = find_model(o.model);
      model != nullptr && !model->has_micro_batches && o.ranks_per_trial > 1)
    collector.add("ranks_per_trial", fmt::format("'{}' learns in one process", o.model),
                  "it has no micro-batches to share", "Leave ranks_per_trial at 1");
  collector.number("learning_rate", o.learning_rate, o.learning_rate >= 0,
                   "it must not be negative; 0 means tuned");
  collector.number("final_rate", o.final_rate, o.final_rate >= 0 && o.final_rate <= 1,
                   "it must be in [0, 1]");
  collector.number("decay_fraction", o.decay_fraction,
                   o.decay_fraction > 0 && o.decay_fraction <= 1, "it must be in (0, 1]");
  collector.number("weight_decay", o.weight_decay, o.weight_decay >= 0, "it must not be negative");
  collector.number("beta1", o.beta1, o.beta1 >= 0 && o.beta1 < 1, "it must be in [0, 1)");
  collector.number("beta2", o.beta2, o.beta2 >= 0 && o.beta2 < 1, "it must be in [0, 1)");
  collector.number("clip", o.clip, o.clip > 0, "it must be positive");
  check_reweight(o, collector);
  if (!core::parse_seconds(o.checkpoint_every))
    collector.add("checkpoint_every", fmt::format("'{}' is no time", o.checkpoint_every),
                  "a whole number with s, m, h or d", "Write for example 2m");
  return collector.found;
}

ProxyOptions resolved(const ProxyOptions& options) {
  const std::vector<core::Complaint> found = complaints(options);
  if (!found.empty()) throw core::UsageError(found.front());
  ProxyOptions settled = options;
  if (settled.learning_rate == 0) settled.learning_rate = tuned_learning_rate(settled.width);
  if (settled.precision == Precision::automatic) settled.precision = chosen_precision(settled);
  if (settled.reweight.score && !settled.reweight_temperature)
    settled.reweight_temperature = usual_temperature;
  if (settled.micro_batch == 0) settled.micro_batch = chosen_micro_batch(settled);
  if (settled.isa == Isa::automatic) settled.isa = chosen_isa(settled);
  return settled;
}

bool depends_on_products(const ProxyOptions& options) {
  const auto* model = find_model(options.model);
  return model == nullptr || model->has_micro_batches;
}

void require_runnable_here(const ProxyOptions& options) {
  if (depends_on_products(options)) kernels_for(options.isa);
}

std::string canonical_text(const ProxyOptions& o) {
  return fmt::format("proxy v1 model={} {}", o.model, find_model(o.model)->canonical_text(o));
}

std::string description(const ProxyOptions& options) {
  return find_model(options.model)->description(options);
}

std::int64_t tokens_per_step(const ProxyOptions& options) {
  return std::int64_t{options.batch} * options.context;
}

std::int64_t parameter_count(const ProxyOptions& options) {
  return find_model(resolved(options).model)->parameter_count(options);
}

double evaluation_flops(const ProxyOptions& options, std::int64_t tokens) {
  return find_model(resolved(options).model)->forward_flops(options) * static_cast<double>(tokens);
}

double memory_bytes(const ProxyOptions& options, std::int64_t tokens) {
  const ProxyOptions settled = resolved(options);
  return find_model(settled.model)->memory_bytes(settled, tokens);
}

double saved_bytes(const ProxyOptions& options, std::int64_t tokens) {
  const ProxyOptions settled = resolved(options);
  return find_model(settled.model)->saved_bytes(settled, tokens);
}

double training_flops(const ProxyOptions& options, std::int64_t tokens) {
  return 3 * evaluation_flops(options, tokens);
}

}  // namespace bimix::proxy
