#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/data/records.hpp>
#include <bimix/mix/options.hpp>
#include <bimix/plan/design.hpp>

#include <vector>

namespace bimix::run {

/// The mixtures that the check trains, as `check.mixtures` names them: the default, the optimum,
/// and its rivals, which are presets, mixtures of the design by their labels, and what the same law
/// would recommend otherwise: `optimum-without-exposure` is not told of any pool, and of
/// `optimum-repetition(R)` repeated tokens are worth less outside the law
/// (OptimizeOptions::repetition). Of two that are the same the later is left out, and said so.
/// @param record with the fits and the optimum
/// @throws UsageError at "check.mixtures" for a name that is none of these
std::vector<plan::LabelledMixture> check_mixtures(const config::Campaign& campaign,
                                                  const data::RunRecord& record,
                                                  std::vector<std::string>& notes);

/// Throws what check_mixtures would throw for names, before anything is trained.
void refuse_unknown_rivals(const config::Campaign& campaign, const data::SweepPlan& plan);

/// The same for rivals that lack what they are made from: pools, utilities, entropies.
/// @param options those of the optimum, with its pools
void refuse_rivals_without_means(const config::Campaign& campaign, const data::SweepPlan& plan,
                                 const std::vector<data::EntropyTable>& entropy,
                                 mix::OptimizeOptions options);

}  // namespace bimix::run
