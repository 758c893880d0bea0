#pragma once

#include <bimix/run/job_end.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace bimix::run {

/// When a session stops by itself.
struct Deadline {
  std::int64_t utc = 0;              ///< seconds since 1970; 0: never
  std::string reason{};              ///< why then
  std::vector<std::string> words{};  ///< what the reader should know

  /// @param now seconds since 1970 @return infinity without a deadline; negative if it is over
  double seconds_left(std::int64_t now) const;
};

/// The earlier of the walltime's end and of a moment before the end of the job: it is left a little
/// before Slurm warns (330 s), or a tenth of a short job before its end.
/// @param walltime_seconds from now; 0: no limit @param now seconds since 1970
Deadline deadline_of(double walltime_seconds, const JobEnd& job, std::int64_t now);

}  // namespace bimix::run
