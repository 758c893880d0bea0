#pragma once

#include "console.hpp"

#include <bimix/par/mpi_session.hpp>

namespace bimix::cli {

/// What every command is given.
struct Context {
  const par::MpiSession& session;
  Console console;
  std::string command_line{};

  const par::Comm& comm() const { return session.comm(); }
};

}  // namespace bimix::cli
