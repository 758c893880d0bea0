#pragma once

#include <bimix/par/comm.hpp>
#include <bimix/run/health.hpp>

#include <optional>
#include <string>
#include <vector>

/// Looks at the place where a run would run.
namespace bimix::run {

/// @collective Looks at ranks, processors and memory; writes to, locks and removes a folder of its
/// own within the one where run folders are to lie. @param parent need not exist yet
/// @throws CollectiveError if it is no folder
std::vector<Finding> examined(const par::Comm& comm, const std::string& parent);

/// The Slurm job that this process runs in; nothing outside of jobs.
std::optional<Finding> of_job();

}  // namespace bimix::run
