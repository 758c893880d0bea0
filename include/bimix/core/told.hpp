#pragma once

#include <bimix/core/error.hpp>

#include <exception>
#include <string>

namespace bimix::core {

/// What an exception means for the user who started the program.
struct Told {
  ExitCode exit_code = ExitCode::bug;
  std::string text{};
};

/// Errors of bimix say it themselves. What the system refuses (no permission, a stale handle of a
/// network file system, a full device, no memory) is an error of the environment, and names the
/// path where it has one. Anything else is a defect.
Told told(const std::exception& error);

}  // namespace bimix::core
