#pragma once

#include <bimix/data/json.hpp>
#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>

#include <vector>

/// @collective What rank 0 has, on every rank.
namespace bimix::run {

/// Something small.
data::Json json_from_root(const par::Comm& comm, data::Json json);

/// Records go by the thousand, so that no rank needs room for all of them twice.
std::vector<data::TrialSpec> from_root(const par::Comm& comm, std::vector<data::TrialSpec> trials);
std::vector<data::TrialResult> from_root(const par::Comm& comm,
                                         std::vector<data::TrialResult> results);
/// Its domains stay those that a rank has: they are the campaign's.
data::SweepPlan from_root(const par::Comm& comm, data::SweepPlan plan);

}  // namespace bimix::run
