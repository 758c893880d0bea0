#pragma once

#include <bimix/core/error.hpp>

#include <exception>
#include <string>

namespace bimix::core {

/// What an exception means to who started the program.
struct Told {
  ExitCode exit_code = ExitCode::bug;
  std::string text{};
};

/// Our own errors say it themselves. What the system refuses (no permission, a stale handle of a
/// network file system, a full device) is the environment's and names the path where it has one; so
/// is memory that there is not. Anything else is a defect.
Told told(const std::exception& error);

}  // namespace bimix::core
