#pragma once

#include <bimix/core/error.hpp>
#include <bimix/core/process_group.hpp>
#include <bimix/data/records.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::trial {

/// What a running trial can ask and report. Called from the thread that runs the trial.
struct TrialHooks {
  std::function<bool()> stop_requested = [] { return false; };
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

/// Turns a TrialSpec into a TrialResult: trains a proxy, replays a log, runs a command.
///
/// A trial is a pure function of its spec: the losses do not depend on rank, order or time.
/// `run` is called from a worker thread, one trial at a time on each rank.
class TrialSource {
 public:
  virtual ~TrialSource() = default;

  /// Canonical text of everything about the source that a trial's losses depend on; part of the
  /// trial's identity.
  virtual std::string identity() const = 0;

  /// Volumes are whole multiples of this; 1 where a volume is as it is.
  virtual std::int64_t tokens_per_step() const = 0;

  /// Ranks that run a trial together.
  virtual int ranks_per_trial() const { return 1; }

  /// Trials that a node may run at a time; 0: one on each of its ranks.
  virtual int trials_per_node() const { return 0; }

  /// True if a trial that is interrupted can go on later from where it was. One that cannot is not
  /// started when it would hardly end before the sweep is stopped.
  virtual bool saves_progress() const { return true; }

  /// Expected work of a trial, in the unit that `cost_unit` names.
  virtual double cost(const data::TrialSpec& spec) const = 0;
  virtual std::string cost_unit() const = 0;

  /// True if a trial with several volumes trains a run for each of them, and what these runs have
  /// in common only once: then a design with independent volumes needs one trial a mixture.
  virtual bool shares_trunk() const { return false; }

  /// Runs that the source brings along, instead of a designed grid; empty for sources that train.
  virtual std::vector<data::LossCurve> logged_runs() const { return {}; }

  /// @return losses at the spec's volumes with status, timing and message filled in
  /// @throws Interrupted if a stop was requested before the end; other Errors for failures that
  ///         the caller records as a failed trial
  virtual data::TrialResult run(const data::TrialSpec& spec, const TrialHooks& hooks) const = 0;
};

}  // namespace bimix::trial
