#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bimix::trial {

/// How a child process ended.
struct ProcessEnd {
  enum class Why { exited, signalled, stopped, timed_out } why = Why::exited;
  int code = 0;  ///< exit code, or the number of the signal
};

/// The seconds in which this process ran. What lies between two looks counts as one second at most:
/// while a job is suspended, its commands are too, and they are not late when it goes on.
class AwakeTime {
 public:
  /// @param now seconds of any clock
  explicit AwakeTime(double now) : last_look_(now) {}
  /// @return the seconds up to `now`
  double look(double now) {
    seconds_ += std::min(now - last_look_, most_between_looks);
    last_look_ = now;
    return seconds_;
  }

 private:
  static constexpr double most_between_looks = 1.0;
  double last_look_, seconds_ = 0.0;
};

/// Runs a program in a process group of its own and waits for it: standard input empty, output and
/// errors appended to `log`, signals at their defaults, the environment without what a launcher
/// sets for its ranks, on all processors of the job. When it has ended, so is what it left running
/// in its group. If this process dies, the group is ended, too.
/// @param stop looked at some times a second; ends the group: TERM, half a minute, KILL. A program
///        that ends by itself while a stop is asked for counts as stopped
/// @param timeout_seconds likewise, see AwakeTime; 0 is no limit
/// @throws DataError if the program cannot be started or the log cannot be written
ProcessEnd run_process(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                       const std::stop_token& stop, double timeout_seconds);

}  // namespace bimix::trial
