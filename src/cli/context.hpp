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

/// Installs handlers for USR1, USR2, TERM, INT and HUP. While trials run they only set a flag, and
/// the third signal ends the process at once; at any other time the first one does, with the exit
/// code of an interruption. Call before MPI starts.
void install_stop_handlers();
/// Says that trials run, which a stop lets save themselves, as long as it lives.
struct TrialsRunning {
  TrialsRunning();
  ~TrialsRunning();
  TrialsRunning(const TrialsRunning&) = delete;
  TrialsRunning& operator=(const TrialsRunning&) = delete;
};
/// True once such a signal has come.
bool stop_requested();

}  // namespace bimix::cli
