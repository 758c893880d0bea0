#pragma once

#include <bimix/data/records.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/trial/trial_source.hpp>

#include <vector>

namespace bimix::plan {

/// Trials that train `mixtures` to `tokens` on `repeats` seeds that the plan did not use.
std::vector<data::TrialSpec> make_check_trials(const data::SweepPlan& plan, std::uint64_t seed,
                                               const std::vector<LabelledMixture>& mixtures,
                                               std::int64_t tokens, int repeats,
                                               const trial::TrialSource& source);

/// The check's trials set against the law's prediction.
/// @param predicted_nats (label, E) in the order of first appearance of the labels
data::CheckReport make_check_report(const std::vector<data::TrialSpec>& trials,
                                    const std::vector<data::TrialResult>& results,
                                    const data::DomainSet& domains,
                                    const data::Table& predicted_nats,
                                    const std::vector<double>& weight);

}  // namespace bimix::plan
