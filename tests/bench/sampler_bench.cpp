#include "support/opened_corpus.hpp"

#include <bimix/corpus/permutation.hpp>
#include <bimix/corpus/sampler.hpp>

#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace bimix {
namespace {

constexpr int batch = 32, context = 128;

corpus::Corpus opened(bool mapped) {
  const auto folder = std::filesystem::temp_directory_path() / "bimix-sampler-bench";
  std::filesystem::create_directories(folder);
  corpus::CorpusOptions options;
  options.base = folder;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    std::ofstream(folder / name) << std::string(4'000'000, name[0]);
    options.domains.push_back({.name = name, .train_patterns = {name}, .binary = mapped});
  }
  corpus::Corpus made = test::opened(options);
  std::filesystem::remove_all(folder);  // the mappings stay
  return made;
}

/// Texts that were prepared, or files that are mapped where they lie.
const corpus::Corpus& corpus(bool mapped = false) {
  static const corpus::Corpus prepared = opened(false), in_place = opened(true);
  return mapped ? in_place : prepared;
}

void set_rate(benchmark::State& state) {
  state.counters["tokens"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * batch * context, benchmark::Counter::kIsRate);
}

void sampler(benchmark::State& state, bool mapped) {
  corpus::MixtureSampler drawn(
      corpus(mapped),
      {.mixture = {0.3, 0.25, 0.2, 0.1, 0.1, 0.05}, .batch = batch, .context = context});
  std::vector<std::int32_t> tokens(batch * (context + 1));
  for (auto _ : state) {
    drawn.next(tokens);
    benchmark::DoNotOptimize(tokens.data());
  }
  set_rate(state);
}

/// The copying alone, slot after slot of one domain.
void copying_alone(benchmark::State& state) {
  const corpus::PackedTokens& tokens = corpus().tokens(0, corpus::Part::train);
  const corpus::Slots all(tokens, context, corpus::SequencePacking::across);
  const std::int64_t slots = all.count();
  std::vector<std::int32_t> row(context + 1);
  std::int64_t slot = 0;
  for (auto _ : state)
    for (int b = 0; b < batch; ++b) {
      all.copy(slot++ % slots, row);
      benchmark::DoNotOptimize(row.data());
    }
  set_rate(state);
}

BENCHMARK_CAPTURE(sampler, prepared, false);
BENCHMARK_CAPTURE(sampler, mapped, true);
BENCHMARK(copying_alone);

}  // namespace
}  // namespace bimix
