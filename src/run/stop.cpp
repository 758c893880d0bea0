#include <bimix/core/error.hpp>
#include <bimix/run/stop.hpp>

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

namespace bimix::run {
namespace {

std::atomic<bool> signal_seen{false};
std::atomic<std::time_t> first_seen{0};
std::atomic<bool> stop_is_noticed{false};
static_assert(std::atomic<bool>::is_always_lock_free &&
                  std::atomic<std::time_t>::is_always_lock_free,
              "a signal handler may set them");

/// Counts signals, and the ends of StopIsNoticed; a handler may post it.
class Bell {
 public:
  Bell() { sem_init(&rung_, 0, 0); }
  void ring() { sem_post(&rung_); }
  void wait() { sem_wait(&rung_); }

 private:
  sem_t rung_{};
};
Bell bell;
std::stop_source stop_source;

bool hangup_is_ignored = false;

/// Whether we were started with SIGHUP ignored (nohup) is seen before any library's constructor
/// runs: UCX, which MPI libraries are linked to, puts a handler of its own there.
void look_at_hangup() {
  struct sigaction inherited {};
  sigaction(SIGHUP, nullptr, &inherited);
  hangup_is_ignored = inherited.sa_handler == SIG_IGN;
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const look_first)() = look_at_hangup;

void on_signal(int) {
  // The second one means "at once"; but mpirun and a shell may both pass the first one on.
  constexpr std::time_t passed_on_within = 2;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (!signal_seen) first_seen = now.tv_sec;
  signal_seen = true;
  bell.ring();
  // Where nobody looks there is nothing to save: it is repeated by the next run, and
  // files are replaced as a whole or, the journal, mend their last line.
  if (!stop_is_noticed || now.tv_sec > first_seen + passed_on_within)
    _exit(static_cast<int>(core::ExitCode::interrupted));
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigset_t ours;
  sigemptyset(&ours);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP}) {
    if (signal == SIGHUP && hangup_is_ignored) {
      std::signal(SIGHUP, SIG_IGN);
      continue;
    }
    sigaction(signal, &action, nullptr);
    sigaddset(&ours, signal);
  }
  sigprocmask(SIG_UNBLOCK, &ours, nullptr);  // we may have been started with them blocked
  // Past a file size limit a write then fails with an error that is reported, instead of a kill.
  std::signal(SIGXFSZ, SIG_IGN);
}

std::stop_token stop_by_signal() { return stop_source.get_token(); }

StopIsNoticed::StopIsNoticed() {
  stop_is_noticed = true;
  passes_on_ = std::jthread([](const std::stop_token& over) {
    while (!signal_seen && !over.stop_requested()) bell.wait();
    if (signal_seen) stop_source.request_stop();
  });
}

StopIsNoticed::~StopIsNoticed() {
  stop_is_noticed = false;
  passes_on_.request_stop();
  bell.ring();
}

}  // namespace bimix::run
