#include "support/synthetic.hpp"

#include <bimix/core/error.hpp>
#include <bimix/law/continuation.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/fit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

using testing::HasSubstr;

/// Errors of runs that drift as told, at volumes of equal ratio.
std::vector<RunErrors> drifting(const RunDrift& drift, int runs, int readings, std::uint64_t seed) {
  core::RandomStream stream(seed, core::Purpose::test);
  std::vector<RunErrors> all;
  constexpr double step = 0.2;
  const double kept = std::exp(-step / drift.memory);
  for (int n = 0; n < runs; ++n) {
    RunErrors run;
    double state = drift.spread * stream.normal();
    for (int k = 0; k < readings; ++k) {
      run.log_tokens.push_back(step * k);
      run.log_error.push_back(state + drift.noise * stream.normal());
      state = kept * state + drift.spread * std::sqrt(1.0 - kept * kept) * stream.normal();
    }
    all.push_back(run);
  }
  return all;
}

TEST(DriftOf, FindsWhatTheRunsWereMadeWith) {
  const RunDrift truth{.spread = 0.01, .memory = 1.5, .noise = 0.002};
  const RunDrift found = drift_of(drifting(truth, 200, 20, 3));
  // 200 runs: about 400 independent values of the state, 4000 of the noise; three standard errors.
  EXPECT_NEAR(found.spread, truth.spread, 3.0 * truth.spread / std::sqrt(2.0 * 400));
  EXPECT_NEAR(found.noise, truth.noise, 3.0 * truth.noise / std::sqrt(2.0 * 2000));
  EXPECT_NEAR(found.memory, truth.memory, 0.35 * truth.memory);
}

TEST(DriftOf, IsNoneWhereTheLawIsRight) {
  const RunErrors right{.log_tokens = {0.0, 1.0}, .log_error = {0.0, 0.0}};
  EXPECT_EQ(drift_of({right, right}).spread, 0.0);
  EXPECT_EQ(drift_of({}).noise, 0.0);
  EXPECT_EQ(forecast(drift_of({right}), right, 2.0).log_error, 0.0);
}

TEST(Forecast, IsTheLastReadingWithoutNoiseAndTheMeanWithMuchMemory) {
  const RunErrors run{.log_tokens = {0.0, 1.0, 2.0}, .log_error = {0.01, 0.03, 0.02}};
  const RunDrift sharp{.spread = 1.0, .memory = 1e6, .noise = 1e-6};
  EXPECT_NEAR(forecast(sharp, run, 2.5).log_error, 0.02, 1e-6);
  const RunDrift level{.spread = 1.0, .memory = 1e9, .noise = 0.01};
  // The mean of three, shrunk by 1 / (1 + noise^2 / 3).
  EXPECT_NEAR(forecast(level, run, 2.5).log_error, 0.02 / (1.0 + 1e-4 / 3.0), 1e-7);
}

TEST(Forecast, ForgetsWhatLiesFarBack) {
  const RunErrors run{.log_tokens = {0.0}, .log_error = {0.02}};
  const RunDrift drift{.spread = 0.01, .memory = 2.0, .noise = 0.0};
  EXPECT_NEAR(forecast(drift, run, 2.0).log_error, 0.02 * std::exp(-1.0), 1e-15);
  EXPECT_NEAR(forecast(drift, run, 2.0).deviation, 0.01 * std::sqrt(1.0 - std::exp(-2.0)), 1e-15);
  EXPECT_NEAR(forecast(drift, run, 200.0).deviation, 0.01, 1e-15);
}

/// A campaign whose runs each lie off the law by a factor of their own.
data::Observations with_run_errors(double spread) {
  data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.mixtures = 16, .noise = 1e-4});
  core::RandomStream stream(8, core::Purpose::test);
  std::vector<double> factor;
  for (std::size_t n = 0; n < seen.mixtures.size() * 3; ++n)
    factor.push_back(std::exp(spread * stream.normal()));
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    for (std::size_t e = 0; e < 3; ++e)
      seen.loss_nats(row, e) *= factor[3 * static_cast<std::size_t>(seen.mixture_id[row]) + e];
  return seen;
}

TEST(AnchoredLaw, ContinuesRunsBetterThanTheLawAndPersistence) {
  const data::Observations seen = with_run_errors(0.01);
  const Split split = splits_of(seen, {}, {.protocol = Protocol::extrapolation, .seen_tokens = 1e6})
                          .front()
                          .front();
  const data::HeldOut law = merge_folds(seen.domains, {evaluate_split(seen, {}, "bimix", split)});
  const data::HeldOut anchored =
      merge_folds(seen.domains, {evaluate_split(seen, {}, "anchored bimix", split)});
  EXPECT_LT(mean_error(anchored), 0.25 * mean_error(law));
  for (std::size_t e = 0; e < 3; ++e) EXPECT_LT(anchored.error[e], 0.1 * anchored.persistence[e]);
}

TEST(AnchoredLaw, DoesNotSeeWhatIsHeldOut) {
  const data::Observations seen = with_run_errors(0.01);
  const Split split = splits_of(seen, {}, {.protocol = Protocol::extrapolation, .seen_tokens = 1e6})
                          .front()
                          .front();
  data::Observations spoilt = seen;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.tokens[row] > 1e6)
      for (std::size_t e = 0; e < 3; ++e) spoilt.loss_nats(row, e) *= 1.5;
  const HeldOutPart before = evaluate_split(seen, {}, "anchored bimix", split);
  const HeldOutPart after = evaluate_split(spoilt, {}, "anchored bimix", split);
  for (std::size_t row = 0; row < before.point.rows; ++row) {
    EXPECT_EQ(before.point(row, HeldOutPart::predicted), after.point(row, HeldOutPart::predicted));
    EXPECT_EQ(before.point(row, HeldOutPart::previous), after.point(row, HeldOutPart::previous));
  }
}

struct Partial {
  data::Observations others = with_run_errors(0.01);
  data::Mixture mixture{};
  std::vector<data::LossPoint> run{};
  std::vector<double> truth{};  ///< at the largest volume
};

/// The last mixture of the campaign, seen to 512e3 tokens.
Partial partial_run() {
  Partial partial;
  const data::Observations all = partial.others;
  const int id = static_cast<int>(all.mixtures.size()) - 1;
  partial.mixture = all.mixtures.back();
  for (std::size_t row = 0; row < all.tokens.size(); ++row) {
    if (all.mixture_id[row] != id) continue;
    const std::vector<double> losses{all.loss_nats(row, 0), all.loss_nats(row, 1),
                                     all.loss_nats(row, 2)};
    if (all.tokens[row] <= 512e3)
      partial.run.push_back(
          {.tokens = static_cast<std::int64_t>(all.tokens[row]), .steps = 0, .loss_nats = losses});
    partial.truth = losses;
  }
  return partial;
}

TEST(ContinueRun, SaysLossIntervalAndBaselines) {
  const Partial partial = partial_run();
  FitOptions options;
  data::LawFit fit = fit_law(partial.others, options);
  Bootstrap bootstrap(partial.others, options, fit);
  for (int n = 0; n < 100; ++n) fit.bootstrap.push_back(bootstrap.sample(n));
  const auto losses =
      continue_run(fit, partial.others, options, {partial.mixture, 0.0, partial.run}, 4e6);
  ASSERT_EQ(losses.size(), 3u);
  for (std::size_t e = 0; e < 3; ++e) {
    const double truth = partial.truth[e];
    EXPECT_EQ(losses[e].seen_tokens, 512e3);
    EXPECT_EQ(losses[e].seen_nats, partial.run.back().loss_nats[e]);
    EXPECT_LT(std::abs(losses[e].loss_nats - truth), std::abs(losses[e].seen_nats - truth));
    EXPECT_LT(losses[e].interval.low, losses[e].loss_nats);
    EXPECT_GT(losses[e].interval.high, losses[e].loss_nats);
    EXPECT_NEAR(losses[e].loss_nats, truth, 0.01 * truth);
    EXPECT_NEAR(losses[e].run_power_nats, truth, 0.05 * truth);
  }
}

TEST(ContinueRun, SaysNaNForADomainThatTheRunLacks) {
  Partial partial = partial_run();
  for (data::LossPoint& point : partial.run)
    point.loss_nats[1] = std::numeric_limits<double>::quiet_NaN();
  const data::LawFit fit = fit_law(partial.others, {});
  const auto losses =
      continue_run(fit, partial.others, {}, {partial.mixture, 0.0, partial.run}, 4e6);
  EXPECT_TRUE(std::isnan(losses[1].loss_nats));
  EXPECT_TRUE(std::isnan(losses[1].seen_nats));
  EXPECT_TRUE(std::isfinite(losses[1].law_nats));
  EXPECT_TRUE(std::isfinite(losses[0].loss_nats));
}

TEST(ContinueRun, RefusesWhatTheRunHasBehindIt) {
  const Partial partial = partial_run();
  const data::LawFit fit = fit_law(partial.others, {});
  try {
    continue_run(fit, partial.others, {}, {partial.mixture, 0.0, partial.run}, 1e5);
    FAIL();
  } catch (const core::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("was seen to 512000 tokens"));
  }
  FitOptions options;
  options.law = "linear";
  EXPECT_THROW(continue_run(fit_law(partial.others, options), partial.others, options,
                            {partial.mixture, 0.0, partial.run}, 4e6),
               core::UsageError);
}

}  // namespace
}  // namespace bimix::law
