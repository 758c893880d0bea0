#pragma once

#include <bimix/data/json.hpp>
#include <bimix/store/disk.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace bimix::store {

/// A trial that runs, as its rank last said.
struct StatusTrial {
  int rank = 0;
  std::string trial{};
  double seconds = 0.0;   ///< it had been running for when the status was written
  double fraction = 0.0;  ///< of its work
  bool operator==(const StatusTrial&) const = default;
};

/// What a run says about itself every few seconds, for `bimix status` from any shell.
struct RunStatus {
  std::int64_t started_utc = 0;  ///< seconds since 1970
  std::int64_t updated_utc = 0;  ///< the heartbeat
  std::string stage{};           ///< "entropy", "trials", "fit", "optimum", "check", "done", ...
  int trials_total = 0;
  int trials_done = 0;
  int trials_failed = 0;
  int trials_running = 0;
  double work_done = 0.0;        ///< fraction of the expected work of the stage
  double trials_per_hour = 0.0;  ///< that ended in this session; 0 where none has
  double eta_seconds = 0.0;      ///< NaN where nothing is known yet, as the next two
  double eta_low = std::numeric_limits<double>::quiet_NaN();
  double eta_high = std::numeric_limits<double>::quiet_NaN();
  std::int64_t deadline_utc = 0;  ///< when the run will stop by itself; 0: no such time
  int ranks = 1;
  std::string host{};
  std::int64_t pid = 0;
  std::string message{};       ///< one line for people
  std::string last_failure{};  ///< the last trial that did not end well, and why
  std::string round{};  ///< what the campaign last chose, and by what; empty: it chooses nothing
  std::vector<StatusTrial> longest{};  ///< trials that have been running longest, the oldest first
  bool operator==(const RunStatus&) const = default;
};

data::Json to_json(const RunStatus& status);

/// DIR/status.json.
std::filesystem::path status_path(const std::filesystem::path& folder);

/// Replaces DIR/status.json. @throws DataError as write_file_atomically does.
void write_status(const std::filesystem::path& folder, const RunStatus& status,
                  Disk& disk = Disk::real());

/// @return nothing if there is no status yet
/// @throws DataError if the file is no status
std::optional<RunStatus> read_status(const std::filesystem::path& folder);

}  // namespace bimix::store
