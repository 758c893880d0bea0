#include "plan_trials.hpp"

#include <bimix/plan/plan.hpp>

#include <algorithm>
#include <set>

namespace bimix::plan {

int most_seeds(const data::SweepPlan& plan) {
  std::vector<std::set<int>> seeds(plan.mixtures.size());
  for (const data::TrialSpec& spec : plan.trials)
    seeds[static_cast<std::size_t>(spec.mixture_id)].insert(spec.repeat);
  std::size_t most = 1;
  for (const std::set<int>& of_mixture : seeds) most = std::max(most, of_mixture.size());
  return static_cast<int>(most);
}

TrialMaker::TrialMaker(const DesignOptions& design, std::uint64_t seed, int most_seeds,
                       const trial::TrialSource& source)
    : design_(design),
      seed_(seed),
      most_seeds_(most_seeds),
      source_(source),
      volumes_(whole_steps(design.tokens, source.traits().tokens_per_step)) {}

void TrialMaker::add(std::size_t mixture, int seeds, int round, data::SweepPlan& plan) const {
  std::vector<std::vector<std::int64_t>> visits;
  if (design_.axis == VolumeAxis::trajectory || source_.traits().shares_trunk)
    visits.push_back(volumes_);
  else
    for (const std::int64_t tokens : volumes_) visits.push_back({tokens});
  const bool common = design_.seeds == SeedChoice::common;
  const int first = common ? 0 : static_cast<int>(mixture) * most_seeds_;
  for (int repeat = first; repeat < first + seeds; ++repeat)
    for (const std::vector<std::int64_t>& tokens : visits)
      plan.trials.push_back(identified({.purpose = data::TrialPurpose::sweep,
                                        .mixture_label = plan.labels[mixture],
                                        .mixture_id = static_cast<int>(mixture),
                                        .mixture = plan.mixtures[mixture],
                                        .repeat = repeat,
                                        .seed = seed_,
                                        .tokens = tokens,
                                        .round = round},
                                       source_));
}

}  // namespace bimix::plan
