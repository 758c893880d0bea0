#pragma once

namespace bimix::run {

/// Installs handlers for USR1, USR2, TERM, INT and HUP. Where a stop is noticed
/// they only set a flag, and a second signal ends the process at once; at any other time the first
/// one does, with the exit code of an interruption. Call before MPI starts.
void install_stop_handlers();
/// Says, as long as it lives, that somebody looks at `stop_requested` and ends in order: trials
/// save themselves, a fit has its last words.
struct StopIsNoticed {
  StopIsNoticed();
  ~StopIsNoticed();
  StopIsNoticed(const StopIsNoticed&) = delete;
  StopIsNoticed& operator=(const StopIsNoticed&) = delete;
};
/// True once such a signal has come.
bool stop_requested();

}  // namespace bimix::run
