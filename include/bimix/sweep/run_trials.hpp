#pragma once

#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/trial/trial_source.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix {

/// Where a sweep stands.
struct SweepProgress {
  std::size_t done = 0, total = 0;
  int running = 0;
  double cost_done = 0.0, cost_total = 0.0;
  double elapsed_seconds = 0.0;
  double seconds_left = -1.0;  ///< negative while nothing is known
};

/// How the caller takes part in a sweep. Called from main threads, unless said otherwise.
struct SweepHooks {
  /// Rank 0: a trial is given to somebody who starts it at once.
  std::function<void(const TrialSpec&)> on_start = [](const TrialSpec&) {};
  /// Rank 0: a trial has ended. What it throws ends the sweep on rank 0 alone; the caller then ends
  /// the job (results handed over before are safe).
  std::function<void(const TrialResult&)> on_result = [](const TrialResult&) {};
  /// Rank 0, about once a second.
  std::function<void(const SweepProgress&)> on_progress = [](const SweepProgress&) {};
  /// Every rank, from its worker thread: what an earlier run of the trial saved, empty if nothing.
  std::function<std::string(const TrialSpec&)> load = [](const TrialSpec&) {
    return std::string();
  };
  /// Every rank, from its worker thread: keeps what an unfinished trial needs to go on later.
  std::function<void(const TrialSpec&, std::string_view)> save = [](const TrialSpec&,
                                                                    std::string_view) {};
  /// Every rank: true once a signal asks to stop.
  std::function<bool()> stop_requested = [] { return false; };
};

/// @throws UsageError unless the ranks make whole groups of that many
void require_whole_groups(const Comm& comm, int ranks_per_trial);

/// @collective Runs the trials over all ranks.
///
/// Rank 0 coordinates and runs trials like every other rank: on each, a worker thread computes
/// while the main thread serves messages, sleeping between looks. The largest trial goes out first.
/// A trial that throws an Error becomes a result of status `failed`; the sweep goes on.
///
/// Where the source asks for several ranks a trial, neighbouring ranks form groups that run trials
/// together; the first rank of a group speaks for it.
///
/// @throws UsageError on every rank if the ranks do not make whole groups
/// @param trials the same on every rank
/// @return true if all trials have ended, false if a stop came before; the same on every rank
bool run_trials(const Comm& comm, const std::vector<TrialSpec>& trials, const TrialSource& source,
                const SweepHooks& hooks);

}  // namespace bimix
