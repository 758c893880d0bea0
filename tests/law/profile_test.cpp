#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace bimix::law {
namespace {

constexpr std::size_t alpha = 2;

/// Three domains at 12 mixtures whose runs err together.
data::Observations noisy_runs(int mixtures, double run_noise) {
  data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.mixtures = mixtures, .noise = 1e-3});
  core::RandomStream stream(3, core::Purpose::test);
  std::vector<double> run(static_cast<std::size_t>(mixtures));
  for (double& error : run) error = run_noise * stream.normal();
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    for (std::size_t e = 0; e < 3; ++e)
      seen.loss_nats(row, e) *= 1.0 + run[static_cast<std::size_t>(seen.mixture_id[row])];
  return seen;
}

// With errors of runs alone the profile is the interval of a slope: the regression of the runs'
// mean log loss on the log share, by Student's t with D - 2 degrees of freedom.
TEST(AlphaProfile, IsTheIntervalOfASlopeBetweenMixtures) {
  const data::Observations seen = noisy_runs(12, 0.003);
  const data::LawFit fit = fit_law(seen, {});
  constexpr double t_of_10 = 1.812461;  // 95 % quantile of Student's t, 10 degrees of freedom
  for (std::size_t e = 0; e < 3; ++e) {
    std::vector<double> x(12, 0.0), y(12, 0.0);
    for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
      const auto m = static_cast<std::size_t>(seen.mixture_id[row]);
      x[m] = std::log(seen.mixtures[m][e]);
      y[m] += std::log(seen.loss_nats(row, e)) / 7.0;
    }
    double mx = 0, my = 0, xx = 0, xy = 0, rest = 0;
    for (std::size_t m = 0; m < 12; ++m) mx += x[m] / 12, my += y[m] / 12;
    for (std::size_t m = 0; m < 12; ++m) {
      xx += (x[m] - mx) * (x[m] - mx);
      xy += (x[m] - mx) * (y[m] - my);
    }
    const double slope = xy / xx;
    for (std::size_t m = 0; m < 12; ++m) rest += std::pow(y[m] - my - slope * (x[m] - mx), 2.0);
    const double half = t_of_10 * std::sqrt(rest / 10 / xx);
    // Relative residuals are log residuals but for terms of their square, 0.3 % of themselves; the
    // readings' own noise tilts each curve a little.
    EXPECT_NEAR(fit.coefficient(e, alpha), -slope, 0.03 * half);
    EXPECT_NEAR(fit.profile_low[e], -slope - half, 0.03 * half);
    EXPECT_NEAR(fit.profile_high[e], -slope + half, 0.03 * half);
  }
}

TEST(AlphaProfile, IsWiderAtAHigherLevelAndHoldsTheEstimate) {
  const data::Observations seen = noisy_runs(8, 0.003);
  const data::LawFit nine = fit_law(seen, {.level = 0.9}), half = fit_law(seen, {.level = 0.5});
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_LT(nine.profile_low[e], half.profile_low[e]);
    EXPECT_LT(half.profile_low[e], nine.coefficient(e, alpha));
    EXPECT_GT(half.profile_high[e], nine.coefficient(e, alpha));
    EXPECT_GT(nine.profile_high[e], half.profile_high[e]);
  }
}

TEST(AlphaProfile, ShrinksToThePointWithoutNoise) {
  const data::LawFit fit = fit_law(synthetic::observations(synthetic::three_domains(), {}), {});
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_NEAR(fit.profile_low[e], fit.coefficient(e, alpha), 1e-5);
    EXPECT_NEAR(fit.profile_high[e], fit.coefficient(e, alpha), 1e-5);
  }
}

TEST(AlphaProfile, EndsAtTheBoundOfAlpha) {
  const data::LawFit fit = fit_law(
      synthetic::observations({{30, 1.5, -0.05, 0.25}, {9, 2, 0.0, 0.2}}, {.noise = 0.01}), {});
  EXPECT_EQ(fit.coefficient(0, alpha), 0.0);
  for (const double low : fit.profile_low) EXPECT_EQ(low, 0.0);
}

TEST(AlphaProfile, NeedsThreeMixtures) {
  const auto truth = synthetic::three_domains();
  EXPECT_TRUE(fit_law(synthetic::observations(truth, {.mixtures = 2}), {}).profile_low.empty());
  EXPECT_FALSE(fit_law(synthetic::observations(truth, {.mixtures = 3}), {}).profile_low.empty());
}

TEST(AlphaProfile, IsOnlyForLawsThatOfferIt) {
  const auto seen = synthetic::observations(synthetic::three_domains(), {});
  EXPECT_TRUE(fit_law(seen, {.law = "linear"}).profile_low.empty());
}

// The profile is the least over all other parameters: no grid of betas, with P and Q by the fit of
// one alpha's worth of data, lies below it.
TEST(AlphaProfile, IsLeastWhereTheFitIs) {
  const data::Observations seen = noisy_runs(6, 0.01);
  const Law& law = find_law("bimix");
  DomainData data{.domain = "d0", .own = 0, .mixtures = seen.mixtures};
  data.volumes = {64e3, 128e3, 256e3, 512e3, 1e6, 2e6, 4e6};
  data.sizes = {0.0};
  for (std::size_t v = 0; v < 7; ++v)
    for (std::size_t m = 0; m < 6; ++m) {
      data.mixture.push_back(m);
      data.volume.push_back(v);
      data.size.push_back(0);
      data.repeat.push_back(0);
      data.loss_nats.push_back(seen.loss_nats(m * 7 + v, 0));
    }
  for (int m = 0; m < 6; ++m) data.mixture_id.push_back(m);
  const Estimate estimate = law.fit(data);
  const auto profile = law.alpha_profile(data, estimate);
  EXPECT_NEAR(profile(estimate.parameter[alpha]) / estimate.objective, 1.0, 1e-9);
  for (const double other : {0.0, 0.02, 0.1, 0.3, 1.0})
    EXPECT_GE(profile(other), estimate.objective * (1 - 1e-9)) << other;
  EXPECT_LT(profile(0.1), profile(0.3));
}

}  // namespace
}  // namespace bimix::law
