#include "byte_stream.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/last_will.hpp>
#include <bimix/core/spawn.hpp>
#include <bimix/core/text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>

namespace bimix::corpus {
namespace {

/// A file without a name that takes what a program says on stderr.
class Said {
 public:
  Said() : file_(std::tmpfile()) { core::require(file_ != nullptr, "a temporary file"); }
  ~Said() { std::fclose(file_); }
  Said(const Said&) = delete;
  Said& operator=(const Said&) = delete;

  int descriptor() const { return ::fileno(file_); }
  /// The end of it, on one line.
  std::string last_words() const {
    constexpr off_t most = 2000;
    std::array<char, most> text{};
    const off_t size = ::lseek(descriptor(), 0, SEEK_END);
    const ssize_t got =
        ::pread(descriptor(), text.data(), text.size(), size > most ? size - most : 0);
    std::string words(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    words = core::trimmed(words);
    for (char& c : words)
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    constexpr std::size_t shown = 400;
    return words.size() <= shown ? words : "..." + words.substr(words.size() - shown);
  }

 private:
  std::FILE* file_;
};

class CommandStream final : public ByteStream {
 public:
  explicit CommandStream(CommandOptions options) : options_(std::move(options)) {
    core::require(!options_.words.empty(), "a command has a first word");
    start();
  }
  ~CommandStream() override { end(); }
  CommandStream(const CommandStream&) = delete;
  CommandStream& operator=(const CommandStream&) = delete;

  std::size_t read(std::span<char> out) override {
    std::size_t done = 0;
    while (done < out.size() && output_ >= 0) {
      wait_for_output();
      const ssize_t got = ::read(output_, out.data() + done, out.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) refuse(fmt::format("its output cannot be read: {}", std::strerror(errno)), "");
      if (got == 0) check_end();
      done += static_cast<std::size_t>(got);
    }
    printed_ += done;
    return done;
  }
  std::uint64_t source_bytes() const override { return printed_; }

 private:
  void start() {
    std::array<int, 2> ends{};
    core::require(::pipe2(ends.data(), O_CLOEXEC) == 0, "a pipe");
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, said_.descriptor(), STDERR_FILENO);
    if (!options_.folder.empty())
      posix_spawn_file_actions_addchdir_np(&files, options_.folder.c_str());
    // A group of its own, so that what it starts ends with it.
    const core::SpawnAttributes attributes;
    const std::vector<char*> words = core::exec_pointers(options_.words);
    const int failure =
        ::posix_spawnp(&child_, words.front(), &files, attributes.get(), words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    ::close(ends[1]);
    output_ = ends[0];
    if (failure != 0) {
      child_ = 0;
      refuse(fmt::format("cannot be started: {}", std::strerror(failure)),
             "Check the name, and PATH on this host");
    }
    last_will_.name(child_);
  }

  void wait_for_output() {
    pollfd ready{output_, POLLIN, 0};
    const int milliseconds = static_cast<int>(options_.silence * 1e3);
    int count = 0;
    do count = ::poll(&ready, 1, milliseconds);
    while (count < 0 && errno == EINTR);
    if (count == 0)
      refuse(fmt::format("printed nothing for {}", core::format_seconds(options_.silence)),
             "It seems to hang: try it alone, or allow it more with `corpus: {silence: SECONDS}`");
  }

  /// Its output has ended: so must it, and well.
  void check_end() {
    ::close(output_);
    output_ = -1;
    const int status = waited_for();
    ::kill(-child_, SIGKILL);  // what it left running
    child_ = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    refuse(WIFEXITED(status) ? fmt::format("exited with {}", WEXITSTATUS(status))
                             : fmt::format("was ended by signal {}", WTERMSIG(status)),
           "Try it alone: it has to exit with 0 after the last document");
  }

  /// Its exit status. @throws DataError if it goes on without printing
  int waited_for() {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds look_every{10};
    const auto until = Clock::now() + std::chrono::duration<double>(options_.silence);
    int status = 0;
    while (::waitpid(child_, &status, WNOHANG) != child_) {
      if (Clock::now() >= until)
        refuse(fmt::format("closed its output and went on for {}",
                           core::format_seconds(options_.silence)),
               "It has to exit after the last document");
      std::this_thread::sleep_for(look_every);
    }
    return status;
  }

  void end() {
    if (output_ >= 0) ::close(output_);
    output_ = -1;
    if (child_ <= 0) return;
    ::kill(-child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    child_ = 0;
  }

  [[noreturn]] void refuse(const std::string& problem, const std::string& remedy) {
    std::string command;
    for (const std::string& word : options_.words)
      command += (command.empty() ? "" : " ") + core::shell_word(word);
    end();
    const std::string words = said_.last_words();
    throw core::DataError({.place = fmt::format("read: `{}`", core::shown_text(command)),
                           .problem = problem,
                           .rule = words.empty() ? "" : "it said: " + words,
                           .remedy = remedy});
  }

  CommandOptions options_;
  Said said_;
  core::LastWill last_will_{};
  pid_t child_ = 0;
  int output_ = -1;
  std::uint64_t printed_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> open_command(CommandOptions options) {
  return std::make_unique<CommandStream>(std::move(options));
}

}  // namespace bimix::corpus
