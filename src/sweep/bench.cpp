#include <bimix/sweep/bench.hpp>
#include <bimix/sweep/coordinator.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <random>
#include <thread>

namespace bimix::sweep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int seed = 1;
constexpr double decades = 1.5;
constexpr int volumes = 8;
constexpr double wide = 0.4, rough = 0.1;  // of the logarithm

/// Numbers exp(width * normal).
std::vector<double> log_normal(std::size_t count, double width, std::mt19937& draw) {
  std::lognormal_distribution<double> distribution(0.0, width);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = distribution(draw);
  return numbers;
}

/// As many of each volume, as in a design where each volume is a run of its own.
std::vector<double> volume_costs(std::size_t count) {
  std::vector<double> costs(count);
  for (std::size_t i = 0; i < count; ++i)
    costs[i] = std::pow(10.0, decades * static_cast<double>(i % volumes) / (volumes - 1));
  return costs;
}

std::vector<double> times_of_roughly(const std::vector<double>& costs, std::mt19937& draw) {
  std::vector<double> times = log_normal(costs.size(), rough, draw);
  for (std::size_t i = 0; i < times.size(); ++i) times[i] *= costs[i];
  return times;
}

/// A trial lasts as many seconds as it costs.
class WaitingSource final : public trial::TrialSource {
 public:
  std::string identity(const data::TrialSpec&) const override { return "waiting"; }
  trial::SourceTraits traits() const override { return {}; }
  double cost(const data::TrialSpec& spec) const override { return spec.cost; }
  data::TrialResult run(const data::TrialSpec& spec, const trial::TrialHooks&) const override {
    std::this_thread::sleep_for(std::chrono::duration<double>(spec.cost));
    return {.id = spec.id};
  }
};

}  // namespace

const core::WordTable<CostsAre>& word_table(CostsAre) {
  static const core::WordTable<CostsAre> table{
      {{CostsAre::volumes, "volumes"}, {CostsAre::spread, "spread"}}};
  return table;
}

std::vector<ScheduleBench> bench_schedule(double per_rank) {
  std::vector<ScheduleBench> rows;
  for (const CostsAre costs_are : core::all_values<CostsAre>())
    for (const int ranks : {2, 16, 128, 1024, 16384}) {
      std::mt19937 draw(seed);
      const auto trials = static_cast<std::size_t>(std::lround(per_rank * ranks));
      const std::vector<double> costs =
          costs_are == CostsAre::volumes ? volume_costs(trials) : log_normal(trials, wide, draw);
      const std::vector<double> times = times_of_roughly(costs, draw);
      const std::vector<std::size_t> order = dispatch_order(costs, ranks);
      rows.push_back({.ranks = ranks,
                      .trials = trials,
                      .costs = costs_are,
                      .lower_bound = makespan_lower_bound(costs, ranks),
                      .largest_first = makespan(costs, largest_first_order(costs), ranks),
                      .dispatched = makespan(costs, order, ranks),
                      .dispatched_rough = makespan(times, order, ranks),
                      .rough_bound = makespan_lower_bound(times, ranks)});
    }
  return rows;
}

SweepBench bench_sweep(const par::Comm& comm, double seconds) {
  constexpr std::size_t per_rank = 20;
  std::mt19937 draw(seed);
  std::vector<double> times =
      log_normal(per_rank * static_cast<std::size_t>(comm.size()), 0.5, draw);
  const double sum = std::accumulate(times.begin(), times.end(), 0.0);
  std::vector<data::TrialSpec> trials;
  for (std::size_t i = 0; i < times.size(); ++i) {
    times[i] *= seconds * comm.size() / sum;
    trials.push_back({.id = fmt::format("{:016x}", i), .cost = times[i]});
  }
  comm.barrier();
  const Clock::time_point start = Clock::now();
  SweepCaller nobody;
  run_trials(comm, trials, WaitingSource(), nobody);
  return {.ranks = comm.size(),
          .trials = trials.size(),
          .seconds = std::chrono::duration<double>(Clock::now() - start).count(),
          .lower_bound = makespan_lower_bound(times, comm.size())};
}

}  // namespace bimix::sweep
