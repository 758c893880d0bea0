#pragma once

#include <bimix/data/records.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/trial/trial_source.hpp>

#include <vector>

namespace bimix {

/// Trials that train `mixtures` to `tokens` on `repeats` seeds that the plan did not use.
std::vector<TrialSpec> make_check_trials(const SweepPlan& plan, std::uint64_t seed,
                                         const std::vector<LabelledMixture>& mixtures,
                                         std::int64_t tokens, int repeats,
                                         const TrialSource& source);

/// The check's trials set against the law's prediction.
/// @param predicted_nats (label, E) in the order of first appearance of the labels
CheckReport make_check_report(const std::vector<TrialSpec>& trials,
                              const std::vector<TrialResult>& results, const DomainSet& domains,
                              const Table& predicted_nats, const std::vector<double>& weight);

}  // namespace bimix
