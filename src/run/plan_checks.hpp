#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/data/records.hpp>
#include <bimix/run/run_limits.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

/// What refuses a plan before any of its trials is paid for.
namespace bimix::run {

/// What would only show after all the training: too few mixtures or volumes for the law, limits of
/// the optimum that leave no mixture among the shares that are tried, and policies (prior,
/// reference, rivals of the check) that lack what they are made from.
/// @param campaign with its pools counted @param entropy none, or one table
/// @return what its reader should know before it trains: that max_epochs will have to be raised
/// @throws UsageError, TooLittleData
std::string refuse_what_cannot_end_well(const config::Campaign& campaign,
                                        const data::SweepPlan& plan,
                                        const std::vector<data::EntropyTable>& entropy);

/// `--only` names trials of the plan or of the check. @throws UsageError naming the nearest one
void refuse_unknown_trials(const std::vector<std::string>& only,
                           const std::vector<data::TrialSpec>& planned,
                           const std::vector<data::TrialSpec>& check);

/// Whether two plans have the same trials in the same order.
bool is_same_plan(const std::vector<data::TrialSpec>& a, const std::vector<data::TrialSpec>& b);

/// A trial that was given more volumes, and what it was before.
struct GrownTrial {
  const data::TrialSpec* now = nullptr;
  const data::TrialSpec* before = nullptr;
};

/// A folder with results may be given a plan that has grown, if that is asked for: who drops trials
/// or volumes wants another run.
/// @param before trials that the folder was planned with @param planned the trials of today
/// @return those that grew; they point into the arguments
/// @throws DataError if trials are gone, or `extend` was not asked for
std::vector<GrownTrial> checked_extension(const std::vector<data::TrialSpec>& before,
                                          const std::vector<data::TrialSpec>& planned, bool extend,
                                          const std::filesystem::path& folder);

}  // namespace bimix::run
