#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>

#include <Eigen/QR>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

using synthetic::Design;
using synthetic::Truth;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
enum : std::size_t { P, Q, alpha, beta };

bool any_flag(const data::LawFit& fit, std::size_t e, const std::string& part) {
  const auto& flags = fit.domain[e].flags;
  return std::any_of(flags.begin(), flags.end(),
                     [&](const std::string& flag) { return flag.find(part) != std::string::npos; });
}

TEST(RequireFittable, RefusesOneMixtureAndOneVolume) {
  const data::Observations seen = synthetic::observations(synthetic::three_domains(), {});
  EXPECT_NO_THROW(require_fittable(seen, {}));
  EXPECT_NO_THROW(require_fittable(seen, {.law = "auto"}));
  data::Observations alike = seen;
  for (data::Mixture& mixture : alike.mixtures) mixture = seen.mixtures.front();
  EXPECT_THROW(require_fittable(alike, {}), core::TooLittleData);
  EXPECT_THROW(require_fittable(alike, {.law = "auto"}), core::TooLittleData);
  EXPECT_THROW(require_fittable(seen, {.min_tokens = seen.tokens.back()}), core::TooLittleData);
}

TEST(FitLaw, RecoversKnownCoefficients) {
  const auto truth = synthetic::three_domains();
  for (const Residual residual : {Residual::relative, Residual::plain}) {
    FitOptions options;
    options.residual = residual;
    const data::LawFit fit = fit_law(synthetic::observations(truth, {}), options);
    for (std::size_t e = 0; e < truth.size(); ++e) {
      EXPECT_NEAR(fit.coefficient(e, P) / truth[e].P, 1.0, 1e-8);
      EXPECT_NEAR(fit.coefficient(e, Q) / truth[e].Q, 1.0, 1e-8);
      EXPECT_NEAR(fit.coefficient(e, alpha) / truth[e].alpha, 1.0, 1e-8);
      EXPECT_NEAR(fit.coefficient(e, beta) / truth[e].beta, 1.0, 1e-8);
      EXPECT_EQ(fit.domain[e].rank, 4);
      EXPECT_EQ(fit.domain[e].observations, 84);
    }
  }
}

// The losses of one domain depend on no other domain's share: renaming domains renames the fit.
TEST(FitLaw, FollowsItsDomainsAround) {
  auto truth = synthetic::three_domains();
  data::Observations seen = synthetic::observations(truth, {.noise = 2e-3});
  const data::LawFit fit = fit_law(seen, {});
  for (data::Mixture& mixture : seen.mixtures) std::swap(mixture[0], mixture[2]);
  seen.domains.share_of = {2, 1, 0};
  const data::LawFit swapped = fit_law(seen, {});
  EXPECT_EQ(fit.coefficient, swapped.coefficient);
}

/// The slow reference: for each (alpha, beta) a dense non-negative least squares by trying all
/// sets of active columns with Eigen's QR.
double reference_objective(const data::Observations& seen, std::size_t e, double a, double b,
                           bool relative) {
  const auto rows = static_cast<Eigen::Index>(seen.tokens.size());
  Eigen::MatrixXd columns(rows, 2);
  Eigen::VectorXd target(rows);
  for (Eigen::Index m = 0; m < rows; ++m) {
    const auto row = static_cast<std::size_t>(m);
    const double r = seen.mixtures[static_cast<std::size_t>(seen.mixture_id[row])][e];
    const double loss = seen.loss_nats(row, e), scale = relative ? 1.0 / loss : 1.0;
    columns(m, 0) = scale * std::pow(r, -a) * std::pow(seen.tokens[row] / 5e5, -b);
    columns(m, 1) = scale * std::pow(r, -a);
    target(m) = scale * loss;
  }
  double best = target.squaredNorm();
  for (const std::vector<int>& active : {std::vector{0, 1}, std::vector{0}, std::vector{1}}) {
    const Eigen::MatrixXd used = columns(Eigen::all, active);
    const Eigen::VectorXd solution = used.colPivHouseholderQr().solve(target);
    if (solution.minCoeff() >= 0.0) best = std::min(best, (target - used * solution).squaredNorm());
  }
  return best;
}

double objective(const data::Observations& seen, const data::LawFit& fit, std::size_t e,
                 bool relative) {
  double sum = 0.0;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    const double loss = seen.loss_nats(row, e);
    const double error =
        FittedLaw(fit).predict(
            e, {seen.mixtures[static_cast<std::size_t>(seen.mixture_id[row])], seen.tokens[row]}) -
        loss;
    sum += relative ? error * error / (loss * loss) : error * error;
  }
  return sum;
}

/// Campaigns that lead a search astray: noise, losses that rise with volume or share, no floor,
/// a floor at once, a wrong form.
std::vector<data::Observations> hostile_campaigns() {
  std::vector<data::Observations> all;
  const Design noisy{.mixtures = 6, .volumes = {1e5, 3e5, 1e6, 3e6}, .noise = 0.03, .seed = 5};
  all.push_back(synthetic::observations({{30, 1.5, 0.1, 0.25}, {5, 3, 0.02, 0.1}}, noisy));
  all.push_back(synthetic::observations({{30, 0, 0.1, 0.25}, {1e9, 3, 0.3, 2.0}}, noisy));
  all.push_back(synthetic::observations({{1, 2, -0.2, 0.3}, {1e-3, 2, 0.1, -0.4}}, noisy));
  data::Observations wave =
      synthetic::observations({{30, 1.5, 0.1, 0.25}, {9, 1, 0.4, 0.2}}, noisy);
  for (std::size_t row = 0; row < wave.tokens.size(); ++row)
    for (std::size_t e = 0; e < 2; ++e)
      wave.loss_nats(row, e) *= 1.0 + 0.2 * std::sin(3.0 * static_cast<double>(row));
  all.push_back(wave);
  return all;
}

TEST(FitLaw, IsNeverBeatenByADenseGrid) {
  for (const data::Observations& seen : hostile_campaigns())
    for (const bool relative : {true, false}) {
      FitOptions options;
      options.residual = relative ? Residual::relative : Residual::plain;
      const data::LawFit fit = fit_law(seen, options);
      for (std::size_t e = 0; e < 2; ++e) {
        double reference = std::numeric_limits<double>::infinity();
        for (int i = 0; i <= 15; ++i)
          for (int j = 0; j <= 58; ++j)
            reference = std::min(
                reference,
                reference_objective(seen, e, 0.04 * i, 0.001 * std::pow(1.17, j), relative));
        // At the grid's nodes the objective is exact to rounding, and none may lie below.
        EXPECT_LE(objective(seen, fit, e, relative), reference * (1.0 + 1e-12));
      }
    }
}

TEST(FitLaw, StatesHowSureItIs) {
  // Squared z-scores average 1 if the covariance is right; over n campaigns their mean has the
  // standard error sqrt(2 / n), and five of these are allowed.
  const int campaigns = 120;
  const auto truth = synthetic::three_domains();
  double z2[4] = {};
  for (int n = 0; n < campaigns; ++n) {
    const data::LawFit fit =
        fit_law(synthetic::observations(
                    truth, {.noise = 2e-3, .seed = 100 + static_cast<std::uint64_t>(n)}),
                {});
    const double exact[4] = {truth[2].P, truth[2].Q, truth[2].alpha, truth[2].beta};
    for (std::size_t p = 0; p < 4; ++p)
      z2[p] += std::pow(fit.coefficient(2, p) - exact[p], 2) / fit.covariance[2](p, p) / campaigns;
  }
  for (const double mean : z2) EXPECT_NEAR(mean, 1.0, 5.0 * std::sqrt(2.0 / campaigns));
}

TEST(FitLaw, SaysWhereAlphaStopped) {
  const data::LawFit fit =
      fit_law(synthetic::observations({{30, 1.5, -0.1, 0.25}, {12, 0.8, 0.05, 0.18}}, {}), {});
  EXPECT_EQ(fit.coefficient(0, alpha), 0.0);
  EXPECT_TRUE(std::isnan(fit.covariance[0](alpha, alpha)));
  EXPECT_TRUE(any_flag(fit, 0, "law bimix: alpha of domain 'd0' stopped at its bound 0"));
  EXPECT_THAT(fit.domain[1].flags, IsEmpty());
}

TEST(FitLaw, SaysThatSharesAreNarrow) {
  const data::LawFit fit = fit_law(
      synthetic::observations({{30, 1.5, 0.1, 0.25}, {12, 0.8, 0.05, 0.18}}, {.floor = 0.45}), {});
  EXPECT_TRUE(any_flag(fit, 0, "alpha of domain 'd0' is poorly known (its share spans only 1."));
}

TEST(FitLaw, SaysThatVolumesAreNarrow) {
  const data::LawFit fit = fit_law(
      synthetic::observations(synthetic::three_domains(), {.volumes = {1e6, 2e6, 4e6}}), {});
  EXPECT_TRUE(any_flag(fit, 0, "beta and Q of domain 'd0' trade off (volumes span 0.60 decades"));
}

TEST(FitLaw, SaysThatTwoVolumesDetermineOnlyThreeCoefficients) {
  const data::LawFit fit =
      fit_law(synthetic::observations(synthetic::three_domains(), {.volumes = {1e5, 1e7}}), {});
  EXPECT_EQ(fit.domain[0].rank, 3);
  EXPECT_TRUE(std::isnan(fit.covariance[0](beta, beta)));
  EXPECT_TRUE(any_flag(fit, 0, "determine only 3 of 4 coefficients"));
}

TEST(FitLaw, SaysThatALossDoesNotFall) {
  const data::LawFit fit =
      fit_law(synthetic::observations({{1e-3, 2, 0.1, -0.3}, {12, 0.8, 0.05, 0.18}}, {}), {});
  EXPECT_EQ(fit.coefficient(0, P), 0.0);
  EXPECT_EQ(fit.coefficient(0, beta), 0.0);
  EXPECT_TRUE(any_flag(fit, 0, "does not fall with the volume"));
}

TEST(FitLaw, SaysThatIntervalsHangOnOneSeed) {
  const auto truth = synthetic::three_domains();
  EXPECT_THAT(fit_law(synthetic::observations(truth, {}), {}).flags,
              Contains(HasSubstr("conditional on the seed")));
  EXPECT_THAT(fit_law(synthetic::observations(truth, {.repeats = 2}), {}).flags, IsEmpty());
  data::Observations copies = synthetic::observations(truth, {});
  copies.same_runs = 3;
  EXPECT_THAT(fit_law(copies, {}).flags, Contains(HasSubstr("3 runs are left out")));
}

TEST(FitLaw, GivesNoNumberForAlphaFromOneMixture) {
  const auto truth = synthetic::three_domains();
  try {
    fit_law(synthetic::observations(truth, {.mixtures = 1}), {});
    FAIL() << "one mixture cannot tell alpha";
  } catch (const core::TooLittleData& error) {
    EXPECT_THAT(error.what(), HasSubstr("alpha of domain 'd0' cannot be told from one mixture"));
  }
  // The same share in every mixture is no better, and the other domains still get their fit.
  data::Observations seen = synthetic::observations(truth, {});
  for (data::Mixture& mixture : seen.mixtures)
    mixture = {0.2, mixture[1] * 0.8 / (1 - mixture[0]), mixture[2] * 0.8 / (1 - mixture[0])};
  const data::LawFit fit = fit_law(seen, {});
  for (std::size_t p = 0; p < 4; ++p) EXPECT_TRUE(std::isnan(fit.coefficient(0, p)));
  EXPECT_EQ(fit.domain[0].stop_reason, "not fitted");
  EXPECT_TRUE(any_flag(fit, 0, "every observation has its share at 0.2"));
  EXPECT_TRUE(std::isfinite(fit.coefficient(1, alpha)));
}

TEST(FitLaw, LeavesOutDomainsWithoutAShare) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {});
  seen.domains.share_of[1] = -1;
  const data::LawFit fit = fit_law(seen, {});
  EXPECT_TRUE(std::isnan(fit.coefficient(1, alpha)));
  EXPECT_TRUE(any_flag(fit, 1, "domain 'd1' is not fitted"));
}

TEST(FitLaw, SaysOnlyThoseReasonsForWhichRowsAreLeftOut) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {});
  seen.loss_nats(3, 1) = nan;
  seen.mixtures[0] = {0.0, 0.5, 0.5};
  data::LawFit fit = fit_law(seen, {.law = "effective_share"});
  EXPECT_TRUE(
      any_flag(fit, 1, "1 of 84 observations of domain 'd1' are left out (1 has no usable"));
  EXPECT_FALSE(any_flag(fit, 1, "share of 0"));
  fit = fit_law(seen, {.law = "bimix"});
  EXPECT_TRUE(any_flag(fit, 0, "left out (7 have a share of 0, where the law is infinite)"));
}

TEST(FitLaw, SaysThatALossIsHardlyOne) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {});
  EXPECT_FALSE(any_flag(fit_law(seen, {}), 1, "blind guess"));
  seen.loss_nats(3, 1) = 250.0;
  EXPECT_TRUE(any_flag(fit_law(seen, {}), 1,
                       "a loss of domain 'd1' is 250 nats (a blind guess costs less than 13)"));
  seen = synthetic::observations(synthetic::three_domains(), {});
  seen.domains.loss_unit = data::LossUnit::bits_per_byte;
  seen.loss_nats(3, 1) = 9.0;
  EXPECT_TRUE(any_flag(fit_law(seen, {}), 1, "is 9 bits per byte"));
}

TEST(FitLaw, RefusesTooLittle) {
  const auto truth = synthetic::three_domains();
  EXPECT_THROW(fit_law(synthetic::observations(truth, {.volumes = {1e6}}), {}),
               core::TooLittleData);
  EXPECT_THROW(fit_law(synthetic::observations(truth, {.volumes = {1.999e6, 2e6}}), {}),
               core::TooLittleData);
  EXPECT_THROW(fit_law(synthetic::observations(truth, {.mixtures = 1, .volumes = {1e6, 2e6}}), {}),
               core::TooLittleData);
  EXPECT_THROW(fit_law(synthetic::observations(truth, {.mixtures = 0}), {}), core::TooLittleData);
  EXPECT_THROW(fit_law(data::Observations{}, {}), core::TooLittleData);
  data::Observations blank = synthetic::observations(truth, {});
  for (double& loss : blank.loss_nats.values) loss = nan;
  EXPECT_THROW(fit_law(blank, {}), core::TooLittleData);
}

TEST(FitLaw, RefusesWhatIsOutOfShape) {
  const data::Observations good = synthetic::observations(synthetic::three_domains(), {});
  const auto refused = [&](auto&& spoil) {
    data::Observations bad = good;
    spoil(bad);
    EXPECT_THROW(fit_law(bad, {}), core::DataError);
  };
  refused([](data::Observations& o) { o.mixture_id.pop_back(); });
  refused([](data::Observations& o) { o.mixture_id[3] = 99; });
  refused([](data::Observations& o) { o.mixture_id[3] = -1; });
  refused([](data::Observations& o) { o.mixtures[2][0] += 0.1; });
  refused([](data::Observations& o) { o.mixtures[2][0] = nan; });
  refused([](data::Observations& o) { o.mixtures[2].push_back(0.0); });
  refused([](data::Observations& o) { o.tokens[0] = 0.0; });
  refused([](data::Observations& o) { o.tokens[0] = nan; });
  refused([](data::Observations& o) { o.domains.share_of[0] = 3; });
  refused([](data::Observations& o) { o.domains.share_of.pop_back(); });
  FitOptions wrong;
  wrong.level = 2.0;
  EXPECT_THROW(fit_law(good, wrong), core::UsageError);
}

TEST(Bootstrap, IsAPureFunctionOfItsNumber) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 5e-3});
  const data::LawFit fit = fit_law(seen, {});
  Bootstrap bootstrap(seen, {}, fit);
  const data::Table third = bootstrap.sample(3);
  EXPECT_NE(bootstrap.sample(4), third);
  EXPECT_EQ(bootstrap.sample(3), third);
  EXPECT_EQ(Bootstrap(seen, {}, fit).sample(3), third);
}

TEST(Bootstrap, MovesNothingWhereTheLawIsExact) {
  const auto truth = synthetic::three_domains();
  const data::Observations seen = synthetic::observations(truth, {});
  const data::LawFit fit = fit_law(seen, {});
  const data::Table sample = Bootstrap(seen, {}, fit).sample(0);
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_NEAR(sample(e, alpha), truth[e].alpha, 1e-8);
    EXPECT_NEAR(sample(e, beta), truth[e].beta, 1e-8);
  }
}

// Noise that all rows of a mixture share is what a bootstrap by rows would miss.
TEST(Bootstrap, SeesTheScatterBetweenMixtures) {
  const auto truth = synthetic::three_domains();
  const int campaigns = 60, samples = 60;
  const double scatter = 0.01;
  double spread = 0.0, error = 0.0;
  for (int n = 0; n < campaigns; ++n) {
    data::Observations seen = synthetic::observations(
        truth, {.mixtures = 24, .seed = 500 + static_cast<std::uint64_t>(n)});
    core::RandomStream stream(static_cast<std::uint64_t>(n), core::Purpose::test, 7);
    std::vector<double> factor;
    for (std::size_t id = 0; id < seen.mixtures.size(); ++id)
      factor.push_back(1.0 + scatter * stream.normal());
    for (std::size_t row = 0; row < seen.tokens.size(); ++row)
      seen.loss_nats(row, 0) *= factor[static_cast<std::size_t>(seen.mixture_id[row])];
    const data::LawFit fit = fit_law(seen, {});
    error += std::pow(fit.coefficient(0, alpha) - truth[0].alpha, 2) / campaigns;
    double sum = 0.0, sum2 = 0.0;
    Bootstrap bootstrap(seen, {}, fit);
    for (int b = 0; b < samples; ++b) {
      const double drawn = bootstrap.sample(b)(0, alpha);
      sum += drawn / samples;
      sum2 += drawn * drawn / samples;
    }
    spread += (sum2 - sum * sum) / campaigns;
  }
  // The mean squared error of 60 campaigns is known to sqrt(2/60) = 18 %; that of predictions
  // without a mixture is a little large. By rows the variance would be 7 times too small.
  EXPECT_GT(spread, 0.6 * error);
  EXPECT_LT(spread, 2.0 * error);
}

/// Whether moving any coefficient of domain 0 makes the sum over its rows of cost(predicted / seen)
/// larger.
template <class Cost>
void expect_rest(const data::LawFit& fit, const data::Observations& seen, const Cost& cost) {
  const auto sum_of = [&](const data::Table& coefficient) {
    double sum = 0.0;
    for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
      const data::Mixture& mixture = seen.mixtures[static_cast<std::size_t>(seen.mixture_id[row])];
      sum += cost(FittedLaw(fit).predict(coefficient, 0, {mixture, seen.tokens[row]}) /
                  seen.loss_nats(row, 0));
    }
    return sum;
  };
  for (std::size_t p = 0; p < fit.parameters.size(); ++p)
    for (const double factor : {0.999, 1.001}) {
      data::Table moved = fit.coefficient;
      moved(0, p) *= factor;
      EXPECT_GT(sum_of(moved), sum_of(fit.coefficient)) << fit.parameters[p];
    }
}

TEST(FitLaw, OfLogResidualsRestsWhereTheirSquaresAreLeast) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 0.05});
  FitOptions options;
  options.residual = Residual::log;
  expect_rest(fit_law(seen, options), seen,
              [](double ratio) { return std::log(ratio) * std::log(ratio); });
}

TEST(FitLaw, OfHubersFunctionRestsWhereItIsLeast) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.noise = 0.01});
  seen.loss_nats(5, 0) *= 1.5;
  seen.loss_nats(17, 0) *= 0.7;
  FitOptions options;
  options.huber = 0.01;
  const data::LawFit fit = fit_law(seen, options);
  expect_rest(fit, seen, [](double ratio) {
    const double off = std::abs(ratio - 1.0);
    return off > 0.01 ? 0.01 * (2.0 * off - 0.01) : off * off;
  });
  EXPECT_NEAR(fit.coefficient(0, 2), 0.10, 0.02);
}

}  // namespace
}  // namespace bimix::law
