#pragma once

#include <bimix/core/words.hpp>
#include <bimix/par/comm.hpp>

#include <vector>

namespace bimix::sweep {

/// Costs of simulated trials: "volumes", log-spaced over 1.5 decades; "spread", log-normal.
enum class CostsAre { volumes, spread };

const core::WordTable<CostsAre>& word_table(CostsAre);

/// How a sweep's last trial ends against the earliest end that any schedule could have.
struct ScheduleBench {
  int ranks = 1;
  std::size_t trials = 0;
  CostsAre costs = CostsAre::volumes;
  double lower_bound = 0.0;       ///< makespan_lower_bound, in the unit of the costs
  double largest_first = 0.0;     ///< makespan of the plain longest-first order
  double dispatched = 0.0;        ///< of dispatch_order, if the costs are right
  double dispatched_rough = 0.0;  ///< of the same order if true times differ by 10 % (log-normal)
  double rough_bound = 0.0;       ///< makespan_lower_bound of the true times
};

/// Simulated sweeps of `per_rank` trials a rank at 2 to 16,384 ranks. Deterministic.
std::vector<ScheduleBench> bench_schedule(double per_rank);

/// What run_trials itself costs.
struct SweepBench {
  int ranks = 1;
  std::size_t trials = 0;
  double seconds = 0.0;      ///< from the first trial's start to the last one's end
  double lower_bound = 0.0;  ///< of the trials' own times
};

/// @collective Runs twenty trials a rank that only wait, together `seconds` on each rank.
SweepBench bench_sweep(const par::Comm& comm, double seconds);

}  // namespace bimix::sweep
