#include "support/opened_corpus.hpp"

#include <bimix/core/random.hpp>
#include <bimix/corpus/corpus.hpp>
#include <bimix/entropy/pair_tally.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace bimix {
namespace {

/// Real text, as its runs of like pairs decide the speed: our own sources, over and over.
std::vector<std::uint8_t> source_text() {
  corpus::CorpusOptions options;
  options.base = BIMIX_SOURCE_DIR;
  options.domains = {{.name = "c++", .train_patterns = {"src/**/*.cpp"}, .eval_patterns = {}}};
  const corpus::Corpus corpus = test::opened(options);
  std::vector<std::uint8_t> text;
  while (text.size() < (std::size_t{4} << 20))
    for (const corpus::Stretch& document : corpus.tokens(0, corpus::Part::train).stretches())
      text.insert(text.end(), document.tokens.bytes().begin(), document.tokens.bytes().end());
  return text;
}

const std::vector<std::uint8_t>& text() {
  static const std::vector<std::uint8_t> made = source_text();
  return made;
}

void set_rate(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text().size()));
}

void byte_pair_counter(benchmark::State& state) {
  entropy::BytePairCounter counter;
  for (auto _ : state) counter.add(text());
  benchmark::DoNotOptimize(counter.take());
  set_rate(state);
}

/// 10^8 pairs of a vocabulary, some frequent and most rare, as texts of 64Ki tokens. NumPy's peer:
/// bigram_peer.py.
void pair_counter(benchmark::State& state) {
  constexpr std::size_t window = std::size_t{1} << 16;
  const auto vocabulary = static_cast<int>(state.range(0));
  core::RandomStream stream(1, core::Purpose::test);
  std::vector<std::int32_t> tokens(100'000'000);
  for (std::int32_t& token : tokens)
    token = static_cast<std::int32_t>(std::exp(stream.uniform() * std::log(vocabulary))) - 1;
  entropy::PairCounter counter(vocabulary);
  for (auto _ : state) {
    counter.begin({}, std::ssize(tokens));
    for (std::size_t from = 0; from < tokens.size(); from += window)
      counter.add(std::span(tokens).subspan(from, std::min(window, tokens.size() - from)));
    benchmark::DoNotOptimize(counter.take());
  }
  state.SetItemsProcessed(state.iterations() * std::ssize(tokens));
}

void one_table_byte_by_byte(benchmark::State& state) {
  std::vector<std::uint32_t> cells(65536, 0);
  const std::uint8_t* bytes = text().data();
  const std::size_t bigrams = text().size() - 1;
  for (auto _ : state) {
    for (std::size_t i = 0; i < bigrams; ++i) ++cells[256u * bytes[i] + bytes[i + 1]];
    benchmark::DoNotOptimize(cells.data());
  }
  set_rate(state);
}

void reading_alone(benchmark::State& state) {
  const std::uint8_t* bytes = text().data();
  const std::size_t size = text().size();
  for (auto _ : state) {
    std::uint64_t sum = 0, word = 0;
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
      std::memcpy(&word, bytes + i, 8);
      sum += word;
    }
    benchmark::DoNotOptimize(sum);
  }
  set_rate(state);
}

BENCHMARK(byte_pair_counter);
BENCHMARK(pair_counter)->Arg(50257)->Arg(131072)->Unit(benchmark::kMillisecond);
BENCHMARK(one_table_byte_by_byte);
BENCHMARK(reading_alone);

}  // namespace
}  // namespace bimix
