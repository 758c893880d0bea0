#pragma once

#include <bimix/core/error.hpp>
#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/plan/cost_model.hpp>
#include <bimix/trial/trial_source.hpp>

#include <limits>
#include <optional>
#include <stop_token>
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

/// Trials that have ended.
struct SweepNews {
  std::vector<data::TrialResult> results{};
  /// Where some of them failed: whether a rank without failures has had a trial end well, or has
  /// run one for longer than those that failed. Then the set-up is not the cause.
  std::optional<bool> others_work{};
  std::vector<TakenOut> taken_out{};  ///< for the failures among them and before
};

/// The caller of a sweep: takes what comes of it, and keeps what trials save.
class SweepCaller {
 public:
  virtual ~SweepCaller() = default;

  /// Rank 0, main thread: these trials are given to ranks who start them at once.
  virtual void on_start(const std::vector<const data::TrialSpec*>&) {}
  /// Rank 0, main thread. What it throws ends the sweep on rank 0 alone; the caller then ends the
  /// job (what was handed over before is safe).
  virtual void on_news(const SweepNews&) {}
  /// Rank 0, main thread, about once a second.
  virtual void on_progress(const SweepProgress&) {}
  /// Rank 0, main thread: seconds until the sweep is stopped. Trials of a source that saves no
  /// progress are not started if, by the costs and times of finished ones, they would hardly end in
  /// time.
  virtual double seconds_to_deadline() { return std::numeric_limits<double>::infinity(); }

  /// Rank 0, main thread, many times a second: trials that have come up since, to be run after
  /// those before them.
  virtual std::vector<data::TrialSpec> more_trials() { return {}; }
  /// Rank 0, main thread: whether more may come up. Ranks without a trial wait for them then.
  virtual bool expects_more() { return false; }

  /// Every rank, from its worker thread: what an earlier run of the trial saved, or of one with
  /// fewer volumes kept; empty if nothing.
  virtual std::string load(const data::TrialSpec&) { return {}; }
  /// The same: keeps what an unfinished trial needs to go on later.
  virtual void save(const data::TrialSpec&, std::string_view) {}
  /// The same, where SweepOptions ask for it: keeps what a trial with larger volumes as well could
  /// begin with.
  virtual void keep(const data::TrialSpec&, std::string_view) {}
  /// The same: what the reader should know of the trial.
  virtual void note(const data::TrialSpec&, const std::string&) {}
};

/// How a sweep is run.
struct SweepOptions {
  /// A stop that is asked of it, on any rank, ends the sweep: trials that run save themselves. The
  /// sweep asks it itself where another rank or the deadline ends it.
  std::stop_source stop{};
  /// Ranks that were taken out of an earlier sweep of this process, the same on all ranks.
  std::vector<int> taken_out{};
  bool keeps_models = false;  ///< whether what trials end with is wanted
  /// A rank that has been silent for so long counts as lost. Ranks send a message about once a
  /// second.
  double lost_after_seconds = 300.0;
  plan::CostModel known{};  ///< rank 0: what earlier trials say about times
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
/// @param trials looked at on rank 0, which sends each to the ranks that run it
/// @return true if all trials have ended, false if a stop came before, or there was no time left to
///         start them; the same on every rank
bool run_trials(const par::Comm& comm, const std::vector<data::TrialSpec>& trials,
                const trial::TrialSource& source, SweepCaller& caller,
                const SweepOptions& options = {});

}  // namespace bimix::sweep
