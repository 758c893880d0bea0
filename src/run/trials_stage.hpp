#pragma once

#include "rounds.hpp"
#include "session.hpp"

#include <chrono>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace bimix::run {

/// Runs the trials of a stage that have no result, or a failed one, and keeps what they give.
class TrialsStage {
 public:
  /// @param cost_before work that need not be repeated, by id: an extension goes on from a model;
  /// the same on every rank
  TrialsStage(Session& session, std::unordered_map<std::string, double> cost_before)
      : session_(session), cost_before_(std::move(cost_before)) {}

  /// @collective Runs those of the trials that are missing; with `--only`, those that it names.
  /// @param stage "trials" or "check", for status and screen
  /// @return why not all of them have a result; without a reason if they have
  /// @param rounds whose trials are run as well as they come up; null where there are none, and on
  ///        ranks other than 0
  EarlyEnd run_missing(const std::vector<data::TrialSpec>& trials, const std::string& stage,
                       Rounds* rounds = nullptr);

  /// Whether all trials that `--only` names have ended well.
  bool named_ended_well() const;

 private:
  class Caller;

  bool run_all(const Choice& choice, const std::vector<data::TrialSpec>& stage);
  bool run_chosen(const std::vector<data::TrialSpec>& chosen, const Choice& choice,
                  const std::vector<data::TrialSpec>& stage);
  [[noreturn]] void end_without(const sweep::RanksLost& lost);
  bool agree_on_end(bool complete, bool out_of_time, double had_seconds);
  StageBefore done_without(const std::vector<data::TrialSpec>& chosen,
                           const std::vector<data::TrialSpec>& stage) const;
  void record_quarantined(const Choice& choice);

  bool more_will_come() const;

  Session& session_;
  Rounds* rounds_ = nullptr;  // of the stage that runs
  std::unordered_map<std::string, double> cost_before_;
  FailureLimit failures_{std::nullopt, 0};  // of the stage that runs
  EarlyEnd early_{};
  std::set<int> taken_out_{};  // ranks on which all failed while others worked
  std::chrono::steady_clock::time_point next_results_{};
};

}  // namespace bimix::run
