#include "mix/descent.hpp"

#include "support/synthetic.hpp"

#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>
#include <bimix/mix/objective.hpp>
#include <bimix/mix/optimum.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

using testing::HasSubstr;

Box random_box(core::RandomStream& stream, std::size_t domains) {
  Box box{std::vector<double>(domains), std::vector<double>(domains)};
  for (std::size_t k = 0; k < domains; ++k) {
    box.low[k] = 0.8 * stream.uniform() / static_cast<double>(domains);
    box.high[k] = box.low[k] + (1.0 - box.low[k]) * (0.4 + 0.6 * stream.uniform());
  }
  return box;
}

// The nearest point x of a convex set satisfies (p - x) . (v - x) <= 0 for every v of the set.
TEST(ProjectToBox, MakesAnObtuseAngleWithEveryMixture) {
  core::RandomStream stream(1, core::Purpose::test);
  for (int n = 0; n < 200; ++n) {
    const Box box = random_box(stream, 5);
    std::vector<double> point(5), slope(5);
    for (double& x : point) x = 2.0 * stream.normal();
    const data::Mixture nearest = project_to_box(point, box);
    EXPECT_NEAR(core::stable_sum(nearest), 1.0, 1e-14);
    for (std::size_t k = 0; k < 5; ++k) {
      EXPECT_GE(nearest[k], box.low[k]);
      EXPECT_LE(nearest[k], box.high[k]);
      slope[k] = nearest[k] - point[k];
    }
    const data::Mixture corner = least_in_box(slope, box);
    double angle = 0.0;
    for (std::size_t k = 0; k < 5; ++k) angle += slope[k] * (nearest[k] - corner[k]);
    EXPECT_LE(angle, 1e-13);
  }
}

TEST(Descend, FindsTheBottomOfABowl) {
  // sum (r - c)^2 with c on the simplex and inside the box.
  const data::Mixture center{0.2, 0.5, 0.3};
  const Rest rest = descend(
      [&](const data::Mixture& share, std::vector<double>& slope) {
        double sum = 0.0;
        for (std::size_t k = 0; k < 3; ++k) {
          slope[k] = 2.0 * (share[k] - center[k]);
          sum += (share[k] - center[k]) * (share[k] - center[k]);
        }
        return sum;
      },
      {{0, 0, 0}, {1, 1, 1}}, {1.0, 0.0, 0.0});
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(rest.share[k], center[k], 1e-12);
  EXPECT_LE(rest.gap, 1e-13);
}

// Separable laws have an exact solver of their own: the slow reference here.
TEST(Descend, AgreesWithTheExactSolverOfSeparableLaws) {
  data::LawFit fit =
      law::fit_law(synthetic::observations(synthetic::three_domains(), {.noise = 3e-3}), {});
  const OptimizeOptions options{.tokens = 1e7};
  const data::Mixture even(3, 1.0 / 3.0);
  const data::MixtureChoice exact = best_mixture(fit, options, even);
  const Rest rest = descend(
      [&](const data::Mixture& share, std::vector<double>& slope) {
        double sum = 0.0;
        std::vector<double> part(3);
        for (std::size_t e = 0; e < 3; ++e) {
          const std::vector<double> parameter(fit.coefficient.values.begin() + 4 * e,
                                              fit.coefficient.values.begin() + 4 * e + 4);
          const law::LawPoint point{share, static_cast<int>(e), options.tokens};
          sum += law::find_law("bimix").predict(parameter, point) / 3.0;
          law::find_law("bimix").share_gradient(parameter, point, part);
          for (std::size_t k = 0; k < 3; ++k) slope[k] += part[k] / 3.0;
        }
        return sum;
      },
      allowed_box(fit, options), even);
  EXPECT_NEAR(rest.value, exact.objective_nats, 1e-13);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(rest.share[k], exact.share[k], 1e-6);
}

/// A fit of every law to one campaign, with a small bootstrap.
class EveryLaw : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    data::Observations seen = synthetic::observations(synthetic::three_domains(), {.noise = 3e-3});
    if (law::find_law(GetParam()).sees_repetition()) {  // it goes by pools
      seen.pools = {{1e6, 1e6, 1e6}};
      seen.pool_id.assign(seen.tokens.size(), 0);
    }
    law::FitOptions options;
    options.law = GetParam();
    fit_ = law::fit_law(seen, options);
    law::Bootstrap bootstrap(seen, options, fit_);
    for (int sample = 0; sample < 4; ++sample) fit_.bootstrap.push_back(bootstrap.sample(sample));
  }
  double value(const data::MixtureChoice& choice, const OptimizeOptions& options,
               const data::Mixture& share) const {
    const ObjectiveSetting setting{options.radius, options.group};
    const Objective& objective = find_objective(choice.objective, setting);
    const law::FittedLaw law(fit_);
    std::vector<double> loss(3);
    for (std::size_t e = 0; e < 3; ++e) {
      loss[e] = law.predict(e, {share, choice.tokens});
      if (objective.counts_rises())
        loss[e] -= law.predict(e, {choice.default_share, choice.tokens});
    }
    return objective.value(core::normalised(objective.weights(options.weights, 3)), loss);
  }
  data::LawFit fit_{};
};

TEST_P(EveryLaw, HasAnOptimumThatNoMixtureBeatsByMoreThanItsCertificate) {
  for (const std::string& objective : objective_names()) {
    OptimizeOptions options{.tokens = 4e6, .objective = objective};
    if (!find_objective(objective).complaints({}).empty()) options.weights = {1.0, 3.0, 2.0};
    if (find_objective(objective).needs_groups()) options.group = {0, 1, 0};
    const data::MixtureChoice choice = best_mixture(fit_, options, {0.6, 0.2, 0.2});
    EXPECT_TRUE(core::is_on_simplex(choice.share));
    EXPECT_NEAR(choice.objective_nats, value(choice, options, choice.share), 1e-13);
    EXPECT_LE(choice.objective_nats, choice.objective_default_nats + choice.certificate);
    EXPECT_LT(choice.certificate, 1e-4) << objective;
    EXPECT_EQ(choice.bootstrap_share.rows, 4u);
    const Box box = allowed_box(fit_, options);
    core::RandomStream stream(2, core::Purpose::test);
    for (int n = 0; n < 2000; ++n) {
      std::vector<double> point(3);
      for (double& x : point) x = stream.normal();
      EXPECT_GE(value(choice, options, project_to_box(point, box)),
                choice.objective_nats - choice.certificate - 1e-13);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllLaws, EveryLaw, testing::ValuesIn(law::law_names()),
                         [](const auto& law) { return law.param; });

TEST(BestMixture, CallsAnOptimumLocalWhereTheLawIsNotConvex) {
  law::FitOptions options;
  options.law = "additive";
  data::LawFit fit =
      law::fit_law(synthetic::observations(synthetic::three_domains(), {.noise = 3e-3}), options);
  const std::size_t g = 6;  // E, B, beta, log C of three domains
  for (std::size_t e = 0; e < 3; ++e)
    for (std::size_t k = 0; k < 3; ++k) fit.coefficient(e, g + k) = 1.0;
  EXPECT_THAT(best_mixture(fit, {.tokens = 1e6}, {0.4, 0.3, 0.3}).certificate_kind,
              HasSubstr("at most"));
  fit.coefficient(0, g) = 1.5;
  EXPECT_THAT(best_mixture(fit, {.tokens = 1e6}, {0.4, 0.3, 0.3}).certificate_kind,
              HasSubstr("local"));
}

/// K r^-1 with K = (1, 4) of two domains that were tried from 0.1 to 0.9.
data::LawFit two_powers() {
  data::LawFit fit;
  fit.law = "bimix";
  fit.domains = synthetic::domain_set(2);
  fit.parameters = {"P", "Q", "alpha", "beta"};
  fit.coefficient = data::Table(2, 4);
  fit.coefficient.values = {0, 1, 1, 0, 0, 4, 1, 0};
  fit.share_low = {0.1, 0.1};
  fit.share_high = {0.9, 0.9};
  fit.tokens_low = fit.tokens_high = 1e6;
  return fit;
}

// At the default (1/2, 1/2) losses are 2 and 8. The excesses 1/r - 2 and 4/(1 - r) - 8 have
// opposite signs but at r = 1/2: no mixture is better for both.
TEST(BestMixture, KeepsTheDefaultIfAnythingElseHarmsSomeone) {
  const data::MixtureChoice choice =
      best_mixture(two_powers(), {.tokens = 1e6, .objective = "worst"}, {0.5, 0.5});
  EXPECT_NEAR(choice.share[0], 0.5, 1e-5);
  EXPECT_NEAR(choice.objective_nats, 0.0, 1e-5);
  // Slopes -4 and 16: the weights that balance them are 0.8 and 0.2.
  EXPECT_NEAR(choice.weight[0], 0.8, 1e-3);
}

// The least losses are 1/0.9 and 4/0.9: 1/r + 4/0.9 - 1/0.9 = 4/(1 - r) at r = 0.352079.
TEST(BestMixture, CountsRisesFromTheReferenceThatIsAskedFor) {
  OptimizeOptions options{.tokens = 1e6, .objective = "worst", .reference = "best"};
  const data::MixtureChoice best = best_mixture(two_powers(), options, {0.5, 0.5});
  EXPECT_NEAR(best.share[0], 0.352079, 2e-5);
  EXPECT_NEAR(best.objective_nats, 1.0 / 0.352079 - 1.0 / 0.9, 1e-4);
  EXPECT_THAT(best.objective_words.whole, HasSubstr("above the least that each set can have"));
  options.reference = "uniform";
  options.reference_share = {0.25, 0.75};
  EXPECT_NEAR(best_mixture(two_powers(), options, {0.5, 0.5}).share[0], 0.25, 1e-5);
}

// The first set is off by 10 %: 1/r - 2.2 = 4/(1 - r) - 8 at r = 0.489881.
TEST(BestMixture, CountsLessWhatIsPredictedIll) {
  data::LawFit fit = two_powers();
  fit.held_out.error = {0.1, 0.0};
  const OptimizeOptions options{.tokens = 1e6, .objective = "worst", .less_error = true};
  EXPECT_NEAR(best_mixture(fit, options, {0.5, 0.5}).share[0], 0.489881, 2e-5);
}

// min -sum a_k r_k^g on the simplex is at r_k ~ a_k^(1 / (1 - g)): shares down to 1e-10.
TEST(Descend, FindsSharesNextTo0WhereSlopesAreSteep) {
  const std::vector<double> a{1.0, 0.8, 1e-2, 1e-5, 2e-9};
  constexpr double g = 0.1;
  data::Mixture truth;
  for (const double value : a) truth.push_back(std::pow(value, 1.0 / (1.0 - g)));
  truth = core::normalised(truth);
  const auto objective = [&](const data::Mixture& share, std::vector<double>& slope) {
    double sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      sum -= a[k] * std::pow(share[k], g);
      slope[k] -= a[k] * g * std::pow(share[k], g - 1.0);
    }
    return sum;
  };
  const Rest rest =
      descend(objective, {data::Mixture(5, 0.0), data::Mixture(5, 1.0)}, data::Mixture(5, 0.2));
  EXPECT_LT(rest.gap, 2e-9);
  // The objective is within the gap of the least, and curves by a g (1 - g) r^(g - 2).
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(rest.share[k], truth[k], 3e-4);
}

}  // namespace
}  // namespace bimix::mix
