// What every registered law promises. Parameters at which a law is tested come from its own fit to
// one synthetic campaign, so a new law needs no line here.
#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bimix {
namespace {

class LawContract : public testing::TestWithParam<std::string> {
 protected:
  const Law& law() const { return find_law(GetParam()); }
  FitOptions options() const {
    FitOptions chosen;
    chosen.law = GetParam();
    return chosen;
  }
  static Observations noisy(std::uint64_t seed = 1) {
    return synthetic::observations(synthetic::three_domains(), {.noise = 3e-3, .seed = seed});
  }
  std::vector<double> parameter_of(const LawFit& fit, std::size_t e) const {
    const auto first =
        fit.coefficient.values.begin() + static_cast<std::ptrdiff_t>(e * fit.coefficient.columns);
    return {first, first + static_cast<std::ptrdiff_t>(fit.coefficient.columns)};
  }
};

TEST_P(LawContract, IsFoundByItsName) { EXPECT_EQ(law().name(), GetParam()); }

TEST_P(LawContract, NamesAndBoundsEachParameter) {
  for (const std::size_t domains : {1u, 2u, 7u}) {
    const auto bounds = law().bounds(domains);
    EXPECT_EQ(law().parameters(domains).size(), bounds.size());
    for (const Bound& bound : bounds) EXPECT_LT(bound.low, bound.high);
  }
}

TEST_P(LawContract, FitsWithinItsBounds) {
  const LawFit fit = fit_law(noisy(), options());
  const auto bounds = law().bounds(3);
  for (std::size_t e = 0; e < 3; ++e)
    for (std::size_t p = 0; p < bounds.size(); ++p) {
      EXPECT_GE(fit.coefficient(e, p), bounds[p].low);
      EXPECT_LE(fit.coefficient(e, p), bounds[p].high);
    }
}

// Central differences of step h = 6e-6 |x|: rounding leaves 2e-16 L / h = 4e-11 L / |x|, truncation
// (h log s)^2 / 6 < 1e-9 of the slope.
constexpr double difference_tolerance = 1e-8;

double difference_step(double x) { return std::cbrt(std::numeric_limits<double>::epsilon()) * x; }

TEST_P(LawContract, HasTheGradientOfItsPrediction) {
  const Observations seen = noisy();
  const LawFit fit = fit_law(seen, options());
  for (std::size_t e = 0; e < 3; ++e) {
    const std::vector<double> parameter = parameter_of(fit, e);
    const LawPoint point{seen.mixtures[4], static_cast<int>(e), 3e5};
    std::vector<double> slope(parameter.size());
    law().gradient(parameter, point, slope);
    const double loss = law().predict(parameter, point);
    for (std::size_t p = 0; p < parameter.size(); ++p) {
      if (parameter[p] == 0.0) continue;
      std::vector<double> above = parameter, below = parameter;
      const double h = difference_step(std::abs(parameter[p]));
      above[p] += h;
      below[p] -= h;
      const double numerical =
          (law().predict(above, point) - law().predict(below, point)) / (above[p] - below[p]);
      EXPECT_NEAR(slope[p], numerical,
                  difference_tolerance * (std::abs(slope[p]) + loss / std::abs(parameter[p])))
          << fit.parameters[p];
    }
  }
}

TEST_P(LawContract, HasTheShareGradientOfItsPrediction) {
  const Observations seen = noisy();
  const LawFit fit = fit_law(seen, options());
  for (std::size_t e = 0; e < 3; ++e) {
    const std::vector<double> parameter = parameter_of(fit, e);
    const Mixture mixture = seen.mixtures[5];
    const LawPoint point{mixture, static_cast<int>(e), 3e5};
    std::vector<double> slope(mixture.size());
    law().share_gradient(parameter, point, slope);
    const double loss = law().predict(parameter, point);
    for (std::size_t k = 0; k < mixture.size(); ++k) {
      Mixture above = mixture, below = mixture;
      const double h = difference_step(mixture[k]);
      above[k] += h;
      below[k] -= h;
      const double numerical = (law().predict(parameter, {above, point.own, point.tokens}) -
                                law().predict(parameter, {below, point.own, point.tokens})) /
                               (above[k] - below[k]);
      EXPECT_NEAR(slope[k], numerical,
                  difference_tolerance * (std::abs(slope[k]) + loss / mixture[k]));
    }
  }
}

TEST_P(LawContract, HasThePowerSectionItClaims) {
  const Observations seen = noisy();
  const LawFit fit = fit_law(seen, options());
  const std::vector<double> parameter = parameter_of(fit, 0);
  const auto section = law().power_section(parameter, 3e5);
  if (!section) GTEST_SKIP() << "no power of the own share";
  const auto power = [&](const Mixture& mixture) {
    return section->scale * std::pow(mixture[0], -section->exponent);
  };
  const auto loss = [&](const Mixture& mixture) {
    return law().predict(parameter, {mixture, 0, 3e5});
  };
  const Mixture a = seen.mixtures[0], b = seen.mixtures[1];
  EXPECT_NEAR(loss(a) - loss(b), power(a) - power(b), 1e-13 * loss(a));
}

TEST_P(LawContract, GivesTheSameBitsForTheSameObservationsInAnyOrder) {
  const Observations seen =
      synthetic::observations(synthetic::three_domains(), {.repeats = 2, .noise = 3e-3});
  Observations reversed = seen;
  std::reverse(reversed.mixture_id.begin(), reversed.mixture_id.end());
  std::reverse(reversed.repeat.begin(), reversed.repeat.end());
  std::reverse(reversed.tokens.begin(), reversed.tokens.end());
  for (std::size_t row = 0; row < seen.loss_nats.rows; ++row)
    for (std::size_t e = 0; e < 3; ++e)
      reversed.loss_nats(row, e) = seen.loss_nats(seen.loss_nats.rows - 1 - row, e);
  EXPECT_EQ(fit_law(seen, options()), fit_law(seen, options()));
  EXPECT_EQ(fit_law(seen, options()), fit_law(reversed, options()));
}

// The law that was fitted is in its own family: fitted to its own predictions, it predicts them.
// Errors in a parameter of 1e-14 standard errors of objective show as 1e-7 in predictions at most.
TEST_P(LawContract, FindsItselfInItsOwnPredictions) {
  Observations seen = noisy();
  const LawFit first = fit_law(seen, options());
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    for (std::size_t e = 0; e < 3; ++e)
      seen.loss_nats(row, e) =
          predict(first, e, seen.mixtures[static_cast<std::size_t>(seen.mixture_id[row])],
                  seen.tokens[row]);
  const LawFit second = fit_law(seen, options());
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_LT(second.domain[e].rmse_relative, 1e-9);
    EXPECT_NEAR(
        predict(second, e, seen.mixtures[3], 8e6) / predict(first, e, seen.mixtures[3], 8e6), 1.0,
        1e-7);
  }
}

TEST_P(LawContract, CountsARowTwiceAsAWeightOfTwo) {
  const Observations once = noisy();
  Observations twice = synthetic::without(once, [](std::size_t) { return false; });
  for (std::size_t row = 0; row < once.tokens.size(); ++row) {
    if (once.mixture_id[row] != 2) continue;
    twice.mixture_id.push_back(2);
    twice.repeat.push_back(1);
    twice.tokens.push_back(once.tokens[row]);
    ++twice.loss_nats.rows;
    for (std::size_t e = 0; e < 3; ++e) twice.loss_nats.values.push_back(once.loss_nats(row, e));
  }
  DomainData data;
  data.domain = "d0";
  data.own = 0;
  data.mixtures = once.mixtures;
  data.mixture_id.resize(once.mixtures.size());
  std::iota(data.mixture_id.begin(), data.mixture_id.end(), 0);
  data.volumes = synthetic::Design{}.volumes;
  for (std::size_t v = 0; v < data.volumes.size(); ++v)
    for (std::size_t d = 0; d < data.mixtures.size(); ++d) {
      data.volume.push_back(v);
      data.mixture.push_back(d);
      data.loss_nats.push_back(once.loss_nats(d * data.volumes.size() + v, 0));
    }
  std::vector<double> weight(data.mixtures.size(), 1.0);
  weight[2] = 2.0;
  const Estimate weighted = law().fitter(data)->fit(weight, {});
  const LawFit doubled = fit_law(twice, options());
  const LawPoint point{once.mixtures[6], 0, 5e5};
  EXPECT_NEAR(law().predict(weighted.parameter, point), predict(doubled, 0, once.mixtures[6], 5e5),
              1e-7);
}

// A start far off must not cost more than the objective's rounding.
TEST_P(LawContract, DoesNotTrustItsStart) {
  const Observations seen = noisy();
  const LawFit fit = fit_law(seen, options());
  LawFit misled = fit;
  for (double& coefficient : misled.coefficient.values) coefficient = 5.0;
  for (int sample = 0; sample < 3; ++sample) {
    const Table a = bootstrap_sample(seen, options(), fit, sample);
    const Table b = bootstrap_sample(seen, options(), misled, sample);
    for (std::size_t e = 0; e < 3; ++e)
      EXPECT_NEAR(predict(fit, a, e, seen.mixtures[1], 1e6),
                  predict(fit, b, e, seen.mixtures[1], 1e6), 1e-7);
  }
}

TEST_P(LawContract, LeavesOutWhatItCannotUse) {
  Observations seen = noisy();
  seen.loss_nats(0, 0) = std::numeric_limits<double>::quiet_NaN();
  seen.loss_nats(1, 0) = std::numeric_limits<double>::infinity();
  seen.loss_nats(2, 0) = -1.0;
  seen.mixtures[1] = {0.0, 0.5, 0.5};
  const LawFit fit = fit_law(seen, options());
  const int zero_shares = law().finite_at_zero_share() ? 0 : 7;
  EXPECT_EQ(fit.domain[0].masked, 3 + zero_shares);
  EXPECT_EQ(fit.domain[0].observations, 12 * 7 - 3 - zero_shares);
  EXPECT_FALSE(fit.domain[0].flags.empty());
  for (std::size_t p = 0; p < fit.parameters.size(); ++p)
    EXPECT_TRUE(std::isfinite(fit.coefficient(0, p)));
}

TEST_P(LawContract, PredictsNanFromNan) {
  const std::size_t count = law().parameters(2).size();
  const std::vector<double> parameter(count, std::numeric_limits<double>::quiet_NaN());
  const Mixture mixture{0.4, 0.6};
  EXPECT_TRUE(std::isnan(law().predict(parameter, {mixture, 0, 1e6})));
}

INSTANTIATE_TEST_SUITE_P(AllLaws, LawContract, testing::ValuesIn(law_names()),
                         [](const auto& law) { return law.param; });

}  // namespace
}  // namespace bimix
