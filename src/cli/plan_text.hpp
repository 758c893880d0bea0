#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>
#include <bimix/trial/trial_source.hpp>

#include <filesystem>
#include <string>

/// What `bimix plan` says beside the plan itself.
namespace bimix::cli {

/// Tokens of each text, and how often they are gone through at most.
std::string epochs_text(const corpus::Corpus& corpus, const config::Campaign& campaign,
                        const data::SweepPlan& plan);

/// Work, time and memory on that many ranks; empty where the source does not know them.
/// @note measures this machine for a second
std::string cost_text(const config::Campaign& campaign, const data::SweepPlan& plan,
                      const trial::TrialSource& source, int ranks);

/// Of a campaign that chooses its own mixtures: what comes after the plan. Empty for another.
std::string rounds_text(const config::Campaign& campaign, const trial::TrialSource& source,
                        int ranks);

/// What a run folder holds of this plan; empty if no run has begun there.
std::string done_text(const std::filesystem::path& folder, const data::SweepPlan& plan);

}  // namespace bimix::cli
