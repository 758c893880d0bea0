#pragma once

#include <bimix/data/records.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/trial/trial_source.hpp>

#include <string>
#include <vector>

namespace bimix::plan {

/// What a plan is made from.
struct PlanInput {
  std::string name{};
  std::uint64_t seed = 0;
  data::DomainSet domains{};
  data::Mixture default_mixture{};  ///< K
  DesignOptions design{};
  data::Pools unique_tokens{};  ///< what the model will draw from; empty: not known
  double target_tokens = 0.0;   ///< the volume that mixtures are meant for
};

/// All trials of a designed campaign: mixtures x repeats, each visiting all volumes (trajectory)
/// or one of them (independent). Volumes are rounded to whole steps of the source.
/// @param entropy none, or the table that entropy presets come from
/// @throws UsageError see expand_design, or if no volume is left
data::SweepPlan make_plan(const PlanInput& input, const std::vector<data::EntropyTable>& entropy,
                          const trial::TrialSource& source);

/// All logged runs of a replay source that the design asks for, or every one if it names no
/// mixture. Shares within 1e-4 of designed ones are the same mixture; the plan has those of the
/// log, which is what was trained. A designed mixture that the logs lack becomes a trial with an
/// empty `run`, which replay reports as missing; nothing is interpolated.
data::SweepPlan make_replay_plan(const PlanInput& input,
                                 const std::vector<data::EntropyTable>& entropy,
                                 const trial::TrialSource& source);

/// 16 hex digits that trials share which differ in their volumes only.
std::string run_id(const data::TrialSpec& spec);

/// Whether a trial is the other one with volumes added.
bool has_more_volumes(const data::TrialSpec& spec, const data::TrialSpec& than);

/// The spec with source, cost and id filled in; the id is a hash of all that the losses depend on.
data::TrialSpec identified(data::TrialSpec spec, const trial::TrialSource& source);

/// Volumes as whole steps, ascending, without repeats; never less than one step.
std::vector<std::int64_t> whole_steps(const std::vector<std::int64_t>& tokens,
                                      std::int64_t tokens_per_step);

/// The rows that laws are fitted to: every finished point of the plan's trials. A run with the very
/// losses of another one of its mixture is no second observation: left out and counted.
/// @param unique_tokens the pools of runs that do not know theirs; empty: nothing is known
data::Observations observations_of(const data::SweepPlan& plan,
                                   const std::vector<data::TrialResult>& results,
                                   const data::Pools& unique_tokens = {});

}  // namespace bimix::plan
