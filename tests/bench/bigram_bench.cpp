#include <bimix/core/random.hpp>
#include <bimix/entropy/bigram_counts.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace bimix {
namespace {

/// Letters as uneven as those of a text: the k-th of 64 in proportion to 1/k.
std::vector<std::uint8_t> uneven_text() {
  RandomStream stream(1, Purpose::test);
  std::vector<std::uint8_t> text(std::size_t{4} << 20);
  for (std::uint8_t& c : text) c = static_cast<std::uint8_t>(31 + std::pow(64.0, stream.uniform()));
  return text;
}

const std::vector<std::uint8_t>& text() {
  static const std::vector<std::uint8_t> made = uneven_text();
  return made;
}

void set_rate(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text().size()));
}

void bigram_counter(benchmark::State& state) {
  BigramCounter counter;
  for (auto _ : state) counter.add(text());
  benchmark::DoNotOptimize(counter.take());
  set_rate(state);
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

BENCHMARK(bigram_counter);
BENCHMARK(one_table_byte_by_byte);
BENCHMARK(reading_alone);

}  // namespace
}  // namespace bimix
