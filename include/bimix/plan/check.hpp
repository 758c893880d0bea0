#pragma once

#include <bimix/data/records.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/trial/trial_source.hpp>

#include <vector>

namespace bimix::plan {

/// How a check trains its mixtures.
struct CheckRuns {
  std::uint64_t seed = 0;   ///< of the campaign
  std::int64_t tokens = 0;  ///< volume; rounded to whole steps of the source
  int repeats = 1;          ///< of each mixture, on seeds that the plan did not use
};

/// The trials of a check. @param mixtures with their labels
std::vector<data::TrialSpec> make_check_trials(const data::SweepPlan& plan,
                                               const std::vector<LabelledMixture>& mixtures,
                                               const CheckRuns& runs,
                                               const trial::TrialSource& source);

/// The check's trials set against the law's prediction.
/// @param predicted_nats (label, E) in the order of first appearance of the labels
data::CheckReport make_check_report(const std::vector<data::TrialSpec>& trials,
                                    const std::vector<data::TrialResult>& results,
                                    const data::DomainSet& domains,
                                    const data::Table& predicted_nats,
                                    const std::vector<double>& weight);

}  // namespace bimix::plan
