#include <bimix/core/file.hpp>
#include <bimix/store/journal.hpp>
#include <bimix/store/results.hpp>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace bimix {
namespace {

/// A folder on the disk of BIMIX_BENCH_FOLDER, or the working directory: /tmp is often memory.
std::filesystem::path bench_folder() {
  const char* folder = std::getenv("BIMIX_BENCH_FOLDER");
  const auto path = std::filesystem::path(folder ? folder : ".") / "bimix-store-bench";
  std::filesystem::create_directories(path);
  return path;
}

/// A campaign of `trials` trials with 7 domains and 11 volumes, all done.
data::RunRecord done_record(int trials) {
  data::RunRecord record;
  data::SweepPlan& plan = record.plan;
  for (int d = 0; d < 7; ++d) {
    plan.domains.train.push_back("domain" + std::to_string(d));
    plan.domains.share_of.push_back(d);
  }
  plan.domains.eval = plan.domains.train;
  for (int v = 1; v <= 11; ++v) plan.tokens.push_back(1'000'000 * v);
  for (int t = 0; t < trials; ++t) {
    data::TrialResult result;
    result.id = std::to_string(t);
    for (const std::int64_t tokens : plan.tokens)
      result.curve.push_back({tokens, tokens / 1024, std::vector<double>(7, 1.0 / (t + 1))});
    record.results.push_back(result);
    plan.trials.push_back({.id = result.id,
                           .mixture_id = t,
                           .mixture = data::Mixture(7, 1.0 / 7),
                           .tokens = plan.tokens});
  }
  return record;
}

/// The reference: what the disk takes for one line.
void append_and_sync(benchmark::State& state) {
  store::Disk& disk = store::Disk::real();
  const std::string line =
      store::journal_line("trial", {{"result", data::to_json(done_record(1).results[0])}});
  const int file = disk.open_empty(bench_folder() / "reference");
  for (auto _ : state) {
    disk.write(file, line);
    disk.sync(file);
  }
  ::close(file);
  std::filesystem::remove_all(bench_folder());
}
BENCHMARK(append_and_sync)->Unit(benchmark::kMicrosecond)->UseRealTime();

void journal_append(benchmark::State& state) {
  const data::TrialResult result = done_record(1).results[0];
  {
    const store::FolderLock lock(bench_folder());
    store::Journal journal(lock);
    journal.append(store::JournalHeader{});
    for (auto _ : state) journal.append_results({result});
  }
  std::filesystem::remove_all(bench_folder());
}
BENCHMARK(journal_append)->Unit(benchmark::kMicrosecond)->UseRealTime();

void journal_read(benchmark::State& state) {
  std::string bytes = store::journal_line(
      "header", {{"format", "1.0"}, {"campaign_hash", ""}, {"fingerprints", data::Json::object()}});
  for (const data::TrialResult& result : done_record(static_cast<int>(state.range(0))).results)
    bytes += store::journal_line("trial", {{"result", data::to_json(result)}});
  std::ofstream(store::journal_path(bench_folder()), std::ios::binary) << bytes;
  for (auto _ : state) benchmark::DoNotOptimize(store::read_journal(bench_folder()));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
  std::filesystem::remove_all(bench_folder());
}
BENCHMARK(journal_read)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void results_write(benchmark::State& state) {
  const data::RunRecord record = done_record(static_cast<int>(state.range(0)));
  const auto path = bench_folder() / "results.h5";
  for (auto _ : state) store::write_results(path, record);
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
  std::filesystem::remove_all(bench_folder());
}
BENCHMARK(results_write)->Arg(20)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The reference: the same number of bytes, made by nobody.
void bytes_write(benchmark::State& state) {
  const auto path = bench_folder() / "results.h5";
  store::write_results(path, done_record(static_cast<int>(state.range(0))));
  const std::string bytes = core::read_file(path);
  for (auto _ : state) store::write_file_atomically(path, bytes);
  std::filesystem::remove_all(bench_folder());
}
BENCHMARK(bytes_write)->Arg(20)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace bimix
