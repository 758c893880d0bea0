#pragma once

#include "console.hpp"

#include <bimix/store/status.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace bimix::cli {

/// What a run says about itself while it goes on: status.json, for `bimix status` from any shell,
/// and a line on the console. Rank 0 only.
class LiveStatus {
 public:
  /// @param folder the run's @param deadline_utc when it will stop by itself; 0: never
  LiveStatus(Console& console, std::filesystem::path folder, int ranks, std::int64_t deadline_utc);

  /// Another part of the run begins: "entropy", "trials", "fit", "check".
  void begin_stage(const std::string& name);
  const std::string& stage() const { return status_.stage; }
  /// @param before trials of the stage that had ended before the sweep that tells of its progress
  /// @param total, failed of the stage; of all trials so far
  void tell(const SweepProgress& progress, std::size_t before, std::size_t total,
            std::size_t failed);
  void tell_failure(const std::string& words) { status_.last_failure = words; }
  /// The run ends before its trials do. @param message one line for people
  void end_early(const std::string& message) { beat(message); }
  void end(std::size_t trials, std::size_t done, std::size_t failed);

  /// Says every now and then, while the main thread is busy with one long thing, that this process
  /// is alive. That thread leaves the status alone meanwhile.
  class Heartbeat {
   public:
    /// @param status null: nothing is said
    explicit Heartbeat(LiveStatus* status);
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

   private:
    std::mutex mutex_{};
    std::condition_variable over_{};
    bool is_over_ = false;
    std::thread thread_{};
  };

 private:
  void beat(const std::string& message);

  Console& console_;
  std::filesystem::path folder_;
  RunStatus status_;
  bool complained_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace bimix::cli
