// Reading documents: JSON Lines to texts, plain and packed, and all of a preparation. The file is
// in the page cache. Peers: tests/bench/document_peers.sh.

#include "corpus/documents/document_format.hpp"
#include "support/packed_text.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/random.hpp>
#include <bimix/corpus/preparation.hpp>
#include <bimix/corpus/tokenizer.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace bimix {
namespace {

constexpr std::size_t text_bytes = std::size_t{128} << 20;

/// Words of a vocabulary in documents of some thousand bytes, with quotes and line ends to escape.
const std::string& lines() {
  static const std::string made = [] {
    core::RandomStream stream(1, core::Purpose::test);
    std::string all;
    for (int n = 0; all.size() < text_bytes; ++n) {
      all += fmt::format(
          "{{\"id\": \"doc-{}\", \"meta\": {{\"lang\": \"en\", \"score\": {}}}, \"text\": \"", n,
          n % 100);
      const auto words = static_cast<int>(100 + 900 * stream.uniform());
      for (int word = 0; word < words; ++word) {
        const double rank = stream.uniform();
        all += fmt::format("w{}", static_cast<int>(20'000 * rank * rank * rank));
        all += word % 15 == 14 ? "\\n" : word % 31 == 30 ? " \\\"quoted\\\" " : " ";
      }
      all += "\"}\n";
    }
    return all;
  }();
  return made;
}

const test::TempFolder& folder() {
  static const test::TempFolder made;
  static bool written = [] {
    made.write("a.jsonl", lines());
    made.write("a.jsonl.zst", test::zstd_packed(lines()));
    made.write("a.jsonl.gz", test::gzipped(lines()));
    return true;
  }();
  benchmark::DoNotOptimize(written);
  return made;
}

void read_documents(benchmark::State& state, const char* name) {
  const auto path = folder() / name;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto reader =
        corpus::format_of(corpus::beginning_of(path), {}).open({.path = path}, {}, {{}});
    while (const auto document = reader->next()) bytes += document->bytes.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
void json_lines_plain(benchmark::State& state) { read_documents(state, "a.jsonl"); }
void json_lines_of_zstd(benchmark::State& state) { read_documents(state, "a.jsonl.zst"); }
void json_lines_of_gzip(benchmark::State& state) { read_documents(state, "a.jsonl.gz"); }

/// Reading, telling duplicates, writing and putting in place.
void preparation_of_zstd(benchmark::State& state) {
  for (auto _ : state) {
    const test::TempFolder store;
    corpus::prepare(
        {.domains = {{.name = "a", .train_patterns = {"a.jsonl.zst"}}}, .base = folder().path()},
        store.path());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(lines().size()));
}

BENCHMARK(json_lines_plain)->Unit(benchmark::kMillisecond);
BENCHMARK(json_lines_of_zstd)->Unit(benchmark::kMillisecond);
BENCHMARK(json_lines_of_gzip)->Unit(benchmark::kMillisecond);
BENCHMARK(preparation_of_zstd)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bimix
