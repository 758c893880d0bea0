#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/data/records.hpp>
#include <bimix/mix/policy.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/run/screen.hpp>
#include <bimix/spread/collective.hpp>

#include <functional>
#include <string>

/// What follows from the trials of a run.
namespace bimix::run {

/// The rows that laws are fitted to. The campaign says the pools of runs that do not know theirs,
/// or else the user.
/// @param said K or empty; endless ones, which are of a run to come, do not count
data::Observations observations_of(const StoredRun& run, const data::Pools& said = {});

/// What a model will draw from: what is said of it, or else what the campaign says, or else what
/// most runs drew from. @param said K or empty
data::Pools target_pools(const StoredRun& run, const data::Pools& said);

/// For commands whose answer says nothing of the fit that it is made from.
void warn_if_in_doubt(Screen& screen, const data::LawFit& fit);

/// What the folder holds, with the fits and what follows from them: the optimum and, once its
/// trials are there, the check.
/// @param fitted_to see RunRecord
data::RunRecord record_of(const StoredRun& run, spread::LawFits fits, std::string fitted_to,
                          const spread::Progress& progress = {});

/// Adds the check's report, once all its trials have ended.
void judge_check(data::RunRecord& record);

/// The `optimize:` block with what it leaves open filled in from the plan, but for mixtures of
/// policies, which may be made from entropies.
mix::OptimizeOptions optimize_options(const config::Campaign& campaign,
                                      const data::SweepPlan& plan);
/// What a user asks for besides the campaign.
using Asked = std::function<void(mix::OptimizeOptions&)>;
/// The same with these, and with the pools of the target.
/// @throws UsageError at "optimize.prior" or "optimize.reference", if what it needs is not there
mix::OptimizeOptions optimize_options(
    const StoredRun& run, const Asked& asked = [](mix::OptimizeOptions&) {});
/// What a policy may know for the volume and the pools of the options. It refers to the first two.
/// @param place where the campaign names the policy
mix::PolicyInput policy_input(const config::Campaign& campaign,
                              const std::vector<data::EntropyTable>& entropy,
                              const mix::OptimizeOptions& options, const std::string& place);
/// The mixtures of the prior and the reference by their names in the options, for what they say.
/// @param entropy none, or one table
void settle_policies(const config::Campaign& campaign,
                     const std::vector<data::EntropyTable>& entropy, mix::OptimizeOptions& options);

}  // namespace bimix::run
