#pragma once

#include "coverage.hpp"

#include <bimix/mix/next_mixtures.hpp>

/// Synthetic campaigns that go on: with the mixtures that are proposed, and with random ones.
namespace bimix::mix::next_study {

using coverage::domains;
using coverage::World;

/// What a campaign knows of the best mixture.
struct Knowledge {
  double width = 0.0;   ///< of the shares' intervals, mean
  double regret = 0.0;  ///< true loss of the mixture recommended above the least there is, nats
};

inline Knowledge knowledge(const World& world, const data::Observations& seen,
                           const law::FitOptions& options, const OptimizeOptions& wanted) {
  const data::Mixture uniform(domains, 1.0 / domains);
  const data::LawFit fit = coverage::fitted(seen, options), right = world.right(fit);
  const data::MixtureChoice found = best_mixture(fit, wanted, uniform);
  OptimizeOptions anywhere = wanted;
  anywhere.extrapolate = true;
  Knowledge result;
  for (std::size_t k = 0; k < domains; ++k)
    result.width += (found.share_high[k] - found.share_low[k]) / domains;
  for (std::size_t e = 0; e < domains; ++e)
    result.regret += law::FittedLaw(right).predict(e, {found.share, wanted.tokens}) / domains;
  result.regret -= best_mixture(right, anywhere, uniform).objective_nats;
  return result;
}

struct Outcome {
  Knowledge before{}, proposed{}, random{};
  double expected_regret = 0.0, expected_after = 0.0;  ///< as the proposal said
};

/// A campaign of `mixtures` random mixtures, then `more` proposed or random ones.
/// @param law that is fitted @param truth law that the losses follow
inline Outcome study(const std::string& law, const std::string& truth, int mixtures, int more,
                     int number) {
  const auto seed = static_cast<std::uint64_t>(number);
  core::RandomStream stream(seed, core::Purpose::test, static_cast<std::uint64_t>(mixtures), 1);
  const World world(truth, stream);
  data::Observations seen;
  for (int m = 0; m < mixtures; ++m)
    world.run(synthetic::random_mixture(stream, domains, 0.03), stream, seen);
  const law::FitOptions options{.law = law, .bootstrap = 200, .seed = seed};
  const OptimizeOptions wanted{.tokens = world.volumes.back(),
                               .floor = std::vector<double>(domains, 0.03)};
  const data::Mixture uniform(domains, 1.0 / domains);
  const data::NextMixtures next =
      next_mixtures({coverage::fitted(seen, options)}, seen, wanted, uniform, {more, seed});
  // The same errors for both.
  data::Observations with_proposed = seen, with_random = seen;
  core::RandomStream errors(seed, core::Purpose::test, static_cast<std::uint64_t>(mixtures), 2);
  core::RandomStream same_errors = errors;
  for (const data::NextMixture& proposal : next.mixtures)
    world.run(proposal.share, errors, with_proposed);
  for (int m = 0; m < more; ++m)
    world.run(synthetic::random_mixture(stream, domains, 0.03), same_errors, with_random);
  return {knowledge(world, seen, options, wanted), knowledge(world, with_proposed, options, wanted),
          knowledge(world, with_random, options, wanted), next.known.regret_nats,
          next.regret_after_nats};
}

/// Mean over campaigns and its standard error.
struct Mean {
  double sum = 0.0, squares = 0.0, count = 0.0;
  void add(double value) {
    sum += value;
    squares += value * value;
    count += 1.0;
  }
  double mean() const { return sum / count; }
  double error() const {
    return std::sqrt(std::max(0.0, squares / count - mean() * mean()) / (count - 1.0));
  }
};

/// Means over campaigns; the last two of random less proposed, campaign by campaign.
struct Summary {
  Mean width, proposed_width, random_width, width_saved;
  Mean regret, proposed_regret, random_regret, regret_saved;
  Mean expected, expected_after;
  void add(const Outcome& outcome) {
    width.add(outcome.before.width);
    proposed_width.add(outcome.proposed.width);
    random_width.add(outcome.random.width);
    width_saved.add(outcome.random.width - outcome.proposed.width);
    regret.add(outcome.before.regret);
    proposed_regret.add(outcome.proposed.regret);
    random_regret.add(outcome.random.regret);
    regret_saved.add(outcome.random.regret - outcome.proposed.regret);
    expected.add(outcome.expected_regret);
    expected_after.add(outcome.expected_after);
  }
};

}  // namespace bimix::mix::next_study
