#pragma once

#include <bimix/data/records.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/trial/trial_source.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

/// The bookkeeping of a campaign that chooses its own mixtures. Pure: what has ended comes in as an
/// argument.
///
/// The mixtures of a plan count in batches: of those that it starts with the last `batch` are one,
/// and those before them another; then each round is one.
namespace bimix::plan {

/// Of each batch of the plan, in order: how many mixtures it and those before it have.
std::vector<std::size_t> batch_ends(const data::SweepPlan& plan, int batch);

/// How many mixtures, from the first on, the next round is chosen by; nothing while it has to wait.
///
/// All batches but the last one must have ended: those of the last may still run, and count by what
/// is expected of them, so that nobody waits for a round to end. Of the last one it makes no
/// difference how far it has come, so the choice is the same however many ranks there are.
/// @param has_ended whether a trial has ended for good
std::optional<std::size_t> known_mixtures(
    const data::SweepPlan& plan, int batch,
    const std::function<bool(const data::TrialSpec&)>& has_ended);

/// The plan of the first `count` mixtures alone.
data::SweepPlan first_mixtures(const data::SweepPlan& plan, std::size_t count);

/// How many more mixtures the budget allows, at most `batch`. A budget of hours allows a whole
/// batch until they are over.
/// @param hours that were spent
int affordable(const data::SweepPlan& plan, const AdaptiveOptions& options, double hours);

/// Work of all trials of the plan, in the unit of the budget: trials or FLOP; 0 of hours, which
/// nobody knows before.
double spent(const data::SweepPlan& plan, Budget::Unit unit);

/// What so many more mixtures take, in the same unit.
double price(const data::SweepPlan& plan, Budget::Unit unit, std::size_t mixtures);

/// The plan that a campaign starts with, followed by the rounds that it has chosen.
/// @param trials of which those with a round count, in plan order
data::SweepPlan with_rounds(data::SweepPlan plan, const std::vector<data::TrialSpec>& trials);

/// Adds the mixtures of a round, each with the volumes and repeats of the design.
/// @param number of the round, from 1
/// @return its trials, which are now the last of the plan
std::vector<data::TrialSpec> add_round(data::SweepPlan& plan,
                                       const std::vector<data::Mixture>& mixtures, int number,
                                       std::uint64_t seed, const DesignOptions& design,
                                       const trial::TrialSource& source);

}  // namespace bimix::plan
