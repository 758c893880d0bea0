#pragma once

#include <bimix/run/screen.hpp>
#include <bimix/store/status.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace bimix::run {

/// A stage as it stands without the trials of the sweep that runs.
struct StageBefore {
  std::size_t trials = 0;  ///< of the stage
  std::size_t done = 0;    ///< that have ended
  double cost = 0.0, cost_done = 0.0;
};

/// What a run says about itself while it goes on: status.json, for `bimix status` from any shell,
/// and a line on the console. Rank 0 only.
class LiveStatus {
 public:
  /// @param folder the run's @param deadline_utc when it will stop by itself; 0: never
  LiveStatus(Screen& screen, std::filesystem::path folder, int ranks, std::int64_t deadline_utc);

  /// Another part of the run begins: "entropy", "trials", "fit", "check".
  /// @param failed of all trials so far
  void begin_stage(const std::string& name, std::size_t failed);
  /// What the campaign last chose.
  void tell_round(const std::string& words) { status_.round = words; }
  const std::string& stage() const { return status_.stage; }
  /// @param progress of the sweep that runs @param failed of all trials so far: asked only when
  /// the status is written, every two seconds, because counting them takes its time
  void tell(const sweep::SweepProgress& progress, const StageBefore& before,
            const std::function<std::size_t()>& failed);
  void tell_failure(const std::string& words) { status_.last_failure = words; }
  /// The run ends before its trials do. @param message one line for people @param failed of all
  /// trials so far
  void end_early(const std::string& message, std::size_t failed);
  void end(std::size_t trials, std::size_t done, std::size_t failed);

  /// The run goes on. @param message empty, or one line for people
  void beat(const std::string& message);

 private:
  Screen& screen_;
  std::filesystem::path folder_;
  store::RunStatus status_;
  bool complained_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace bimix::run
