#include "mixture_index.hpp"
#include "plan_trials.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/plan/plan.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace bimix::plan {
namespace {

/// Logs print shares with few digits.
constexpr double same_logged_share = 1e-4;
/// From here on a number is no loss, whatever its unit, and is not fitted: sums of squares of such
/// would overflow.
constexpr double least_impossible_loss = 1e6;

data::SweepPlan empty_plan(const PlanInput& input, const ExpandedDesign& design) {
  data::SweepPlan plan;
  plan.name = input.name;
  plan.domains = input.domains;
  plan.duplicates_dropped = design.duplicates_dropped;
  for (const LabelledMixture& mixture : design.mixtures) {
    plan.mixtures.push_back(mixture.share);
    plan.labels.push_back(mixture.label);
  }
  return plan;
}

/// The union of all trials' volumes.
std::vector<std::int64_t> all_volumes(const std::vector<data::TrialSpec>& trials) {
  std::vector<std::int64_t> volumes;
  for (const data::TrialSpec& trial : trials)
    volumes.insert(volumes.end(), trial.tokens.begin(), trial.tokens.end());
  return data::merged_volumes(std::move(volumes));
}

/// The volumes of a logged run that the design asks for; all of them if it names none.
std::vector<std::int64_t> logged_volumes(const data::LossCurve& run,
                                         const std::vector<std::int64_t>& wanted) {
  std::vector<std::int64_t> volumes;
  for (const data::LossPoint& point : run.points) {
    if (wanted.empty() || data::find_volume(wanted, point.tokens)) volumes.push_back(point.tokens);
  }
  return volumes;
}

data::TrialSpec replay_spec(const PlanInput& input, const data::SweepPlan& plan,
                            std::size_t mixture_id, const data::LossCurve& run) {
  return {.purpose = data::TrialPurpose::sweep,
          .mixture_label = plan.labels[mixture_id],
          .mixture_id = static_cast<int>(mixture_id),
          .mixture = run.mixture,
          .repeat = run.repeat,
          .seed = input.seed,
          .tokens = logged_volumes(run, input.design.tokens),
          .run = run.run};
}

mix::PolicyInput known_before_runs(const PlanInput& input,
                                   const std::vector<data::EntropyTable>& entropy) {
  return {.default_share = input.default_mixture,
          .entropy = entropy,
          .domains = input.domains.train,
          .unique_tokens = input.unique_tokens,
          .tokens = input.target_tokens,
          .utilities = input.design.utilities};
}

/// What the logs have, as if it had been designed.
struct LoggedDesign {
  ExpandedDesign design{};
  std::vector<std::vector<std::size_t>> runs{};  ///< of each of its mixtures, places in the logs
};

/// Every mixture in order of appearance; on several choices of pools once for each.
LoggedDesign logged_design(const std::vector<data::LossCurve>& runs) {
  LoggedDesign logged;
  std::map<std::pair<data::Mixture, data::Pools>, std::size_t> known;
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const auto [place, is_new] =
        known.try_emplace({runs[n].mixture, runs[n].unique_tokens}, known.size());
    if (is_new) {
      logged.design.mixtures.push_back({runs[n].run, runs[n].mixture});
      logged.runs.emplace_back();
    }
    logged.runs[place->second].push_back(n);
  }
  return logged;
}

/// The mixtures of a design, and the runs whose shares are theirs but for the digits of logs.
LoggedDesign found_in_logs(ExpandedDesign design, const std::vector<data::LossCurve>& runs) {
  LoggedDesign found{.design = std::move(design)};
  MixtureIndex logged(same_logged_share);
  for (const data::LossCurve& run : runs) logged.add(run.mixture);
  for (const LabelledMixture& mixture : found.design.mixtures)
    found.runs.push_back(logged.near(mixture.share));
  return found;
}

}  // namespace

std::string run_id(const data::TrialSpec& spec) {
  const data::Json identity{{"mixture", spec.mixture},
                            {"repeat", spec.repeat},
                            {"seed", spec.seed},
                            {"run", spec.run},
                            {"source", spec.source}};
  return core::content_hash(identity.dump()).substr(0, 16);
}

bool has_more_volumes(const data::TrialSpec& spec, const data::TrialSpec& than) {
  return spec.tokens.size() > than.tokens.size() && run_id(spec) == run_id(than) &&
         std::includes(spec.tokens.begin(), spec.tokens.end(), than.tokens.begin(),
                       than.tokens.end());
}

data::TrialSpec identified(data::TrialSpec spec, const trial::TrialSource& source) {
  spec.source = source.identity(spec);
  spec.cost = source.cost(spec);
  const data::Json identity{{"mixture", spec.mixture}, {"repeat", spec.repeat},
                            {"seed", spec.seed},       {"tokens", spec.tokens},
                            {"run", spec.run},         {"source", spec.source}};
  spec.id = core::content_hash(identity.dump()).substr(0, 16);
  return spec;
}

std::vector<std::int64_t> whole_steps(const std::vector<std::int64_t>& tokens,
                                      std::int64_t tokens_per_step) {
  core::require(tokens_per_step > 0, "a step has tokens");
  std::set<std::int64_t> volumes;
  for (const std::int64_t wanted : tokens) {
    const std::int64_t steps = (wanted + tokens_per_step / 2) / tokens_per_step;
    volumes.insert(std::max<std::int64_t>(1, steps) * tokens_per_step);
  }
  return {volumes.begin(), volumes.end()};
}

data::SweepPlan make_plan(const PlanInput& input, const std::vector<data::EntropyTable>& entropy,
                          const trial::TrialSource& source) {
  const ExpandedDesign design =
      expand_design(input.design, known_before_runs(input, entropy), input.seed);
  data::SweepPlan plan = empty_plan(input, design);
  plan.tokens = whole_steps(input.design.tokens, source.traits().tokens_per_step);
  const auto seeds_of = [&](const LabelledMixture& mixture) {
    return std::max(input.design.repeats, mixture.repeats);
  };
  int most = input.design.repeats;
  for (const LabelledMixture& mixture : design.mixtures) most = std::max(most, seeds_of(mixture));
  const TrialMaker maker(input.design, input.seed, most, source);
  for (std::size_t m = 0; m < plan.mixtures.size(); ++m)
    maker.add(m, seeds_of(design.mixtures[m]), 0, plan);
  return plan;
}

data::SweepPlan make_replay_plan(const PlanInput& input,
                                 const std::vector<data::EntropyTable>& entropy,
                                 const trial::TrialSource& source) {
  const std::vector<data::LossCurve> runs = source.logged_runs();
  const LoggedDesign logged =
      input.design.mixtures.empty()
          ? logged_design(runs)
          : found_in_logs(
                expand_design(input.design, known_before_runs(input, entropy), input.seed), runs);
  data::SweepPlan plan = empty_plan(input, logged.design);
  for (std::size_t m = 0; m < plan.mixtures.size(); ++m) {
    const std::vector<std::size_t>& found = logged.runs[m];
    for (const std::size_t run : found)
      plan.trials.push_back(identified(replay_spec(input, plan, m, runs[run]), source));
    if (found.empty())
      plan.trials.push_back(identified(
          replay_spec(input, plan, m, data::LossCurve{.mixture = plan.mixtures[m]}), source));
    else  // what was trained, to all digits of the log: the journal keeps no other shares
      plan.mixtures[m] = runs[found.front()].mixture;
  }
  plan.tokens = all_volumes(plan.trials);
  return plan;
}

namespace {

/// Runs of one mixture, told apart by their losses.
class DistinctRuns {
 public:
  /// @return false if it is a copy of one that was added before
  bool add(int mixture_id, const data::TrialResult& run) {
    const bool has_losses = !run.curve.empty() && !run.curve.back().loss_nats.empty();
    const double last = has_losses ? run.curve.back().loss_nats.front() : 0.0;
    auto& others = alike_[{mixture_id, std::bit_cast<std::uint64_t>(last)}];
    const bool is_copy =
        std::any_of(others.begin(), others.end(), [&](const data::TrialResult* other) {
          return other->parameters == run.parameters && other->curve == run.curve;
        });
    if (!is_copy) others.push_back(&run);
    return !is_copy;
  }

 private:
  /// By mixture and the bits of one loss: of runs with the same, there are few.
  std::map<std::pair<int, std::uint64_t>, std::vector<const data::TrialResult*>> alike_{};
};

/// Nothing where no run's pools are known.
void add_pools(const std::map<data::Pools, int>& ids, data::Observations& rows) {
  rows.pools.resize(ids.size(), data::Pools(rows.domains.train.size(), 0.0));
  bool any = false;
  for (const auto& [pools, id] : ids) {
    if (!pools.empty()) rows.pools[static_cast<std::size_t>(id)] = pools;
    any = any || std::any_of(pools.begin(), pools.end(), data::is_known);
  }
  if (any) return;
  rows.pools.clear();
  rows.pool_id.clear();
}

}  // namespace

data::Observations observations_of(const data::SweepPlan& plan,
                                   const std::vector<data::TrialResult>& results,
                                   const data::Pools& unique_tokens) {
  std::unordered_map<std::string, const data::TrialResult*> by_id;
  for (const data::TrialResult& result : results) by_id[result.id] = &result;

  data::Observations rows;
  rows.domains = plan.domains;
  rows.mixtures = plan.mixtures;
  rows.loss_nats.columns = plan.domains.eval.size();
  DistinctRuns distinct;
  std::map<data::Pools, int> pool_ids;
  for (const data::TrialSpec& trial : plan.trials) {
    const auto found = by_id.find(trial.id);
    // A trial that diverged half-way says nothing about the law, not even before that.
    if (found == by_id.end() || found->second->status != data::TrialStatus::ok) continue;
    if (!distinct.add(trial.mixture_id, *found->second)) {
      ++rows.same_runs;
      continue;
    }
    const data::Pools pools = data::settled_pools(found->second->unique_tokens, unique_tokens);
    const int pool_id =
        pool_ids.try_emplace(pools, static_cast<int>(pool_ids.size())).first->second;
    for (const data::LossPoint& point : found->second->curve) {
      rows.mixture_id.push_back(trial.mixture_id);
      rows.repeat.push_back(trial.repeat);
      rows.tokens.push_back(static_cast<double>(point.tokens));
      rows.model_size.push_back(found->second->parameters);
      rows.pool_id.push_back(pool_id);
      for (const double loss : point.loss_nats)
        rows.loss_nats.values.push_back(
            loss < least_impossible_loss ? loss : std::numeric_limits<double>::quiet_NaN());
      ++rows.loss_nats.rows;
    }
  }
  add_pools(pool_ids, rows);
  return rows;
}

}  // namespace bimix::plan
