#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bimix::run {

/// When the Slurm job that this process belongs to ends.
struct JobEnd {
  std::optional<std::int64_t> utc{};  ///< seconds since 1970
  std::string note{};                 ///< what was found and is not used
};

/// What the job's environment says, or squeue. Nothing outside of jobs, without a time limit, or
/// without an answer; nor where the end is over: a job that has ended runs nothing, so the variable
/// was inherited from another one, or two clocks disagree.
/// @param now seconds since 1970
JobEnd job_end(std::int64_t now);

/// Seconds of a time in Slurm's form: "minutes:seconds", "hours:minutes:seconds" or
/// "days-hours:minutes:seconds". Nothing for "UNLIMITED" and whatever else is no time.
std::optional<std::int64_t> slurm_seconds(const std::string& text);

}  // namespace bimix::run
