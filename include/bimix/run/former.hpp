#pragma once

#include <bimix/plan/reuse.hpp>
#include <bimix/run/opened.hpp>

namespace bimix::run {

/// What is left of the runs that `design.reuse` names, for this campaign.
/// @param fingerprints of its texts, in the order of OpenedSource
/// @param taken names of runs that the journal has trials of: they are not asked again
/// @throws UsageError if the campaign trains nothing; DataError if a folder is no run, or its
/// trials
///         were trained otherwise (the difference is shown)
plan::Reused former_trials(const config::Campaign& campaign,
                           const std::vector<std::pair<std::string, std::string>>& fingerprints,
                           const std::vector<std::string>& taken = {});

}  // namespace bimix::run
