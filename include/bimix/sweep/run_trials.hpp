#pragma once

#include <bimix/core/error.hpp>
#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/plan/cost_model.hpp>
#include <bimix/trial/trial_source.hpp>

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::sweep {

/// A trial that runs.
struct RunningTrial {
  int rank = 0;  ///< the first one of its group
  std::string id{};
  double seconds = 0.0;   ///< since it was handed out
  double fraction = 0.0;  ///< of its work, as it last said
  bool operator==(const RunningTrial&) const = default;
};

/// Where a sweep stands.
struct SweepProgress {
  std::size_t done = 0, total = 0;
  int running = 0;
  double cost_done = 0.0, cost_total = 0.0;
  double elapsed_seconds = 0.0;
  double seconds_left = -1.0;  ///< negative while nothing is known
  /// The same if the rest went as the fastest and as the slowest tenth of the finished trials did
  /// for their cost; negative while nothing is known.
  double seconds_left_low = -1.0, seconds_left_high = -1.0;
  bool out_of_time = false;             ///< trials are left that would not end before the deadline
  std::vector<RunningTrial> longest{};  ///< those that run longest, the oldest first
};

/// Ranks on which all trials failed while others work: one, or those of a host. They get no more.
struct TakenOut {
  std::vector<int> ranks{};  ///< the first one of each group
  std::size_t failed = 0;    ///< trials that ended badly there, to be tried elsewhere
  std::string words{};       ///< which ranks they are and what happened, for people
};

/// How the caller takes part in a sweep. Called from main threads, unless said otherwise.
struct SweepHooks {
  /// Rank 0: these trials are given to ranks who start them at once.
  std::function<void(const std::vector<const data::TrialSpec*>&)> on_start =
      [](const std::vector<const data::TrialSpec*>&) {};
  /// Rank 0: these trials have ended. What it throws ends the sweep on rank 0 alone; the caller
  /// then ends the job (results handed over before are safe).
  std::function<void(const std::vector<data::TrialResult>&)> on_results =
      [](const std::vector<data::TrialResult>&) {};
  /// Rank 0, before `on_results` hands over trials that failed. True if some rank without failures
  /// has had a trial end well, or has run one for longer than those that failed: then the set-up is
  /// not the cause.
  std::function<void(bool)> on_failures = [](bool) {};
  /// Rank 0, after `on_results`.
  std::function<void(const TakenOut&)> on_taken_out = [](const TakenOut&) {};
  /// Ranks that were taken out of an earlier sweep of this process, the same on all ranks.
  std::vector<int> taken_out{};
  /// Rank 0, about once a second.
  std::function<void(const SweepProgress&)> on_progress = [](const SweepProgress&) {};
  /// Every rank, from its worker thread: what an earlier run of the trial saved, or
  /// of one with fewer volumes kept; empty if nothing.
  std::function<std::string(const data::TrialSpec&)> load = [](const data::TrialSpec&) {
    return std::string();
  };
  /// Every rank, from its worker thread: keeps what an unfinished trial needs to go on later.
  std::function<void(const data::TrialSpec&, std::string_view)> save = [](const data::TrialSpec&,
                                                                          std::string_view) {};
  /// The same: keeps what a trial with larger volumes as well could begin with. Empty if it is not
  /// wanted.
  std::function<void(const data::TrialSpec&, std::string_view)> keep{};
  /// Every rank, from its worker thread: what the reader should know of the trial.
  std::function<void(const data::TrialSpec&, const std::string&)> note = [](const data::TrialSpec&,
                                                                            const std::string&) {};
  /// Every rank: true once a signal asks to stop.
  std::function<bool()> stop_requested = [] { return false; };
  /// Rank 0: seconds until the sweep will be stopped. Trials of a source that saves no progress are
  /// not started if, by the costs and times of finished ones, they would hardly end in time.
  std::function<double()> seconds_to_deadline = [] {
    return std::numeric_limits<double>::infinity();
  };
  /// Rank 0: a rank that has been silent for so long counts as lost. Ranks send a message about
  /// once a second.
  double lost_after_seconds = 300.0;
};

/// Ranks have fallen silent: killed, or their host hangs. The others have saved what they were at.
class RanksLost : public core::Error {
 public:
  /// @param ranks at least one @param trials ids of those that they were running
  RanksLost(const std::vector<int>& ranks, std::vector<std::string> trials);
  const std::vector<std::string>& trials() const { return trials_; }

 private:
  std::vector<std::string> trials_;
};

/// @throws UsageError unless the ranks make whole groups of that many
void require_whole_groups(int ranks, int ranks_per_trial);

/// @collective Runs the trials over all ranks.
///
/// Rank 0 coordinates and runs trials like every other rank: on each, a worker thread computes
/// while the main thread serves messages, sleeping between polls. Trials go out in dispatch_order.
/// A trial that throws an Error becomes a result of status `failed`; the sweep goes on.
///
/// Where the source asks for several ranks a trial, neighbouring ranks form groups that run trials
/// together; the first rank of a group reports for it. Where it allows only so many trials a node,
/// the other ranks of each node stay idle.
///
/// @throws UsageError on every rank if the ranks do not make whole groups
/// @throws RanksLost on rank 0 alone, after what finished was handed over; other ranks may wait for
///         the lost ones for ever, so that the job has to be ended
/// @param trials the same on every rank
/// @param known rank 0: what earlier trials say about times
/// @return true if all trials have ended, false if a stop came before, or there was no time left to
///         start them; the same on every rank
bool run_trials(const par::Comm& comm, const std::vector<data::TrialSpec>& trials,
                const trial::TrialSource& source, const SweepHooks& hooks,
                plan::CostModel known = {});

}  // namespace bimix::sweep
