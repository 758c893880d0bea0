#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <vector>

/// A trial of a run, as `bimix predict --trial` names it.
namespace bimix::cli {

/// The trial whose id begins with `text`, or of the logged run of that name.
/// @throws UsageError naming the nearest one
const data::TrialSpec& trial_named(const std::string& text, const data::SweepPlan& plan);

/// What was seen of it, however it ended, but for a run that diverged.
/// @throws UsageError if nothing was
const data::TrialResult& seen_of(const data::TrialSpec& trial,
                                 const std::vector<data::TrialResult>& results);

}  // namespace bimix::cli
