#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/run/screen.hpp>

/// What follows from the trials of a run.
namespace bimix::run {

/// For commands whose answer says nothing of the fit that it is made from.
void warn_if_in_doubt(Screen& screen, const data::LawFit& fit);

/// @collective Everything that follows from the trials: the law, the optimum and, once its trials
/// are there, the check. Computed from the journal alone.
data::RunRecord derive(const par::Comm& comm, const StoredRun& run);

/// Adds the check's report, once all its trials have ended.
void judge_check(data::RunRecord& record);

/// The `optimize:` block with what it leaves open filled in from the plan.
mix::OptimizeOptions optimize_options(const config::Campaign& campaign,
                                      const data::SweepPlan& plan);

}  // namespace bimix::run
