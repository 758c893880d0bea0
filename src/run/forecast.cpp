#include <bimix/data/pools.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/run/forecast.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/store/journal.hpp>
#include <bimix/sweep/coordinator.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace bimix::run {

double seconds_on(const trial::WorkEstimate& work, const data::SweepPlan& plan,
                  const trial::SourceTraits& traits, int ranks) {
  std::vector<double> costs;
  for (const data::TrialSpec& trial : plan.trials)
    costs.push_back(trial.cost / traits.ranks_per_trial);
  const int groups = std::max(1, ranks / traits.ranks_per_trial);
  return sweep::makespan(costs, sweep::dispatch_order(costs, groups), groups) /
         work.flops_per_second;
}

std::optional<DoneBefore> done_before(const std::filesystem::path& folder,
                                      const data::SweepPlan& plan) {
  const store::JournalState state = store::read_journal(folder);
  if (!state.header) return std::nullopt;
  std::unordered_set<std::string> ended;
  for (const data::TrialResult& result : state.results)
    if (result.status != data::TrialStatus::failed) ended.insert(result.id);
  std::unordered_map<std::string, const data::TrialSpec*> held;
  for (const data::TrialSpec& trial : state.plan_trials) held[plan::run_id(trial)] = &trial;
  DoneBefore done;
  double left = 0.0, total = 0.0;
  for (const data::TrialSpec& trial : plan.trials) {
    total += trial.cost;
    if (ended.contains(trial.id)) {
      ++done.trials;
      continue;
    }
    left += trial.cost;
    const auto then = held.find(plan::run_id(trial));
    if (then != held.end() && ended.contains(then->second->id) &&
        goes_on(folder, trial, *then->second))
      left -= then->second->cost;
  }
  done.part_left = left / total;
  return done;
}

double bytes_of_models(const config::Campaign& campaign, const data::SweepPlan& plan,
                       const trial::TrialSource& source) {
  const bool can_go_on =
      campaign.design.axis == plan::VolumeAxis::trajectory || source.traits().shares_trunk;
  if (!can_go_on) return 0.0;
  double bytes = 0.0;
  for (const data::TrialSpec& trial : plan.trials) bytes += source.model_bytes(trial);
  return bytes;
}

bool keeps_models(const config::Campaign& campaign, const data::SweepPlan& plan,
                  const trial::TrialSource& source) {
  constexpr double little = 4.0 * (1 << 30);
  const double bytes = bytes_of_models(campaign, plan, source);
  const proxy::KeepModels wish = campaign.proxy.keep_models;
  return bytes > 0 && wish != proxy::KeepModels::never &&
         (wish == proxy::KeepModels::always || bytes <= little);
}

bool goes_on(const std::filesystem::path& folder, const data::TrialSpec& now,
             const data::TrialSpec& then) {
  return plan::has_more_volumes(now, then) &&
         std::equal(then.tokens.begin(), then.tokens.end(), now.tokens.begin()) &&
         store::has_model(folder, plan::run_id(now));
}

std::string idle_ranks_words(const config::Campaign& campaign, const trial::SourceTraits& traits,
                             int ranks) {
  if (!campaign.design.adaptive) return "";
  const bool by_volume =
      campaign.design.axis == plan::VolumeAxis::independent && !traits.shares_trunk;
  const std::size_t volumes = by_volume ? campaign.design.tokens.size() : 1;
  const std::size_t at_once = 2 * static_cast<std::size_t>(campaign.design.adaptive->batch) *
                              static_cast<std::size_t>(campaign.design.repeats) * volumes;
  const int groups = ranks / traits.ranks_per_trial;
  if (static_cast<std::size_t>(groups) <= at_once) return "";
  return fmt::format(
      "design.adaptive.batch: {} mixtures a round keep at most {} trials going (a round and the "
      "one before it), so that ranks will wait; a larger batch, or {} ranks, would not",
      campaign.design.adaptive->batch, at_once,
      at_once * static_cast<std::size_t>(traits.ranks_per_trial));
}

std::vector<double> most_epochs(const data::SweepPlan& plan, const data::Pools& pools,
                                std::int64_t target) {
  std::vector<double> most(plan.domains.train.size(), 0.0);
  for (const data::TrialSpec& spec : plan.trials) {
    if (spec.tokens.empty()) continue;
    const auto volume = static_cast<double>(std::max(spec.tokens.back(), target));
    const std::vector<double> epochs = data::epochs(spec.mixture, volume, pools);
    for (std::size_t k = 0; k < epochs.size(); ++k) most[k] = std::max(most[k], epochs[k]);
  }
  return most;
}

}  // namespace bimix::run
