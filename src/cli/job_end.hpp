#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bimix::cli {

/// When the Slurm job that this process belongs to ends, in seconds since 1970: what the job's
/// environment says, or squeue. Nothing outside of jobs, without a time limit, or without an
/// answer.
std::optional<std::int64_t> job_end_utc();

/// Seconds of a time in Slurm's form: "minutes:seconds", "hours:minutes:seconds" or
/// "days-hours:minutes:seconds". Nothing for "UNLIMITED" and whatever else is no time.
std::optional<std::int64_t> slurm_seconds(const std::string& text);

}  // namespace bimix::cli
