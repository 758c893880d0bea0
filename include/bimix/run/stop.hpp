#pragma once

#include <stop_token>
#include <thread>

namespace bimix::run {

/// Installs handlers for USR1, USR2, TERM, INT and HUP. Where a stop is noticed they set a flag and
/// wake the thread that passes it on, and a second signal ends the process at once; at any other
/// time the first one does, with the exit code of an interruption. Call before MPI starts.
void install_stop_handlers();

/// The stop that such a signal asks for, once in the life of this process.
std::stop_token stop_by_signal();

/// Says, as long as it lives, that somebody looks at `stop_by_signal` and ends in order: trials
/// save themselves, a fit has its last words. A signal handler must not ask for a stop itself; a
/// thread of this does, as soon as a signal has come.
class StopIsNoticed {
 public:
  StopIsNoticed();
  ~StopIsNoticed();
  StopIsNoticed(const StopIsNoticed&) = delete;
  StopIsNoticed& operator=(const StopIsNoticed&) = delete;

 private:
  std::jthread passes_on_;
};

}  // namespace bimix::run
