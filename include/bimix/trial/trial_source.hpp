#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/process_group.hpp>
#include <bimix/data/records.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::trial {

/// What a running trial can ask and report. Called from the thread that runs the trial.
struct TrialHooks {
  std::stop_token stop{};  ///< once it is asked for, the trial saves itself and ends
  std::function<void(double)> progress = [](double) {};  ///< fraction of the trial's work done
  /// What this trial saved last, or one with fewer volumes kept; empty if nothing.
  std::function<std::string()> load = [] { return std::string(); };
  /// Keeps the bytes in place of what was saved before, or fails without harm.
  std::function<void(std::string_view)> save = [](std::string_view) {};
  /// Keeps what a trial with these volumes and larger ones could begin with, its `load`; empty if
  /// it is not wanted.
  std::function<void(std::string_view)> keep{};
  /// What the reader should know of this trial, however it ends.
  std::function<void(const std::string&)> note = [](const std::string&) {};
  /// Who runs this trial together; each member calls `run` with the same spec.
  core::ProcessGroup group{};
};

/// A trial that failed, with the kind of failure.
class TrialFailure : public core::DataError {
 public:
  TrialFailure(data::FailureKind kind, core::Complaint complaint)
      : core::DataError(std::move(complaint)), kind_(kind) {}
  data::FailureKind kind() const { return kind_; }

 private:
  data::FailureKind kind_;
};

/// Where an unfinished trial goes on from.
enum class Progress {
  lost,         ///< it begins anew
  checkpoints,  ///< what it saved by TrialHooks::save
  own_folder    ///< what it left in its folder of the run
};

/// What others need to know of a source. It follows from its options, so it is known before corpora
/// or logs are opened.
struct SourceTraits {
  std::int64_t tokens_per_step = 1;  ///< volumes are whole multiples of this
  int ranks_per_trial = 1;           ///< ranks that run a trial together
  int threads_per_trial = 1;         ///< threads of each of these ranks
  int trials_per_node = 0;   ///< trials that a node may run at a time; 0: one on each of its ranks
  bool trains = true;        ///< false: it gives back logged runs, which takes no time
  bool repeats_bits = true;  ///< a trial has the same losses, to the bit, wherever it is run
  /// A trial with several volumes trains a run for each of them, and what these runs have in common
  /// only once: then a design with independent volumes needs one trial a mixture.
  bool shares_trunk = false;
  Progress progress = Progress::checkpoints;

  /// A trial that cannot go on later is not started when it would hardly end before the sweep is
  /// stopped.
  bool saves_progress() const { return progress != Progress::lost; }
};

/// What the trials of a plan take, as far as that is known before they run.
struct WorkEstimate {
  std::string model{};                 ///< what is trained, in words
  std::int64_t parameters = 0;         ///< of the model
  double flops = 0.0;                  ///< of all trials
  double evaluation_flops = 0.0;       ///< those of them that evaluate
  double flops_per_second = 0.0;       ///< of one core of this machine, measured
  double memory_bytes_per_rank = 0.0;  ///< at most
};

/// The part of each domain on which a run of `tokens` repeats as one of `target` tokens does on all
/// of it. 1 where there is no target.
inline double matched_fraction(std::int64_t tokens, std::int64_t target) {
  return target > tokens ? static_cast<double>(tokens) / static_cast<double>(target) : 1.0;
}

/// Turns a TrialSpec into a TrialResult: trains a proxy, replays a log, runs a command.
///
/// A trial is a pure function of its spec: the losses do not depend on rank, order or time.
/// `run` is called from a worker thread, one trial at a time on each rank.
class TrialSource {
 public:
  virtual ~TrialSource() = default;

  /// Canonical text of everything about the source that this trial's losses depend on; part of the
  /// trial's identity.
  virtual std::string identity(const data::TrialSpec& spec) const = 0;

  virtual SourceTraits traits() const = 0;

  /// Expected work of a trial: FLOP of a proxy, tokens of a command, 1 of a logged run.
  virtual double cost(const data::TrialSpec& spec) const = 0;

  /// Bytes of the model that the trial ends with and could keep; 0: none.
  virtual double model_bytes(const data::TrialSpec&) const { return 0.0; }

  /// Nothing where only the user's program knows. @note measures this machine for a second
  virtual std::optional<WorkEstimate> estimate(const data::SweepPlan&) const {
    return std::nullopt;
  }

  /// @throws DataError if this machine cannot run the trials as they were settled
  virtual void require_runnable_here() const {}

  /// Runs that the source brings along, instead of a designed grid; empty for sources that train.
  virtual std::vector<data::LossCurve> logged_runs() const { return {}; }

  /// @return losses at the spec's volumes with status, timing and message filled in
  /// @throws Interrupted if a stop was requested before the end; other Errors for failures that
  ///         the caller records as a failed trial
  virtual data::TrialResult run(const data::TrialSpec& spec, const TrialHooks& hooks) const = 0;
};

}  // namespace bimix::trial
