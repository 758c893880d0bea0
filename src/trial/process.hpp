#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace bimix {

/// How a child process ended.
struct ProcessEnd {
  enum class Why { exited, signalled, stopped, timed_out } why = Why::exited;
  int code = 0;  ///< exit code, or the number of the signal
};

/// Runs a program in a process group of its own, standard input empty, output and errors appended
/// to `log`, and waits for it. It inherits the environment without what belongs to MPI, PMIx and
/// the Slurm step: a child that starts MPI or torchrun must not take itself for one of our ranks.
/// @param stop asked some times a second; true ends the group: TERM, half a minute, KILL
/// @param timeout_seconds likewise; 0 is no limit
/// @throws DataError if the program cannot be started or the log cannot be written
ProcessEnd run_process(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                       const std::function<bool()>& stop, double timeout_seconds);

/// "NAME=value" of the environment that a child inherits.
std::vector<std::string> child_environment();

}  // namespace bimix
