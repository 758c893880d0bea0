#include "console.hpp"

#include <bimix/core/clock.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace bimix::cli {
namespace {

constexpr std::chrono::seconds between_lines{10};

}  // namespace

Console::Console(bool speaks)
    : speaks_(speaks),
      terminal_(isatty(STDERR_FILENO) == 1),
      colour_(terminal_ && std::getenv("NO_COLOR") == nullptr) {}

void Console::show(const std::string& text) {
  if (!speaks_) return;
  end_progress();
  fmt::print(stdout, "{}{}", text, text.empty() || text.back() == '\n' ? "" : "\n");
  std::fflush(stdout);
}

void Console::show_in_place(const std::string& text) {
  // Up to the beginning of what was shown, and away with it.
  if (speaks_ && shows_in_place() && !in_place_.empty())
    fmt::print(stdout, "\033[{}A\033[J", std::count(in_place_.begin(), in_place_.end(), '\n'));
  show(text);
  in_place_ = text;
}

bool Console::shows_in_place() const { return isatty(STDOUT_FILENO) == 1; }

void Console::say(const std::string& line) {
  if (!speaks_ || quiet_) return;
  end_progress();
  fmt::print(stderr, "{}\n", line);
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
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
    progress_open_ = true;
    return;
  }
  last_progress_ = line;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_line_) return;
  next_line_ = now + between_lines;
  fmt::print(stderr, "{} {}\n", utc_text(utc_now()), line);
  last_progress_.clear();
}

void Console::end_progress() {
  if (progress_open_) fmt::print(stderr, "\n");
  if (!last_progress_.empty()) fmt::print(stderr, "{} {}\n", utc_text(utc_now()), last_progress_);
  progress_open_ = false;
  last_progress_.clear();
  next_line_ = {};
}

void Console::complain(const std::string& text) {
  end_progress();
  if (colour_)
    fmt::print(stderr, "\033[31m{}\033[0m\n", text);
  else
    fmt::print(stderr, "{}\n", text);
}

std::int64_t utc_seconds() { return static_cast<std::int64_t>(utc_now()); }

}  // namespace bimix::cli
