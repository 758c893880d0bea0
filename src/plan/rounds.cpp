#include "plan_trials.hpp"

#include <bimix/core/error.hpp>
#include <bimix/plan/rounds.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace bimix::plan {
namespace {

/// Of each mixture.
std::vector<int> rounds_of(const data::SweepPlan& plan) {
  std::vector<int> rounds(plan.mixtures.size(), 0);
  for (const data::TrialSpec& spec : plan.trials)
    rounds[static_cast<std::size_t>(spec.mixture_id)] = spec.round;
  return rounds;
}

/// Of each mixture, without those that are reused.
std::vector<std::size_t> trials_by_mixture(const data::SweepPlan& plan) {
  std::vector<std::size_t> count(plan.mixtures.size(), 0);
  for (const data::TrialSpec& spec : plan.trials)
    if (spec.reused.empty()) ++count[static_cast<std::size_t>(spec.mixture_id)];
  return count;
}

/// What another mixture takes: as much as the dearest of those that have no more repeats than it.
double work_of_a_mixture(const data::SweepPlan& plan, Budget::Unit unit) {
  const std::vector<std::size_t> count = trials_by_mixture(plan);
  std::size_t least = plan.trials.size();
  for (const std::size_t n : count)
    if (n > 0) least = std::min(least, n);
  if (unit == Budget::Unit::trials) return static_cast<double>(least);
  std::vector<double> work(plan.mixtures.size(), 0.0);
  for (const data::TrialSpec& spec : plan.trials)
    work[static_cast<std::size_t>(spec.mixture_id)] += spec.cost;
  double most = 0.0;
  for (std::size_t m = 0; m < work.size(); ++m)
    if (count[m] == least) most = std::max(most, work[m]);
  return most;
}

}  // namespace

std::vector<std::size_t> batch_ends(const data::SweepPlan& plan, int batch) {
  const std::vector<int> rounds = rounds_of(plan);
  const auto begun = static_cast<std::size_t>(std::count(rounds.begin(), rounds.end(), 0));
  const auto size = static_cast<std::size_t>(batch);
  std::vector<std::size_t> ends;
  if (begun > size) ends.push_back(begun - size);
  ends.push_back(begun);
  for (std::size_t m = begun; m < rounds.size(); ++m) {
    core::require(m == 0 || rounds[m] >= rounds[m - 1], "rounds follow one another");
    if (m == begun || rounds[m] != rounds[m - 1]) ends.push_back(m);
    ends.back() = m + 1;
  }
  return ends;
}

std::optional<std::size_t> known_mixtures(
    const data::SweepPlan& plan, int batch,
    const std::function<bool(const data::TrialSpec&)>& has_ended) {
  const std::vector<std::size_t> ends = batch_ends(plan, batch);
  const std::size_t known = ends.size() > 1 ? ends[ends.size() - 2] : ends.back();
  for (const data::TrialSpec& spec : plan.trials)
    if (static_cast<std::size_t>(spec.mixture_id) < known && !has_ended(spec)) return std::nullopt;
  return known;
}

data::SweepPlan first_mixtures(const data::SweepPlan& plan, std::size_t count) {
  data::SweepPlan first = plan;
  first.mixtures.resize(count);
  first.labels.resize(count);
  std::erase_if(first.trials, [&](const data::TrialSpec& spec) {
    return static_cast<std::size_t>(spec.mixture_id) >= count;
  });
  return first;
}

double spent(const data::SweepPlan& plan, Budget::Unit unit) {
  if (unit == Budget::Unit::hours) return 0.0;
  if (unit == Budget::Unit::trials) {
    const std::vector<std::size_t> count = trials_by_mixture(plan);
    return static_cast<double>(std::accumulate(count.begin(), count.end(), std::size_t{0}));
  }
  double sum = 0.0;
  for (const data::TrialSpec& spec : plan.trials) sum += spec.cost;
  return sum;
}

double price(const data::SweepPlan& plan, Budget::Unit unit, std::size_t mixtures) {
  return unit == Budget::Unit::hours
             ? 0.0
             : static_cast<double>(mixtures) * work_of_a_mixture(plan, unit);
}

int affordable(const data::SweepPlan& plan, const AdaptiveOptions& options, double hours) {
  const Budget& budget = options.budget;
  if (budget.unit == Budget::Unit::hours) return hours < budget.amount ? options.batch : 0;
  constexpr double rounding = 1e-9;
  const double left = budget.amount * (1.0 + rounding) - spent(plan, budget.unit);
  const double mixtures = std::floor(left / work_of_a_mixture(plan, budget.unit));
  return static_cast<int>(std::clamp(mixtures, 0.0, static_cast<double>(options.batch)));
}

data::SweepPlan with_rounds(data::SweepPlan plan, const std::vector<data::TrialSpec>& trials) {
  for (const data::TrialSpec& spec : trials) {
    if (spec.round == 0) continue;
    if (static_cast<std::size_t>(spec.mixture_id) == plan.mixtures.size()) {
      plan.mixtures.push_back(spec.mixture);
      plan.labels.push_back(spec.mixture_label);
    }
    plan.trials.push_back(spec);
  }
  return plan;
}

std::vector<data::TrialSpec> add_round(data::SweepPlan& plan,
                                       const std::vector<data::Mixture>& mixtures, int number,
                                       std::uint64_t seed, const DesignOptions& design,
                                       const trial::TrialSource& source) {
  const std::size_t before = plan.trials.size();
  const TrialMaker maker(design, seed, most_seeds(plan), source);
  for (std::size_t n = 0; n < mixtures.size(); ++n) {
    plan.mixtures.push_back(mixtures[n]);
    plan.labels.push_back(fmt::format("round-{}-{}", number, n));
    maker.add(plan.mixtures.size() - 1, design.repeats, number, plan);
  }
  return {plan.trials.begin() + static_cast<std::ptrdiff_t>(before), plan.trials.end()};
}

}  // namespace bimix::plan
