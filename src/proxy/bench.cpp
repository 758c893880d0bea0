#include "model_registry.hpp"
#include "transformer_pass.hpp"

#include <bimix/core/median.hpp>
#include <bimix/core/random.hpp>
#include <bimix/proxy/bench.hpp>
#include <bimix/proxy/language_model.hpp>

#include <dnnl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>
#include <string_view>
#include <type_traits>

// The one file of this layer that reads a clock: measuring is its purpose.

namespace bimix::proxy {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Batches of random tokens, each another: a model that counts would know the same one by heart.
class RandomBatches {
 public:
  explicit RandomBatches(const ProxyOptions& options)
      : vocabulary_(static_cast<std::uint64_t>(options.vocabulary)),
        batch_(static_cast<std::size_t>(options.batch) *
               static_cast<std::size_t>(options.context + 1)) {}

  std::span<const std::int32_t> next() {
    for (std::int32_t& token : batch_)
      token = static_cast<std::int32_t>(random_.below(vocabulary_));
    return batch_;
  }

 private:
  core::RandomStream random_{1, core::Purpose::test};
  std::uint64_t vocabulary_;
  std::vector<std::int32_t> batch_;
};

/// Seconds of one step: the median, for which a neighbour's burst does not count.
double median_step(LanguageModel& model, RandomBatches& batches, double rate, double seconds) {
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  do {
    const auto batch = batches.next();
    const Clock::time_point step = Clock::now();
    model.train_step(batch, rate);
    times.push_back(seconds_since(step));
  } while (seconds_since(start) < seconds);
  return core::median(std::move(times));
}

/// Tokens a second that are evaluated: as many sequences at a time as a domain has.
double evaluation_speed(LanguageModel& model, const ProxyOptions& options, double seconds) {
  ProxyOptions evaluation = options;
  evaluation.batch = options.eval_sequences;
  RandomBatches batches(evaluation);
  std::vector<float> nats(static_cast<std::size_t>(tokens_per_step(evaluation)));
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  do {
    const auto batch = batches.next();
    const Clock::time_point once = Clock::now();
    model.token_losses(batch, nats);
    times.push_back(seconds_since(once));
  } while (seconds_since(start) < seconds);
  return static_cast<double>(nats.size()) / core::median(std::move(times));
}

std::vector<StepPart> parts_of_step(LanguageModel& model, RandomBatches& batches, double rate,
                                    double seconds) {
  std::vector<StepPart> parts;
  Clock::time_point last = Clock::now();
  model.observe([&](const char* name, double flops) {
    const double spent = seconds_since(last);
    auto part = std::find_if(parts.begin(), parts.end(),
                             [&](const StepPart& known) { return known.name == name; });
    if (part == parts.end()) part = parts.insert(parts.end(), StepPart{.name = name});
    part->share += spent;
    part->gflops += flops * 1e-9;
    last = Clock::now();
  });
  const Clock::time_point start = Clock::now();
  do {
    const auto batch = batches.next();
    last = Clock::now();
    model.train_step(batch, rate);
  } while (seconds_since(start) < seconds);
  model.observe({});
  double total = 0;
  for (const StepPart& part : parts) total += part.share;
  for (StepPart& part : parts) {
    part.gflops /= part.share;
    part.share /= total;
  }
  std::sort(parts.begin(), parts.end(),
            [](const StepPart& a, const StepPart& b) { return a.share > b.share; });
  return parts;
}

double fastest_seconds(const std::function<void()>& work, double seconds) {
  double fastest = std::numeric_limits<double>::infinity();
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point once = Clock::now();
    for (int i = 0; i < 10; ++i) work();
    fastest = std::min(fastest, seconds_since(once) / 10);
  } while (seconds_since(start) < seconds);
  return fastest;
}

/// The fastest of the step's forward products, each alone and warm, on one thread: by a matrix that
/// is rearranged beforehand, and of floats by one that is not.
template <class Factor>
double best_product_gflops(const ProxyOptions& options, double seconds) {
  const Index rows = pass_sequences(options) * options.context, width = options.width;
  Arena arena;
  const auto a = arena.take_factors<Factor>(rows * 4 * width);
  const Buffer b = arena.take(4 * width * width), c = arena.take(rows * 4 * width);
  double best = 0;
  for (const auto& [depth, columns] :
       {std::array{width, 3 * width}, {width, 4 * width}, {4 * width, width}}) {
    LinearProducts<Factor> products(arena, {rows, depth, columns, factors_of(options)},
                                    kernels_for(options.isa));
    const Buffer scratch = arena.take(products.scratch_size());
    double fastest = fastest_seconds(
        [&] { products.forward(a.data(), 0, c.data(), scratch.data()); }, seconds / 6);
    if constexpr (std::is_same_v<Factor, float>)
      fastest = std::min(fastest, fastest_seconds(
                                      [&, n = columns, k = depth] {
                                        dnnl_sgemm('N', 'N', rows, n, k, 1.0F, a.data(), k,
                                                   b.data(), n, 0.0F, c.data(), n);
                                      },
                                      seconds / 6));
    best = std::max(best, 1e-9 * products.flops() / fastest);
  }
  return best;
}

double limit_gflops(const ProxyOptions& options, double seconds) {
  return options.threads_per_trial * (factors_of(options) == Factors::bf16
                                          ? best_product_gflops<Bf16>(options, seconds)
                                          : best_product_gflops<float>(options, seconds));
}

}  // namespace

ProxyBench bench_proxy(const ProxyOptions& options, double seconds) {
  ProxyBench bench;
  bench.options = resolved(options);
  bench.options.reweight_after = 0;  // the steps that take longer
  const auto model = make_model(bench.options, 1, 0);
  RandomBatches batches(bench.options);
  const double rate = bench.options.learning_rate;
  model->train_step(batches.next(), rate);  // code is loaded, pages are touched
  const double step = median_step(*model, batches, rate, 0.5 * seconds);
  const auto tokens = static_cast<double>(tokens_per_step(bench.options));
  bench.tokens_per_second = tokens / step;
  bench.gflops = training_flops(bench.options, tokens_per_step(bench.options)) / step * 1e-9;
  if (find_model(bench.options.model)->has_micro_batches)
    bench.limit_gflops = limit_gflops(bench.options, 0.2 * seconds);
  bench.evaluated_per_second = evaluation_speed(*model, bench.options, 0.1 * seconds);
  bench.parts = parts_of_step(*model, batches, rate, 0.2 * seconds);
  return bench;
}

std::vector<ProxyOptions> published_shapes() {
  return {{.layers = 2, .width = 64, .heads = 2, .context = 128, .batch = 8},
          {.layers = 4, .width = 128, .heads = 4, .context = 128, .batch = 32},
          {.layers = 4, .width = 256, .heads = 8, .context = 128, .batch = 16},
          {.layers = 6, .width = 384, .heads = 6, .context = 256, .batch = 8, .vocabulary = 4096}};
}

}  // namespace bimix::proxy
