#include "job_end.hpp"

#include "console.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace bimix::cli {
namespace {

/// What squeue says is left of the job. @param job digits only: a shell reads the line
std::string squeue_time_left(const std::string& job) {
  const std::string line = "timeout 10 squeue -h -j " + job + " -o %L 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> answer(popen(line.c_str(), "r"), pclose);
  std::array<char, 64> text{};
  if (!answer || std::fgets(text.data(), static_cast<int>(text.size()), answer.get()) == nullptr)
    return "";
  return std::string(trimmed(text.data()));
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

std::optional<std::int64_t> job_end_utc() {
  if (const char* end = std::getenv("SLURM_JOB_END_TIME"); end != nullptr && is_digits(end))
    return parse_count(end);
  const char* job = std::getenv("SLURM_JOB_ID");
  if (job == nullptr || !is_digits(job)) return std::nullopt;
  const auto left = slurm_seconds(squeue_time_left(job));
  if (!left) return std::nullopt;
  return utc_seconds() + *left;
}

}  // namespace bimix::cli
