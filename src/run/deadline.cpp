#include "deadline.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <limits>

namespace bimix::run {
namespace {

/// A job is left before it is ended: by a little more than the five minutes at which Slurm sends
/// our scripts USR1, so that it is known to be for time; or by a tenth of a short one.
constexpr std::int64_t longest_margin = 330;

}  // namespace

double Deadline::seconds_left(std::int64_t now) const {
  if (utc == 0) return std::numeric_limits<double>::infinity();
  return static_cast<double>(utc - now);
}

Deadline deadline_of(double walltime_seconds, const JobEnd& job, std::int64_t now) {
  Deadline deadline;
  if (walltime_seconds > 0) {
    deadline.utc = now + static_cast<std::int64_t>(walltime_seconds);
    deadline.reason = "the walltime of " + core::format_seconds(walltime_seconds) + " is over";
  }
  if (!job.note.empty()) deadline.words.push_back(job.note);
  if (!job.utc) return deadline;
  const std::int64_t left = *job.utc - now;
  const std::int64_t leave = *job.utc - std::min(longest_margin, left / 10);
  if (deadline.utc != 0 && deadline.utc <= leave) return deadline;
  deadline.utc = leave;
  deadline.reason = "the job's time is nearly over";
  deadline.words.push_back("the job ends in " + core::format_seconds(static_cast<double>(left)));
  return deadline;
}

}  // namespace bimix::run
