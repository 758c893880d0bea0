#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>

#include <gtest/gtest.h>
#include <law/forms/repetition.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

FitOptions effective_share(int bootstrap = 0) {
  FitOptions options;
  options.law = "effective_share";
  options.bootstrap = bootstrap;
  return options;
}

/// R = 15, a = e^0.4, c = -2.2, omega = 1.4, E_0 = e^4.1.
constexpr RepetitionValues by_hand{2.70805020110221, 0.4, -2.2, 1.4, 4.1};

// D' = 1e5 (1 + 15 (1 - exp(-19 / 15))); A = e^0.4 / (1 + exp(2.2 - 1.4 ln (2 / 2))), z = 19 /
// e^4.1.
TEST(Repetition, IsWorthAndHarmsWhatTheFormulaSays) {
  const data::Mixture half{0.5, 0.5};
  const data::Pools pools{1e5, endless};
  const WornRun run = worn_run(by_hand, {half, 0, 4e6, 2e5, pools});
  EXPECT_NEAR(run.tokens, 4e6 * 0.79433651659, 1e-3);
  EXPECT_NEAR(run.share[0], 0.37054385697, 1e-10);
  EXPECT_NEAR(run.share[1], 0.62945614303, 1e-10);
  EXPECT_NEAR(run.harm, 0.013423579429, 1e-11);
  // What follows the other domain is not harmed; what follows none by the mean over the shares.
  EXPECT_EQ(worn_run(by_hand, {half, 1, 4e6, 2e5, pools}).harm, 0.0);
  EXPECT_NEAR(worn_run(by_hand, {half, -1, 4e6, 2e5, pools}).harm, 0.5 * 0.013423579429, 1e-11);
}

// One domain alone, whose runs differ in their pools: they are held out pool by pool. E = 0.5, 1,
// 4, 8, 16 and 64 by hand, for rho 0.8, kappa 0.7 and tau ln 9.
TEST(Exposure, LearnsFromOneMixtureOnSeveralPools) {
  const std::vector<double> epochs{0.5, 1, 4, 8, 16, 64};
  const std::vector<double> worth{0.409363, 0.574882, 0.895376, 0.974450, 0.997413, 1.0};
  const std::vector<double> harm{0.023762, 0.040269, 0.195216, 0.480453, 1.125449, 4.438777};
  data::Observations seen;
  seen.domains = synthetic::domain_set(1);
  seen.mixtures = {{1.0}};
  seen.loss_nats.columns = 1;
  seen.pools = {{7e9}};  // of no run
  for (std::size_t n = 0; n < epochs.size(); ++n) {
    seen.pools.push_back({1e6 / epochs[n]});
    seen.mixture_id.push_back(0);
    seen.repeat.push_back(0);
    seen.tokens.push_back(1e6);
    seen.pool_id.push_back(static_cast<int>(n) + 1);
    seen.loss_nats.values.push_back(2.0 + std::exp(0.5 - 0.8 * worth[n] + 0.1 * harm[n]));
    ++seen.loss_nats.rows;
  }
  FitOptions options;
  options.law = "exposure";
  const data::LawFit fit = fit_law(seen, options);
  EXPECT_LT(fit.domain[0].rmse_relative, 0.005);
}

data::Observations on(const data::Pools& pools, data::Observations seen) {
  seen.pools = {pools};
  seen.pool_id.assign(seen.tokens.size(), 0);
  return seen;
}

data::Observations below_an_epoch() {
  return synthetic::observations(synthetic::three_domains(), {.noise = 3e-3});
}

TEST(Repetition, ChangesNothingBelowOneEpoch) {
  const data::Observations unknown = below_an_epoch();
  const data::LawFit plain = fit_law(unknown, effective_share());
  const data::LawFit told = fit_law(on({4e6, 1e9, endless}, unknown), effective_share());
  EXPECT_EQ(told.parameters.size(), plain.parameters.size() + repetition_count);
  for (std::size_t e = 0; e < 3; ++e) {
    for (std::size_t p = 0; p < plain.parameters.size(); ++p)
      EXPECT_EQ(told.coefficient(e, p), plain.coefficient(e, p)) << plain.parameters[p];
    const data::Mixture mixture{0.5, 0.2, 0.3};
    EXPECT_EQ(FittedLaw(told).predict(e, {mixture, 8e6}),
              FittedLaw(plain).predict(e, {mixture, 8e6}))
        << "exactly one epoch of the first domain";
    EXPECT_NE(FittedLaw(told).predict(e, {mixture, 9e6}),
              FittedLaw(plain).predict(e, {mixture, 9e6}));
  }
}

TEST(Repetition, IsUncertainWhereNoRunRepeats) {
  const data::Observations seen = on({4e6, 1e9, endless}, below_an_epoch());
  FitOptions options = effective_share(100);
  data::LawFit fit = fit_law(seen, options);
  Bootstrap bootstrap(seen, options, fit);
  for (int sample = 0; sample < options.bootstrap; ++sample)
    fit.bootstrap.push_back(bootstrap.sample(sample));
  const data::Mixture mixture{0.5, 0.2, 0.3};
  const auto width = [&](double epochs) {
    const Interval found = FittedLaw(fit).interval(0, {mixture, epochs * 8e6}, 0.9);
    return std::log(found.high / found.low);
  };
  EXPECT_GT(width(40.0), 5.0 * width(1.0));
  EXPECT_GT(width(40.0), width(10.0));
}

/// Losses of the law at these coefficients, on two choices of pools.
data::Observations repeated(const std::vector<double>& truth, double noise) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.mixtures = 16});
  seen.pools = {{4e4, 3e5, endless}, {2e5, endless, endless}};
  core::RandomStream stream(3, core::Purpose::test);
  const Law& law = find_law("effective_share", {.repetition = true});
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    seen.pool_id.push_back(seen.mixture_id[row] % 2);
    const auto& pools = seen.pools[static_cast<std::size_t>(seen.pool_id[row])];
    const auto& mixture = seen.mixtures[static_cast<std::size_t>(seen.mixture_id[row])];
    for (std::size_t e = 0; e < 3; ++e)
      seen.loss_nats(row, e) =
          law.predict(truth, {mixture, static_cast<int>(e), seen.tokens[row], 0.0, pools}) *
          (1.0 + noise * stream.normal());
  }
  return seen;
}

TEST(Repetition, IsLearntFromRunsThatRepeat) {
  std::vector<double> truth{0.7, -1.8, -3.0, 0.35, 0.3, 0.0, -1.5, -1.5, 0.6, 0.9, 0.9, 3.0, 4e6};
  truth.insert(truth.end(), {2.0, 0.4, -0.5, 1.4, 3.0});
  const data::Observations seen = repeated(truth, 1e-3);
  const data::LawFit fit = fit_law(seen, effective_share());
  const Law& law = find_law("effective_share", {.repetition = true});
  double worst = 0.0, without = 0.0;
  const data::Mixture mixture{0.45, 0.3, 0.25};
  for (const double tokens : {1e6, 2e6, 4e6}) {
    const double right = law.predict(truth, {mixture, 0, tokens, 0.0, seen.pools[0]});
    const double found = FittedLaw(fit).predict(
        0, {.mixture = mixture, .tokens = tokens, .unique_tokens = seen.pools[0]});
    data::Observations blind = seen;
    blind.pools.clear();
    blind.pool_id.clear();
    const double not_told =
        FittedLaw(fit_law(blind, effective_share())).predict(0, {mixture, tokens});
    worst = std::max(worst, std::abs(std::log(found / right)));
    without = std::max(without, std::abs(std::log(not_told / right)));
  }
  EXPECT_LT(worst, 0.01);
  EXPECT_GT(without, 3.0 * worst);
}

// Of runs on one domain a law of mixtures can say nothing; pools and sizes tell it something.
TEST(Repetition, IsFittedToRunsOnOneDomain) {
  data::Observations seen;
  seen.domains = synthetic::domain_set(1);
  seen.mixtures = {{1.0}};
  seen.loss_nats.columns = 1;
  for (const double pool : {1e6, 4e6, 16e6})
    for (const double tokens : {1e6, 4e6, 16e6, 64e6}) {
      seen.pools.push_back({pool});
      seen.pool_id.push_back(static_cast<int>(seen.pools.size()) - 1);
      seen.mixture_id.push_back(0);
      seen.repeat.push_back(0);
      seen.tokens.push_back(tokens);
      const double worth = tokens > pool
                               ? pool * (1.0 + 15.0 * (1.0 - std::exp(-(tokens / pool - 1) / 15.0)))
                               : tokens;
      seen.loss_nats.values.push_back(2.0 + 100.0 * std::pow(worth, -0.3));
      ++seen.loss_nats.rows;
    }
  const data::LawFit fit = fit_law(seen, effective_share());
  EXPECT_LT(fit.domain[0].rmse_relative, 0.02);
  const data::Mixture all{1.0};
  const data::Pools small{1e6}, large{16e6};
  EXPECT_GT(FittedLaw(fit).predict(0, {all, 64e6, 0.0, small}),
            FittedLaw(fit).predict(0, {all, 64e6, 0.0, large}));
}

}  // namespace
}  // namespace bimix::law
