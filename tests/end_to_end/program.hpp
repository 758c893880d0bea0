#pragma once

#include "support/temp_folder.hpp"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace bimix::test {

struct Ended {
  int exit_code = -1;
  std::string output{};  ///< stdout and stderr
};

/// Runs a shell command in the repository's root and waits for it.
inline Ended shell(const std::string& command) {
  const std::string line = "cd " BIMIX_SOURCE_DIR " && { " + command + "; } 2>&1";
  FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) return {};
  Ended ended;
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe))
    ended.output.append(buffer, got);
  const int status = pclose(pipe);
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

/// Runs the program itself. @param ranks 0: without mpirun
inline Ended bimix(const std::string& arguments, int ranks = 0) {
  const std::string launcher =
      ranks == 0 ? "" : "timeout 100 scripts/mpirun -n " + std::to_string(ranks) + " ";
  return shell(launcher + BIMIX_PROGRAM " " + arguments);
}

/// A line of shell that waits, for two minutes at most, for what the program started last (`$!`)
/// brings about. In vain: that program is killed, and the words that say so are all that the test
/// sees.
inline std::string wait_until(const std::string& condition, const std::string& what) {
  return "end=$(($(date +%s) + 120)); until " + condition +
         "; do [ $(date +%s) -lt $end ] || { kill -9 $!; echo 'waited two minutes in vain until " +
         what + "'; exit 99; }; sleep 0.01; done; ";
}

/// A temporary folder whose files are named in shell commands.
class TemporaryFolder : public TempFolder {
 public:
  std::string operator/(const std::string& name) const {
    return TempFolder::operator/(name).string();
  }
};

inline void write_text(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace bimix::test
