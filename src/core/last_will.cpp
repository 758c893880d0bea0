#include <bimix/core/last_will.hpp>
#include <bimix/core/spawn.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace bimix::core {

LastWill::LastWill() {
  if (::pipe2(ends_.data(), O_CLOEXEC) != 0) return;
  constexpr int grace_seconds = 30;
  // Nothing is written after the group: the second reading ends when this process does. What ends
  // all of the job at once must not end the executor before it has done its work.
  std::vector<std::string> will{
      "sh", "-c",
      fmt::format("trap '' HUP INT TERM USR1 USR2; read group || exit; read nothing; "
                  "kill -s TERM -- -$group; n=0; "
                  "while [ $n -lt {} ] && kill -s 0 -- -$group; do sleep 1; n=$((n + 1)); done; "
                  "kill -s KILL -- -$group",
                  grace_seconds)};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends_[0], STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  const SpawnAttributes attributes;
  if (::posix_spawnp(&executor_, "sh", &files, attributes.get(), exec_pointers(will).data(),
                     environ) != 0)
    executor_ = 0;
  posix_spawn_file_actions_destroy(&files);
}

LastWill::~LastWill() {
  if (executor_ != 0) {
    ::kill(-executor_, SIGKILL);
    ::waitpid(executor_, nullptr, 0);
  }
  for (const int end : ends_)
    if (end >= 0) ::close(end);
}

void LastWill::name(pid_t group) const {
  const std::string line = fmt::format("{}\n", group);
  // The pipe holds so little whether or not it is read.
  if (ends_[1] >= 0 && ::write(ends_[1], line.data(), line.size()) < 0) return;
}

}  // namespace bimix::core
