#pragma once

#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>

#include <vector>

/// @collective What rank 0 has, on every rank. It goes by the thousand, so that no rank needs room
/// for all of it twice.
namespace bimix::run {

std::vector<data::TrialSpec> from_root(const par::Comm& comm, std::vector<data::TrialSpec> trials);
std::vector<data::TrialResult> from_root(const par::Comm& comm,
                                         std::vector<data::TrialResult> results);
data::SweepPlan from_root(const par::Comm& comm, data::SweepPlan plan);

}  // namespace bimix::run
