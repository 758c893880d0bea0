#include "console.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/error.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace bimix::cli {
namespace {

constexpr std::chrono::seconds between_lines{10};

/// @return 0, or errno of what failed
int put(FILE* file, std::string_view text) {
  errno = 0;
  const bool whole =
      std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  const int failure = whole ? 0 : (errno == 0 ? EIO : errno);
  std::clearerr(file);
  return failure;
}

}  // namespace

void talk(std::string_view line) { put(stderr, fmt::format("{}\n", line)); }

Console::Console(bool speaks)
    : speaks_(speaks),
      terminal_(isatty(STDERR_FILENO) == 1),
      colour_(terminal_ && std::getenv("NO_COLOR") == nullptr) {}

void Console::show(const std::string& text) {
  if (!speaks_) return;
  end_progress();
  show_raw(fmt::format("{}{}", text, text.empty() || text.back() == '\n' ? "" : "\n"));
}

void Console::show_raw(std::string_view text) {
  const int failure = put(stdout, text);
  if (output_failure_ == 0) output_failure_ = failure;
  if (!outlives_output_) require_all_shown();
}

void Console::outlive_output() {
  outlives_output_ = true;
  std::signal(SIGPIPE, SIG_IGN);
}

void Console::require_all_shown() const {
  if (output_failure_ == 0) return;
  throw core::DataError({.place = "standard output",
                         .problem = std::generic_category().message(output_failure_),
                         .rule = "what was to be shown there is not whole",
                         .remedy = "Free space there, or name another place, and show it again"});
}

void Console::show_in_place(const std::string& text) {
  // Up to the beginning of what was shown, and away with it.
  if (speaks_ && shows_in_place() && !in_place_.empty())
    show_raw(fmt::format("\033[{}A\033[J", std::count(in_place_.begin(), in_place_.end(), '\n')));
  show(text);
  in_place_ = text;
}

bool Console::shows_in_place() const { return isatty(STDOUT_FILENO) == 1; }

void Console::say(const std::string& line) {
  if (!speaks_ || quiet_) return;
  end_progress();
  talk(line);
}

void Console::detail(const std::string& line) {
  if (verbose_) say(line);
}

void Console::heading(const std::string& line) {
  if (colour_)
    say(fmt::format("\033[1m{}\033[0m", line));
  else
    say(line);
}

void Console::progress(const std::string& line) {
  if (!speaks_ || quiet_) return;
  if (terminal_) {
    put(stderr, fmt::format("\r\033[K{}", line));
    progress_open_ = true;
    return;
  }
  last_progress_ = line;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_line_) return;
  next_line_ = now + between_lines;
  talk(fmt::format("{} {}", core::utc_text(core::utc_now()), line));
  last_progress_.clear();
}

void Console::end_progress() {
  if (progress_open_) talk("");
  if (!last_progress_.empty())
    talk(fmt::format("{} {}", core::utc_text(core::utc_now()), last_progress_));
  progress_open_ = false;
  last_progress_.clear();
  next_line_ = {};
}

void Console::complain(const std::string& text) {
  end_progress();
  talk(colour_ ? fmt::format("\033[31m{}\033[0m", text) : text);
}

}  // namespace bimix::cli
