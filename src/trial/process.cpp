#include "process.hpp"

#include <bimix/core/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>
#include <thread>

namespace bimix {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_every{50};
constexpr std::chrono::seconds grace{30};

/// Starts of the names that tell a process it is a rank or a step's task. SLURM_JOB_* stay: where
/// the job is, is the child's business too.
constexpr std::array<std::string_view, 14> scrubbed{
    "OMPI_",        "PMIX_",        "PMI_",          "PRTE_",        "ORTE_",
    "SLURM_STEP",   "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID", "SLURM_TASK",
    "SLURM_NTASKS", "SLURM_NPROCS", "SLURM_SRUN",    "SLURM_GTIDS"};

/// posix_spawn's attributes and file actions.
class SpawnPlan {
 public:
  explicit SpawnPlan(const std::filesystem::path& log) {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&files_);
    sigset_t none, ours;
    sigemptyset(&none);
    sigemptyset(&ours);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE})
      sigaddset(&ours, signal);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &ours);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&files_, STDOUT_FILENO, STDERR_FILENO);
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  const posix_spawnattr_t* attributes() const { return &attributes_; }
  const posix_spawn_file_actions_t* files() const { return &files_; }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t files_{};
};

/// Pointers into the strings, ended by a null pointer, as exec wants them.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& text : strings) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

pid_t start(std::vector<std::string> arguments, const std::filesystem::path& log) {
  const SpawnPlan plan(log);
  std::vector<std::string> environment = child_environment();
  pid_t child = 0;
  const int failure =
      posix_spawnp(&child, arguments.front().c_str(), plan.files(), plan.attributes(),
                   pointers(arguments).data(), pointers(environment).data());
  if (failure != 0)
    throw DataError({.place = "source.command.run",
                     .problem = fmt::format("'{}' cannot be started: {}", arguments.front(),
                                            std::generic_category().message(failure)),
                     .rule = "",
                     .remedy = "Check the name, that it may be executed, and PATH on this host"});
  return child;
}

/// Ends a process group once this process is no more: a rank that is killed cannot do so itself,
/// and its command would go on beside the one that a later run starts for the same trial.
class LastWill {
 public:
  explicit LastWill(pid_t group) {
    // Two numbers are all that the shell is given.
    const std::string will = fmt::format(
        "tail --pid={0} -f /dev/null; kill -s TERM -- -{1}; sleep {2}; kill -s KILL -- -{1}",
        getpid(), group, grace.count());
    try {
      executor_ = start({"sh", "-c", will}, "/dev/null");
    } catch (const DataError&) {
      // Without a shell or tail the command is still run, and ended by whoever ends the job.
    }
  }
  ~LastWill() {
    if (executor_ == 0) return;
    ::kill(-executor_, SIGKILL);
    ::waitpid(executor_, nullptr, 0);
  }
  LastWill(const LastWill&) = delete;
  LastWill& operator=(const LastWill&) = delete;

 private:
  pid_t executor_ = 0;
};

std::optional<ProcessEnd> ended(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) != child) return std::nullopt;
  if (WIFEXITED(status)) return ProcessEnd{ProcessEnd::Why::exited, WEXITSTATUS(status)};
  return ProcessEnd{ProcessEnd::Why::signalled, WTERMSIG(status)};
}

/// TERM to the group; KILL once the grace is over, and to what the child left behind.
void end_group(pid_t child) {
  ::kill(-child, SIGTERM);
  const auto limit = Clock::now() + grace;
  bool gone = false;
  while (!gone && Clock::now() < limit) {
    gone = ended(child).has_value();
    if (!gone) std::this_thread::sleep_for(look_every);
  }
  ::kill(-child, SIGKILL);
  if (!gone) ::waitpid(child, nullptr, 0);
}

}  // namespace

std::vector<std::string> child_environment() {
  std::vector<std::string> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (std::none_of(scrubbed.begin(), scrubbed.end(),
                     [&](std::string_view start) { return text.starts_with(start); }))
      kept.emplace_back(text);
  }
  return kept;
}

ProcessEnd run_process(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                       const std::function<bool()>& stop, double timeout_seconds) {
  const Clock::time_point begin = Clock::now();
  const pid_t child = start(arguments, log);
  const LastWill last_will(child);
  for (;;) {
    if (const auto end = ended(child)) return *end;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const bool late = timeout_seconds > 0 && seconds > timeout_seconds;
    if (late || stop()) {
      end_group(child);
      return {late ? ProcessEnd::Why::timed_out : ProcessEnd::Why::stopped, 0};
    }
    std::this_thread::sleep_for(look_every);
  }
}

}  // namespace bimix
