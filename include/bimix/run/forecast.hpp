#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/data/records.hpp>
#include <bimix/trial/trial_source.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

/// What the trials of a plan will take, and what is left of them.
namespace bimix::run {

/// Seconds until the last trial ends, if ranks that share a trial lose nothing by it.
double seconds_on(const trial::WorkEstimate& work, const data::SweepPlan& plan,
                  const trial::SourceTraits& traits, int ranks);

/// What a run folder holds of a plan.
struct DoneBefore {
  std::size_t trials = 0;  ///< that have ended and did not fail
  double part_left = 1.0;  ///< of the work
};

/// Nothing if no run has begun there.
std::optional<DoneBefore> done_before(const std::filesystem::path& folder,
                                      const data::SweepPlan& plan);

/// Bytes of all models that a trial may end with, if an extension could go on from them:
/// volumes lie on one trajectory, or share a trunk. 0 otherwise.
double bytes_of_models(const config::Campaign& campaign, const data::SweepPlan& plan,
                       const trial::TrialSource& source);

/// Whether they are kept: `proxy.keep_models`.
bool keeps_models(const config::Campaign& campaign, const data::SweepPlan& plan,
                  const trial::TrialSource& source);

/// Whether a trial that was given more volumes begins with the model that it ended with `then`: the
/// folder has it, and no volume was added below.
bool goes_on(const std::filesystem::path& folder, const data::TrialSpec& now,
             const data::TrialSpec& then);

/// How often each pool is gone through by the trial that draws most of it, K; 0 where it is not
/// known.
/// @param target the volume of the run whose repetitions trials are to have; 0: none
std::vector<double> most_epochs(const data::SweepPlan& plan, const data::Pools& pools,
                                std::int64_t target);

/// What a campaign that chooses its own mixtures makes of so many ranks: empty where all have work.
std::string idle_ranks_words(const config::Campaign& campaign, const trial::SourceTraits& traits,
                             int ranks);

}  // namespace bimix::run
