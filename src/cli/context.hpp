#pragma once

#include "console.hpp"

#include <bimix/par/mpi_session.hpp>

namespace bimix::cli {

/// What every command is given.
struct Context {
  const MpiSession& session;
  Console console;
  std::string command_line{};

  const Comm& comm() const { return session.comm(); }
};

/// Installs handlers for USR1, USR2, TERM, INT and HUP that only set a flag; the third signal ends
/// the process at once. Call before MPI starts.
void install_stop_handlers();
/// True once such a signal has come.
bool stop_requested();

}  // namespace bimix::cli
