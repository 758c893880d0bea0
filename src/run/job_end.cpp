#include <bimix/core/text.hpp>
#include <bimix/run/job_end.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace bimix::run {
namespace {

/// What a program prints first, in a line. It is spawned, not forked: a fork copies what MPI has
/// registered with the network.
std::string first_line_of(std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  pid_t child = 0;
  const bool runs =
      ::posix_spawnp(&child, words.front(), &files, nullptr, words.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  std::string text;
  std::array<char, 256> buffer{};
  for (ssize_t got = 1; runs && got > 0;) {
    got = ::read(ends[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  while (runs && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return std::string(core::trimmed(text.substr(0, text.find('\n'))));
}

bool is_digits(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return '0' <= c && c <= '9'; });
}

}  // namespace

std::optional<std::int64_t> slurm_seconds(const std::string& text) {
  const std::size_t dash = text.find('-');
  const std::string days = dash == std::string::npos ? "0" : text.substr(0, dash);
  std::string clock = dash == std::string::npos ? text : text.substr(dash + 1);
  if (!is_digits(days)) return std::nullopt;
  std::int64_t seconds = 0;
  int parts = 0;
  for (clock += ':'; !clock.empty(); ++parts) {
    const std::string part = clock.substr(0, clock.find(':'));
    if (!is_digits(part) || part.size() > 9) return std::nullopt;
    seconds = seconds * 60 + std::stoll(part);
    clock.erase(0, part.size() + 1);
  }
  if (parts < 2 || parts > 3 || days.size() > 6) return std::nullopt;
  return std::stoll(days) * 86400 + seconds;
}

JobEnd job_end(std::int64_t now) {
  if (const char* end = std::getenv("SLURM_JOB_END_TIME"); end != nullptr && is_digits(end)) {
    const auto utc = core::parse_count(end);
    if (utc && *utc <= now)
      return {.note = fmt::format("SLURM_JOB_END_TIME is {} ago by this host's clock: not used",
                                  core::format_seconds(static_cast<double>(now - *utc)))};
    return {.utc = utc};
  }
  const char* job = std::getenv("SLURM_JOB_ID");
  if (job == nullptr || !is_digits(job)) return {};
  const auto left =
      slurm_seconds(first_line_of({"timeout", "10", "squeue", "-h", "-j", job, "-o", "%L"}));
  if (!left) return {};
  return {.utc = now + *left};
}

}  // namespace bimix::run
