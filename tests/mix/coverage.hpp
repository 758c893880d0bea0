#pragma once

#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>
#include <bimix/mix/optimum.hpp>

#include <law/forms/repetition.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Synthetic campaigns of a known law, and whether intervals of a level of 90 % hold the truth.
///
/// Losses of a run err by 0.3 % together and by 0.2 % each. Held against their intervals:
/// predictions at ten mixtures never seen, at the last volume and at ten times that; for bimix its
/// exponents; and the share of each domain in the best mixture. In the world `repeating` two of
/// four domains run out, and losses follow effective_share with repetition.
namespace bimix::mix::coverage {

inline constexpr std::size_t domains = 4;
inline constexpr const char* repeating = "repeating";
inline constexpr double run_noise = 0.003, reading_noise = 0.002;

/// Coefficients of bimix as they occur on public tables, or else of effective_share, drawn from its
/// prior.
/// @param own the domain that the evaluation set is of
/// @param among how many domains there are
inline std::vector<double> true_coefficients(const std::string& law, std::size_t own,
                                             std::size_t among, double last_volume,
                                             core::RandomStream& stream) {
  const auto between = [&](double low, double high) {
    return low + (high - low) * stream.uniform();
  };
  if (law == "bimix") {
    const double beta = between(0.2, 0.5), part = between(0.1, 0.4), loss = between(2, 4);
    return {part * loss * std::pow(last_volume, beta), (1 - part) * loss, between(0.05, 0.25),
            beta};
  }
  const auto usual = [&](double mean, double deviation, law::Bound within) {
    return std::clamp(mean + deviation * stream.normal(), within.low, within.high);
  };
  std::vector<double> c{usual(0.75, 0.1, {0, 0.98}), usual(-1.8, 0.7, {-12, 6}),
                        usual(-3.0, 1.0, {-12, 6}), usual(0.35, 0.15, {0.05, 3}),
                        usual(0.3, 0.5, {0, 6})};
  const double level = usual(-1.5, 0.7, {-12, 6});
  for (std::size_t k = 0; k < among; ++k) c.push_back(k == own ? 0.0 : usual(level, 0.7, {-12, 6}));
  for (std::size_t k = 0; k < among; ++k)
    c.push_back(k == own ? usual(0.6, 0.2, {0.02, 1}) : usual(0.9, 0.1, {0.02, 1}));
  c.insert(c.end(), {3.0, last_volume});
  if (law != repeating) return c;
  const law::RepetitionValues mean = law::usual_repetition(),
                              deviation = law::usual_repetition_deviation();
  std::vector<law::Bound> bounds;
  law::append_repetition_bounds(bounds);
  for (std::size_t i = 0; i < mean.size(); ++i)
    c.push_back(usual(mean[i], deviation[i], bounds[i]));
  return c;
}

using Hits = std::map<std::string, std::pair<double, double>>;  ///< inside, asked

inline void count(Hits& hits, const std::string& what, double truth,
                  const law::Interval& interval) {
  hits[what].first += truth >= interval.low && truth <= interval.high ? 1 : 0;
  hits[what].second += 1;
}

/// Adds a run of a mixture through volumes, with as many evaluation sets as domains. Its losses err
/// together by run_noise and each by reading_noise.
/// @param loss_of (set, tokens): the true loss
template <class LossOf>
void add_run(const data::Mixture& mixture, const std::vector<double>& volumes,
             core::RandomStream& stream, data::Observations& seen, const LossOf& loss_of) {
  const std::size_t sets = mixture.size();
  seen.domains = synthetic::domain_set(sets);
  seen.loss_nats.columns = sets;
  seen.mixtures.push_back(mixture);
  std::vector<double> errors(sets);
  for (double& error : errors) error = run_noise * stream.normal();
  for (const double tokens : volumes) {
    seen.mixture_id.push_back(static_cast<int>(seen.mixtures.size()) - 1);
    seen.repeat.push_back(0);
    seen.tokens.push_back(tokens);
    ++seen.loss_nats.rows;
    for (std::size_t e = 0; e < sets; ++e)
      seen.loss_nats.values.push_back(loss_of(e, tokens) *
                                      (1 + errors[e] + reading_noise * stream.normal()));
  }
}

/// A law that is known, and campaigns that see it through noise.
struct World {
  const law::Law& law;
  std::vector<double> volumes{1e9, 1.5e9, 2.2e9, 3.3e9, 5e9, 7.5e9, 11e9, 17e9};
  std::vector<std::vector<double>> truth{};
  data::Pools pools{};  ///< empty: nothing repeats

  World(const std::string& name, core::RandomStream& stream)
      : law(name == repeating ? law::find_law("effective_share", {.repetition = true})
                              : law::find_law(name)) {
    constexpr double endless = std::numeric_limits<double>::infinity();
    if (name == repeating) pools = {0.5e9, 2e9, endless, endless};
    for (std::size_t e = 0; e < domains; ++e)
      truth.push_back(true_coefficients(name, e, domains, volumes.back(), stream));
  }

  double loss(std::size_t e, const data::Mixture& mixture, double tokens) const {
    return law.predict(truth[e], {mixture, static_cast<int>(e), tokens, 0.0, pools});
  }

  /// Adds a run of this mixture.
  void run(const data::Mixture& mixture, core::RandomStream& stream,
           data::Observations& seen) const {
    add_run(mixture, volumes, stream, seen,
            [&](std::size_t e, double tokens) { return loss(e, mixture, tokens); });
    if (pools.empty()) return;
    seen.pools = {pools};
    seen.pool_id.resize(seen.tokens.size(), 0);
  }

  /// The truth in the form of a fit.
  /// @param fit of any law to what was seen of it
  data::LawFit right(data::LawFit fit) const {
    fit.law = law.name();
    fit.parameters = law.parameters(domains);
    fit.coefficient = data::Table(domains, fit.parameters.size());
    for (std::size_t e = 0; e < domains; ++e)
      std::copy(truth[e].begin(), truth[e].end(),
                fit.coefficient.values.begin() +
                    static_cast<std::ptrdiff_t>(e * fit.coefficient.columns));
    fit.bootstrap.clear();
    return fit;
  }
};

inline data::LawFit fitted(const data::Observations& seen, const law::FitOptions& options) {
  data::LawFit fit = law::fit_law(seen, options);
  law::Bootstrap bootstrap(seen, options, fit);
  for (int sample = 0; sample < options.bootstrap; ++sample)
    fit.bootstrap.push_back(bootstrap.sample(sample));
  return fit;
}

/// One campaign of that number: what its intervals were asked for and how often they held the
/// truth.
inline Hits campaign(const std::string& name, int mixtures, int number) {
  core::RandomStream stream(static_cast<std::uint64_t>(number), core::Purpose::test, mixtures);
  const World world(name, stream);
  data::Observations seen;
  for (int m = 0; m < mixtures; ++m)
    world.run(synthetic::random_mixture(stream, domains, 0.03), stream, seen);
  const law::FitOptions options{
      .law = world.law.name(), .bootstrap = 200, .seed = static_cast<std::uint64_t>(number)};
  const data::LawFit fit = fitted(seen, options);

  Hits hits;
  for (int i = 0; i < 10; ++i) {
    const data::Mixture mixture = synthetic::random_mixture(stream, domains, 0.03);
    for (std::size_t e = 0; e < domains; ++e)
      for (const double factor : {1.0, 10.0}) {
        const double tokens = factor * world.volumes.back();
        count(hits, factor > 1 ? "loss, 10 x volume" : "loss, last volume",
              world.loss(e, mixture, tokens),
              law::FittedLaw(fit).interval(e, {mixture, tokens}, options.level));
      }
  }
  for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
    if (fit.parameters[p] != "alpha" && fit.parameters[p] != "beta") continue;
    for (std::size_t e = 0; e < domains; ++e) {
      std::vector<double> values;
      for (const data::Table& sample : fit.bootstrap) values.push_back(sample(e, p));
      count(hits, fit.parameters[p], world.truth[e][p],
            law::central_interval(values, options.level));
    }
  }
  for (std::size_t e = 0; e < fit.profile_low.size(); ++e)
    count(hits, "alpha, profile", world.truth[e][2], {fit.profile_low[e], fit.profile_high[e]});
  const OptimizeOptions wanted{.tokens = world.volumes.back()};
  const data::Mixture uniform(domains, 1.0 / domains);
  const data::MixtureChoice best = best_mixture(world.right(fit), wanted, uniform),
                            found = best_mixture(fit, wanted, uniform);
  for (std::size_t k = 0; k < domains; ++k) {
    const law::Interval interval{found.share_low[k], found.share_high[k]};
    const bool at_edge = best.share[k] <= best.floor[k] || best.share[k] >= best.cap[k];
    count(hits, "best share", best.share[k], interval);
    count(hits, at_edge ? "best share, at an edge of the box" : "best share, inside the box",
          best.share[k], interval);
  }
  return hits;
}

inline void add(Hits& all, const Hits& hits) {
  for (const auto& [what, found] : hits) {
    all[what].first += found.first;
    all[what].second += found.second;
  }
}

}  // namespace bimix::mix::coverage
