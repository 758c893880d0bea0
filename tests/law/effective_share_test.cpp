#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace bimix::law {
namespace {

// Expected by tests/law/effective_share.py.
TEST(EffectiveShare, PredictsWhatAnIndependentProgramDoes) {
  const std::vector<double> usual{0.75, -1.8, -3.0, 0.35, 0.3, 0.0, -1.5, -1.5,
                                  -1.5, 0.6,  0.9,  0.9,  0.9, 1.0, 8e9};
  const std::vector<data::Mixture> mixtures{
      {0.25, 0.25, 0.25, 0.25}, {0.0, 0.5, 0.25, 0.25}, {0.6, 0.2, 0.2, 0.0}};
  const double expected[3][2] = {
      {1.018384499, 0.9650859566}, {1.304947626, 1.234509322}, {0.9677780529, 0.918959603}};
  const Law& law = find_law("effective_share");
  for (std::size_t m = 0; m < 3; ++m) {
    EXPECT_NEAR(law.predict(usual, {mixtures[m], 0, 1e9}), expected[m][0], 1e-9);
    EXPECT_NEAR(law.predict(usual, {mixtures[m], 0, 8e9}), expected[m][1], 1e-9);
  }
}

/// Losses of two domains that both follow r_0 + 0.3 r_1, but for noise.
data::Observations transferred(int mixtures) {
  data::Observations seen = synthetic::observations(
      synthetic::three_domains(), {.mixtures = mixtures, .noise = 1e-12, .seed = 4});
  core::RandomStream stream(7, core::Purpose::test);
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    const data::Mixture& r = seen.mixtures[static_cast<std::size_t>(seen.mixture_id[row])];
    for (std::size_t e = 0; e < 2; ++e)
      seen.loss_nats(row, e) = std::pow(r[0] + 0.3 * r[1], -0.1) *
                               (1.8 + 20.0 * std::pow(seen.tokens[row], -0.3)) *
                               (1.0 + 2e-3 * stream.normal());
  }
  return seen;
}

/// Mean error of domain 0 at the last volume, over 32 mixtures that were not fitted.
double error_on_others(const std::string& law, int training) {
  FitOptions options;
  options.law = law;
  const data::LawFit fit = fit_law(transferred(training), options);
  const data::Observations all = transferred(training + 32);
  double error = 0.0;
  for (std::size_t row = 0; row < all.tokens.size(); ++row) {
    if (all.mixture_id[row] < training || all.tokens[row] != 4e6) continue;
    const data::Mixture& r = all.mixtures[static_cast<std::size_t>(all.mixture_id[row])];
    error += std::abs(FittedLaw(fit).predict(0, {r, 4e6}) / all.loss_nats(row, 0) - 1.0) / 32.0;
  }
  return error;
}

TEST(EffectiveShare, SeesThatOneDomainHelpsAnotherWhereBimixCannot) {
  for (const int training : {8, 16})
    EXPECT_LT(error_on_others("effective_share", training),
              0.5 * error_on_others("bimix", training));
}

// With enough mixtures what is left is the noise of 0.2 %, and half as much again.
TEST(EffectiveShare, NeedsItsPriorLessTheMoreItSees) {
  const double few = error_on_others("effective_share", 5);
  const double many = error_on_others("effective_share", 40);
  EXPECT_LT(many, few);
  EXPECT_LT(many, 0.003);
}

// A resample's prior is centred at the fit, which is the truth of its world: about the usual place
// resamples would be drawn from the fit towards it, and their intervals would miss to one side.
TEST(EffectiveShare, IsResampledAboutItsFit) {
  constexpr int samples = 200;
  const data::Observations seen = transferred(8);
  FitOptions options;
  options.law = "effective_share";
  const data::LawFit fit = fit_law(seen, options);
  Bootstrap bootstrap(seen, options, fit);
  const data::Mixture mixture{0.1, 0.2, 0.7};
  const double at_fit = std::log(FittedLaw(fit).predict(0, {mixture, 4e6}));
  double sum = 0.0, square = 0.0;
  for (int number = 0; number < samples; ++number) {
    const double off =
        std::log(FittedLaw(fit).predict(bootstrap.sample(number), 0, {mixture, 4e6})) - at_fit;
    sum += off / samples;
    square += off * off / samples;
  }
  EXPECT_GT(square, 0.0);
  // Four standard errors of the mean are 0.28 standard deviations.
  EXPECT_LT(std::abs(sum), 0.28 * std::sqrt(square));
}

TEST(EffectiveShare, FitsOneVolume) {
  data::Observations seen = transferred(12);
  for (double& tokens : seen.tokens) tokens = tokens < 4e6 ? 1.0 : tokens;
  FitOptions options;
  options.law = "effective_share";
  options.min_tokens = 2.0;
  const data::LawFit fit = fit_law(seen, options);
  EXPECT_LT(fit.domain[0].rmse_relative, 0.004);
}

}  // namespace
}  // namespace bimix::law
