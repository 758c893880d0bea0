#include "process.hpp"

#include "launcher.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/last_will.hpp>
#include <bimix/core/spawn.hpp>
#include <bimix/trial/command_source.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <numeric>
#include <system_error>
#include <thread>
#include <utility>

namespace bimix::trial {
namespace {

constexpr std::chrono::milliseconds look_every{50};
/// A program that is told to end may save itself; what one that has ended left behind may end
/// itself.
constexpr int grace_seconds = 30, grace_of_rest_seconds = 5;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct sigaction handling_of(int signal) {
  struct sigaction now {};
  sigaction(signal, nullptr, &now);
  return now;
}

/// Makes sure that this process learns how its children end. If its parent ignored SIGCHLD, the
/// kernel would throw that away. And what a child leaves behind becomes a child of this process,
/// which can then tell when it is gone.
void watch_children() {
  const struct sigaction now = handling_of(SIGCHLD);
  if (now.sa_handler == SIG_IGN || (now.sa_flags & SA_NOCLDWAIT) != 0) signal(SIGCHLD, SIG_DFL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/// posix_spawn's file actions.
class SpawnFiles {
 public:
  explicit SpawnFiles(const std::filesystem::path& log) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&files_, STDOUT_FILENO, STDERR_FILENO);
  }
  ~SpawnFiles() { posix_spawn_file_actions_destroy(&files_); }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;

  const posix_spawn_file_actions_t* get() const { return &files_; }

 private:
  posix_spawn_file_actions_t files_{};
};

/// The program that the first line of a script names; empty if there is none.
std::string interpreter_of(const std::string& program) {
  std::ifstream file(program);
  std::string line;
  std::getline(file, line);
  return line.starts_with("#!") ? line.substr(2) : std::string();
}

/// Why, and what is to be done.
std::pair<std::string, std::string> start_failure(const std::vector<std::string>& arguments,
                                                  int failure) {
  const std::string& program = arguments.front();
  const std::string system = std::generic_category().message(failure);
  switch (failure) {
    case E2BIG: {
      const auto add = [](std::size_t sum, const std::string& text) { return sum + text.size(); };
      return {fmt::format("{} ({} bytes)", system,
                          std::accumulate(arguments.begin(), arguments.end(), std::size_t{0}, add)),
              "Hand over {mixture.json}, which holds shares and volumes, instead of them"};
    }
    case ENOENT:
      if (const std::string interpreter = interpreter_of(program); !interpreter.empty())
        return {fmt::format("its first line names '{}', which is not there", interpreter),
                "Mend that line, or put the right interpreter before it in `run:`"};
      return {
          system,
          "Check the name, and PATH on this host; relative names start where bimix was started"};
    case EACCES:
      return {system, fmt::format("Make it executable with `chmod +x {}`", program)};
    case ENOEXEC:
      return {system, "Let it begin with a line such as #!/bin/sh"};
    default:
      return {system, "Look at the limits of processes and memory here (`ulimit -a`)"};
  }
}

pid_t start(std::vector<std::string> arguments, const std::filesystem::path& log) {
  const SpawnFiles files(log);
  const core::SpawnAttributes attributes;
  std::vector<std::string> environment = command_environment();
  const OnProcessors all(command_processors());
  pid_t child = 0;
  const int failure =
      posix_spawnp(&child, arguments.front().c_str(), files.get(), attributes.get(),
                   core::exec_pointers(arguments).data(), core::exec_pointers(environment).data());
  if (failure == 0) return child;
  const auto [why, remedy] = start_failure(arguments, failure);
  throw core::DataError(
      {.place = "source.command.run",
       .problem = fmt::format("'{}' cannot be started: {}", arguments.front(), why),
       .rule = "",
       .remedy = remedy});
}

std::optional<ProcessEnd> ended(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) != child) return std::nullopt;
  if (WIFEXITED(status)) return ProcessEnd{ProcessEnd::Why::exited, WEXITSTATUS(status)};
  return ProcessEnd{ProcessEnd::Why::signalled, WTERMSIG(status)};
}

/// Whether any process is left in the group.
bool is_alive(pid_t group) {
  while (::waitpid(-group, nullptr, WNOHANG) > 0) {
  }
  return ::kill(-group, 0) == 0;
}

void wait_for_end(pid_t group, double seconds) {
  AwakeTime time(seconds_now());
  while (is_alive(group) && time.look(seconds_now()) < seconds)
    std::this_thread::sleep_for(look_every);
}

/// TERM to all of the group, and KILL to what is left once the grace is over.
void end_group(pid_t group, int grace) {
  if (!is_alive(group)) return;
  ::kill(-group, SIGTERM);
  wait_for_end(group, grace);
  if (!is_alive(group)) return;
  ::kill(-group, SIGKILL);
  wait_for_end(group, grace_of_rest_seconds);
}

}  // namespace

ProcessEnd run_process(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                       const std::stop_token& stop, double timeout_seconds) {
  watch_children();
  const core::LastWill last_will;
  const pid_t child = start(arguments, log);
  last_will.name(child);
  AwakeTime time(seconds_now());
  for (;;) {
    if (const auto end = ended(child)) {
      end_group(child, grace_of_rest_seconds);
      return stop.stop_requested() ? ProcessEnd{ProcessEnd::Why::stopped} : *end;
    }
    const bool late = timeout_seconds > 0 && time.look(seconds_now()) > timeout_seconds;
    if (late || stop.stop_requested()) {
      end_group(child, grace_seconds);
      return {late ? ProcessEnd::Why::timed_out : ProcessEnd::Why::stopped, 0};
    }
    std::this_thread::sleep_for(look_every);
  }
}

}  // namespace bimix::trial
