#include "coverage.hpp"
#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/mix/optimum.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double eps = std::numeric_limits<double>::epsilon();

/// A fit of volume-free laws K r^-alpha, all shares tried.
data::LawFit power_laws(const std::vector<double>& scale, const std::vector<double>& alpha) {
  data::LawFit fit;
  fit.law = "bimix";
  fit.domains = synthetic::domain_set(scale.size());
  fit.parameters = {"P", "Q", "alpha", "beta"};
  fit.coefficient = data::Table(scale.size(), 4);
  for (std::size_t e = 0; e < scale.size(); ++e) {
    fit.coefficient(e, 1) = scale[e];
    fit.coefficient(e, 2) = alpha[e];
  }
  fit.share_low.assign(scale.size(), 0.0);
  fit.share_high.assign(scale.size(), 1.0);
  fit.tokens_low = 1e5;
  fit.tokens_high = 1e7;
  return fit;
}

data::Mixture uniform(std::size_t count) {
  return data::Mixture(count, 1.0 / static_cast<double>(count));
}

double sum_of_losses(const data::LawFit& fit, const data::Mixture& share, double tokens) {
  double sum = 0.0;
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e)
    sum += law::FittedLaw(fit).predict(e, {share, tokens});
  return sum;
}

std::string refusal(const data::LawFit& fit, const OptimizeOptions& options,
                    const data::Mixture& share) {
  try {
    best_mixture(fit, options, share);
  } catch (const core::UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(BestMixture, ByHand) {
  // K r^-1 with K = (1, 4): shares go as sqrt(K), the losses are (3, 6), uniform gives (2, 8).
  const data::MixtureChoice choice =
      best_mixture(power_laws({1, 4}, {1, 1}), {.tokens = 1e6}, {0.5, 0.5});
  EXPECT_NEAR(choice.share[0], 1.0 / 3.0, 4 * eps);
  EXPECT_NEAR(choice.share[1], 2.0 / 3.0, 4 * eps);
  EXPECT_NEAR(choice.objective_nats, 4.5, 1e-14);
  EXPECT_NEAR(choice.objective_default_nats, 5.0, 1e-14);
  EXPECT_NEAR(choice.gain_nats, 0.5, 1e-14);
  EXPECT_NEAR(choice.predicted_nats[0], 3.0, 1e-14);
  EXPECT_LT(choice.certificate, 1e-13);
  EXPECT_THAT(choice.flags, IsEmpty());
}

TEST(BestMixture, IsUniformForEqualLaws) {
  const data::MixtureChoice choice = best_mixture(power_laws({2, 2, 2, 2}, {0.3, 0.3, 0.3, 0.3}),
                                                  {.tokens = 1e6}, {0.7, 0.1, 0.1, 0.1});
  for (const double share : choice.share) EXPECT_NEAR(share, 0.25, 4 * eps);
}

TEST(BestMixture, GivesNoShareToADomainThatNoMixtureHas) {
  data::LawFit fit = power_laws({1, 4, 9}, {1, 1, 1});
  fit.share_high[2] = 0.0;
  for (std::size_t c = 0; c < fit.coefficient.columns; ++c) fit.coefficient(2, c) = nan;
  for (const bool extrapolate : {false, true}) {
    const data::MixtureChoice choice =
        best_mixture(fit, {.tokens = 1e6, .extrapolate = extrapolate}, {0.5, 0.5, 0.0});
    EXPECT_NEAR(choice.share[1], 2.0 / 3.0, 4 * eps);
    EXPECT_EQ(choice.share[2], 0.0);
    EXPECT_THAT(choice.flags,
                Contains(HasSubstr("is 0 (no mixture that was trained has any of it)")));
  }
  EXPECT_THAT(refusal(fit, {.tokens = 1e6, .floor = {0, 0, 0.1}}, {0.5, 0.5, 0.0}),
              HasSubstr("Remove its floor, or add mixtures with a share of it"));
}

TEST(BestMixture, KeepsFloorsAndCaps) {
  OptimizeOptions options{.tokens = 1e6};
  options.cap = {1.0, 0.6};
  data::MixtureChoice choice = best_mixture(power_laws({1, 4}, {1, 1}), options, {0.5, 0.5});
  EXPECT_EQ(choice.share[1], 0.6);
  EXPECT_NEAR(choice.share[0], 0.4, 4 * eps);
  EXPECT_EQ(choice.cap[1], 0.6);
  options = {.tokens = 1e6, .floor = {0.45, 0.0}};
  choice = best_mixture(power_laws({1, 4}, {1, 1}), options, {0.5, 0.5});
  EXPECT_EQ(choice.share[0], 0.45);
}

TEST(BestMixture, FollowsTheWeights) {
  OptimizeOptions options{.tokens = 1e6, .objective = "weighted"};
  options.weights = {8.0, 2.0};  // weighted scales 8 and 8
  const data::MixtureChoice choice = best_mixture(power_laws({1, 4}, {1, 1}), options, {0.5, 0.5});
  EXPECT_NEAR(choice.share[0], 0.5, 4 * eps);
  EXPECT_NEAR(choice.weight[0], 0.8, 4 * eps);
  EXPECT_NEAR(choice.objective_nats, 0.8 * 2.0 + 0.2 * 8.0, 1e-14);
}

TEST(BestMixture, GivesAFlatDomainItsFloor) {
  OptimizeOptions options{.tokens = 1e6, .floor = {0.0, 0.0, 0.1}};
  const data::MixtureChoice choice =
      best_mixture(power_laws({1, 1, 9}, {0.5, 0.5, 0.0}), options, uniform(3));
  EXPECT_EQ(choice.share[2], 0.1);
  EXPECT_NEAR(choice.share[0], 0.45, 4 * eps);
}

TEST(BestMixture, GivesFlatDomainsWhatTheOthersCannotTake) {
  OptimizeOptions options{.tokens = 1e6, .cap = {0.2, 0.6, 0.6}};
  const data::MixtureChoice choice =
      best_mixture(power_laws({1, 9, 9}, {0.5, 0.0, 0.0}), options, uniform(3));
  EXPECT_EQ(choice.share[0], 0.2);
  EXPECT_NEAR(choice.share[1], 0.4, 4 * eps);
  EXPECT_NEAR(choice.share[2], 0.4, 4 * eps);
  EXPECT_EQ(choice.certificate, 0.0);
}

TEST(BestMixture, SumsOverEvaluationDomainsOfOneTrainingDomain) {
  // Two sets follow domain 0, each K = 2: together they weigh as much as the 4 of domain 1.
  data::LawFit fit = power_laws({2, 2, 4}, {1, 1, 1});
  fit.domains.train = {"a", "b"};
  fit.domains.share_of = {0, 0, 1};
  fit.share_low = {0, 0};
  fit.share_high = {1, 1};
  const data::MixtureChoice choice = best_mixture(fit, {.tokens = 1e6}, {0.3, 0.7});
  EXPECT_NEAR(choice.share[0], 0.5, 1e-14);
  // Unequal exponents have no closed form; the gradients tell.
  fit.coefficient(1, 2) = 0.2;
  EXPECT_LT(best_mixture(fit, {.tokens = 1e6}, {0.3, 0.7}).certificate, 1e-13);
}

/// Random laws in a random box that holds the uniform mixture.
struct Case {
  data::LawFit fit;
  OptimizeOptions options;
};

Case random_case(std::uint64_t number, std::size_t domains) {
  core::RandomStream stream(number, core::Purpose::test, domains);
  std::vector<double> scale(domains), alpha(domains);
  for (std::size_t k = 0; k < domains; ++k) {
    scale[k] = std::exp(2.0 * stream.normal());
    alpha[k] = stream.below(8) == 0 ? 0.0 : std::exp(stream.normal() - 1.5);
  }
  Case made{power_laws(scale, alpha), {.tokens = 1e6}};
  for (std::size_t k = 0; k < domains; ++k) {
    const double center = 1.0 / static_cast<double>(domains);
    made.options.floor.push_back(center * stream.uniform());
    made.options.cap.push_back(center + (1.0 - center) * stream.uniform());
  }
  return made;
}

TEST(BestMixture, SatisfiesItsOptimalityConditions) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    const auto [fit, options] = random_case(number, 2 + number % 20);
    const data::Mixture start = uniform(fit.domains.train.size());
    const data::MixtureChoice choice = best_mixture(fit, options, start);
    EXPECT_NEAR(core::stable_sum(choice.share), 1.0, 4 * eps);
    double largest_gain = 0.0;
    for (std::size_t k = 0; k < start.size(); ++k) {
      EXPECT_GE(choice.share[k], options.floor[k]);
      EXPECT_LE(choice.share[k], options.cap[k]);
      largest_gain = std::max(largest_gain, choice.predicted_nats[k] / choice.share[k]);
    }
    // A gain is a product of powers, good to some ten roundings; lambda is one of the gains.
    EXPECT_LT(choice.certificate, 100 * eps * largest_gain) << number;
    EXPECT_LE(choice.objective_nats, choice.objective_default_nats * (1 + 4 * eps));
  }
}

TEST(BestMixture, IsNeverBeatenByAGrid) {
  for (std::uint64_t number = 0; number < 30; ++number) {
    const auto [fit, options] = random_case(number, 3);
    const data::MixtureChoice choice = best_mixture(fit, options, uniform(3));
    for (int i = 1; i < 60; ++i)
      for (int j = 1; i + j < 60; ++j) {
        const data::Mixture share{i / 60.0, j / 60.0, (60 - i - j) / 60.0};
        bool inside = true;
        for (std::size_t k = 0; k < 3; ++k)
          inside = inside && share[k] >= options.floor[k] && share[k] <= options.cap[k];
        const double least = 3.0 * choice.objective_nats * (1 - 8 * eps);
        EXPECT_TRUE(!inside || sum_of_losses(fit, share, 1e6) >= least) << i << " " << j;
      }
  }
}

// A generic solver as the cross-check: exponentiated gradient, whose steps stay on the simplex.
TEST(BestMixture, AgreesWithAGenericSolver) {
  const data::LawFit fit = power_laws({3, 1, 0.5, 2}, {0.1, 0.3, 0.2, 0.05});
  const data::MixtureChoice choice = best_mixture(fit, {.tokens = 1e6}, uniform(4));
  data::Mixture share = uniform(4);
  for (int iteration = 0; iteration < 4000; ++iteration) {
    for (std::size_t k = 0; k < 4; ++k)
      share[k] *= std::exp(0.5 * fit.coefficient(k, 2) *
                           law::FittedLaw(fit).predict(k, {share, 1e6}) / share[k] * 0.2);
    share = core::normalised(share);
  }
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(choice.share[k], share[k], 1e-10);
}

TEST(BestMixture, StaysWhereSharesWereTried) {
  data::LawFit fit = power_laws({1, 4}, {1, 1});
  fit.share_low = {0.4, 0.3};
  fit.share_high = {0.7, 0.6};
  const data::MixtureChoice tried = best_mixture(fit, {.tokens = 1e6}, {0.5, 0.5});
  EXPECT_EQ(tried.share[0], 0.4);
  EXPECT_THAT(tried.flags, Contains(HasSubstr("'d0' stopped at the smallest tried, 0.4")));
  const data::MixtureChoice free =
      best_mixture(fit, {.tokens = 1e6, .extrapolate = true}, {0.5, 0.5});
  EXPECT_NEAR(free.share[0], 1.0 / 3.0, 4 * eps);
  EXPECT_THAT(free.flags, Contains(HasSubstr("'d0' is extrapolated to 0.3333")));
  EXPECT_THAT(best_mixture(fit, {.tokens = 1e9}, {0.5, 0.5}).flags,
              Contains(HasSubstr("extrapolated to 1e+09 tokens (100 times")));
}

TEST(BestMixture, KeepsTheDefaultShareOfADomainWithoutALaw) {
  data::LawFit fit = power_laws({1, 1, 1}, {0.5, 0.5, 0.5});
  for (std::size_t p = 0; p < 4; ++p) fit.coefficient(1, p) = nan;
  const data::MixtureChoice choice = best_mixture(fit, {.tokens = 1e6}, {0.5, 0.2, 0.3});
  EXPECT_EQ(choice.share[1], 0.2);
  EXPECT_NEAR(choice.share[0], 0.4, 4 * eps);
  EXPECT_EQ(choice.weight[1], 0.0);
  EXPECT_TRUE(std::isnan(choice.predicted_nats[1]));
  EXPECT_TRUE(std::isfinite(choice.objective_nats));
  EXPECT_THAT(choice.flags, Contains(HasSubstr("the share of 'd1' is kept at 0.2")));
  EXPECT_THAT(choice.flags, Contains(HasSubstr("the objective leaves out 'd1'")));
}

// A number of epochs that nothing can keep to was refused, where the epochs of runs were raised.
TEST(BestMixture, RaisesTheEpochsThatAreAskedForAndSaysSo) {
  // At 4 epochs: 4e8 tokens of d0, and d1 up to its cap of a half. r0 >= 1/2 needs s <= 8e8.
  OptimizeOptions options{.tokens = 8e8, .cap = {1.0, 0.5}};
  options.unique_tokens = {1e8, 0.0};
  options.max_epochs = {4.0};
  data::LawFit fit = power_laws({1, 1}, {0.5, 0.5});
  fit.most_epochs = 10.0;
  data::MixtureChoice choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.share[0], 0.5, 4 * eps);
  EXPECT_EQ(choice.max_epochs, 4.0);
  EXPECT_EQ(choice.caution, "");
  options.tokens = 1e9;
  choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.max_epochs, 5.0, 1e-9);
  EXPECT_THAT(choice.caution,
              testing::AllOf(HasSubstr("'d0' is gone through 5 times"),
                             HasSubstr("within the shares that were tried, floors and caps, no "
                                       "mixture of 1B tokens repeats 4 times at most")));
  EXPECT_THAT(choice.caution, testing::Not(HasSubstr("not measured"))) << "runs repeated 10 times";
}

// The pools that logs told were not seen, and books gone through 16 times counted as new.
TEST(BestMixture, CountsRepetitionAgainstThePoolsOfTheRunsWhereNoneIsSaid) {
  data::LawFit fit = power_laws({1, 4}, {1, 1});
  OptimizeOptions options{.tokens = 1e8, .repetition = 15.0};
  options.max_epochs = *EpochLimit::from("none");
  options.unique_tokens = {0.0, 4e6};
  const data::Mixture said = best_mixture(fit, options, {0.5, 0.5}).share;
  fit.unique_tokens = {0.0, 4e6};
  options.unique_tokens = {};
  EXPECT_EQ(best_mixture(fit, options, {0.5, 0.5}).share, said);
}

TEST(BestMixture, LimitsEpochs) {
  OptimizeOptions options{.tokens = 1e8};
  options.unique_tokens = {0.0, 1e7};
  options.max_epochs = {4.0};
  const data::MixtureChoice choice = best_mixture(power_laws({1, 4}, {1, 1}), options, {0.5, 0.5});
  EXPECT_EQ(choice.share[1], 0.4);
}

TEST(BestMixture, GoesThroughNoDomainMoreOftenThanARunDidUnlessItIsAsked) {
  OptimizeOptions options{.tokens = 1e8};
  options.unique_tokens = {0.0, 1e7};
  data::LawFit fit = power_laws({1, 4}, {1, 1});  // without a limit a third and two thirds
  data::MixtureChoice choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.share[1], 0.1, 4 * eps) << "no run repeated anything";
  EXPECT_EQ(choice.max_epochs, 1.0);
  EXPECT_EQ(choice.caution, "");
  fit.most_epochs = 3.0;
  choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.share[1], 0.3, 4 * eps);
  EXPECT_EQ(choice.caution, "");
  options.max_epochs = *EpochLimit::from("none");
  choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.share[1], 2.0 / 3.0, 4 * eps);
  EXPECT_THAT(choice.caution,
              testing::AllOf(HasSubstr("'d1' is gone through 6.667 times"),
                             HasSubstr("more than 3 times"), HasSubstr("max_epochs lets it")));
}

// 4e7 tokens are there, 1e8 are asked for: 2.5 epochs of both.
TEST(BestMixture, RaisesTheEpochsSeenToTheFewestThatLeaveAMixture) {
  OptimizeOptions options{.tokens = 1e8};
  options.unique_tokens = {3e7, 1e7};
  const data::LawFit fit = power_laws({1, 4}, {1, 1});
  data::MixtureChoice choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.max_epochs, 2.5, 1e-9);
  EXPECT_NEAR(choice.share[0], 0.75, 1e-9);
  EXPECT_NEAR(choice.share[1], 0.25, 1e-9);
  EXPECT_THAT(choice.caution,
              testing::AllOf(HasSubstr("2.5 times"), HasSubstr("no run repeated any of its tokens"),
                             HasSubstr("no mixture of 100M tokens repeats less")));
  // By hand: d0 stops at its cap of a half, so that d1 must give the other half, 5 epochs.
  options.cap = {0.5, 1.0};
  choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.max_epochs, 5.0, 1e-9);
  // A floor asks for more than the sum does.
  options.cap = {};
  options.floor = {0.0, 0.4};
  EXPECT_NEAR(best_mixture(fit, options, {0.5, 0.5}).max_epochs, 4.0, 1e-9);
  // Of an endless domain there is always enough.
  options.floor = {};
  options.unique_tokens = {std::numeric_limits<double>::infinity(), 1e7};
  EXPECT_EQ(best_mixture(fit, options, {0.5, 0.5}).max_epochs, 1.0);
}

TEST(BestMixture, CountsRepeatedTokensByWhatTheyAreWorth) {
  const data::LawFit fit = power_laws({1, 4}, {1, 1});  // 1 / r0 + 4 / r1: a third and two thirds
  OptimizeOptions options{.tokens = 1e8, .repetition = 15.0};
  options.max_epochs = *EpochLimit::from("none");
  options.unique_tokens = {0.0, 4e6};
  const data::MixtureChoice choice = best_mixture(fit, options, {0.5, 0.5});
  // By hand: r1 = 0.04 x of x epochs is worth 0.04 (1 + 15 (1 - exp(-(x - 1) / 15))).
  const auto loss = [](double r1) {
    const double x = r1 / 0.04;
    return 0.5 / (1.0 - r1) + 2.0 / (0.04 * (1.0 + 15.0 * (1.0 - std::exp(-(x - 1.0) / 15.0))));
  };
  EXPECT_NEAR(choice.objective_nats, loss(choice.share[1]), 1e-12);
  EXPECT_LT(choice.certificate, 1e-8);
  EXPECT_THAT(choice.certificate_kind, HasSubstr("Frank-Wolfe"));
  for (const double step : {-1e-4, 1e-4})
    EXPECT_LT(loss(choice.share[1]), loss(choice.share[1] + step));
  EXPECT_THAT(choice.flags, Contains(HasSubstr("'d1' is gone through")));
  EXPECT_NEAR(choice.predicted_nats[1], 2.0 * (loss(choice.share[1]) - 0.5 / choice.share[0]),
              1e-10);
  // Where nothing is repeated, and where repeats are nearly as new, it is the mixture without.
  options.unique_tokens = {0.0, 1e8};
  EXPECT_NEAR(best_mixture(fit, options, {0.5, 0.5}).share[1], 2.0 / 3.0, 4 * eps);
  options.unique_tokens = {0.0, 4e6};
  options.repetition = 1e9;
  EXPECT_NEAR(best_mixture(fit, options, {0.5, 0.5}).share[1], 2.0 / 3.0, 1e-5);
}

/// Optima of the samples scatter about a third and two thirds.
data::LawFit unsure_laws() {
  data::LawFit fit = power_laws({1, 4}, {1, 1});
  for (const double factor : {0.5, 0.7, 1.0, 1.4, 2.0}) {
    fit.bootstrap.push_back(power_laws({factor, 4}, {1, 1}).coefficient);
    fit.bootstrap.push_back(power_laws({1, 4 * factor}, {1, 1}).coefficient);
  }
  return fit;
}

TEST(BestMixture, IsDrawnToAPriorAsFarAsItIsUnsure) {
  OptimizeOptions options{.tokens = 1e6, .prior = "proportional"};
  const auto drawn_to = [&](double first) {
    options.prior_share = {first, 1.0 - first};
    return best_mixture(unsure_laws(), options, {0.5, 0.5});
  };
  const data::MixtureChoice right = drawn_to(1.0 / 3.0), near = drawn_to(0.38), far = drawn_to(0.9);
  EXPECT_EQ(right.prior_weight, 1.0) << "the prior is the truth";
  EXPECT_GT(near.prior_weight, 0.3);
  EXPECT_LT(near.prior_weight, 1.0);
  EXPECT_LT(far.prior_weight, 0.05);
  EXPECT_NEAR(near.share[0], (1.0 - near.prior_weight) / 3.0 + near.prior_weight * 0.38, 1e-12);
  EXPECT_NEAR(near.unshrunk_share[0], 1.0 / 3.0, 1e-12);
  EXPECT_LT(near.share_high[0] - near.share_low[0], far.share_high[0] - far.share_low[0])
      << "what is drawn scatters less";
  EXPECT_THAT(near.certificate_kind, HasSubstr("of the optimum before it was drawn"));
  EXPECT_TRUE(near.free_share.empty()) << "no limit holds it back, the prior does";
  options.prior_share.clear();
  const data::MixtureChoice alone = best_mixture(unsure_laws(), options, {0.5, 0.5});
  EXPECT_EQ(alone.prior, "");
  EXPECT_TRUE(alone.unshrunk_share.empty());
}

/// What a prior mixture is worth over campaigns whose laws err by 30 %: the mean loss above the
/// least that is possible of the optimum as it is, of the prior, and of the optimum drawn to it.
struct PriorStudy {
  data::LawFit truth = power_laws({1, 2, 3, 4, 5}, {1, 1, 1, 1, 1});
  data::Mixture best = best_mixture(truth, {.tokens = 1e6}, uniform(5)).share;

  double regret(const data::Mixture& share) const {
    return (sum_of_losses(truth, share, 1e6) - sum_of_losses(truth, best, 1e6)) / 5.0;
  }

  data::LawFit seen(core::RandomStream& stream) const {
    const auto erring = [&](data::Table coefficient) {
      for (std::size_t e = 0; e < 5; ++e) coefficient(e, 1) *= std::exp(0.3 * stream.normal());
      return coefficient;
    };
    data::LawFit fit = truth;
    fit.coefficient = erring(truth.coefficient);
    for (int b = 0; b < 40; ++b) fit.bootstrap.push_back(erring(fit.coefficient));
    return fit;
  }

  /// Over 300 campaigns. @param prior empty: none
  double mean_regret(const data::Mixture& prior) const {
    core::RandomStream stream(5, core::Purpose::test);
    double sum = 0.0;
    for (int n = 0; n < 300; ++n) {
      OptimizeOptions options{.tokens = 1e6, .prior = "proportional"};
      options.prior_share = prior;
      sum += regret(best_mixture(seen(stream), options, uniform(5)).share);
    }
    return sum / 300.0;
  }

  /// The mixture that far from the best, by its regret.
  data::Mixture prior_of(double wanted) const {
    const data::Mixture end{0.6, 0.1, 0.1, 0.1, 0.1};
    const auto at = [&](double t) {
      data::Mixture share = best;
      for (std::size_t k = 0; k < 5; ++k) share[k] += t * (end[k] - share[k]);
      return share;
    };
    double low = 0.0, high = 1.0;
    for (int n = 0; n < 60; ++n)
      (regret(at(0.5 * (low + high))) < wanted ? low : high) = 0.5 * (low + high);
    return at(low);
  }
};

TEST(BestMixture, GainsByAPriorThatIsGoodAndLosesLittleByOneThatIsNot) {
  const PriorStudy study;
  const double alone = study.mean_regret({});
  const double near = study.mean_regret(study.prior_of(0.05 * alone));
  const double equal = study.mean_regret(study.prior_of(alone));
  const double far = study.mean_regret(study.prior_of(30.0 * alone));
  std::printf("regret over the optimum's own: prior near %.2f, as good %.2f, far %.2f\n",
              near / alone, equal / alone, far / alone);
  EXPECT_LT(near, 0.5 * alone);
  EXPECT_LT(equal, alone);
  EXPECT_LT(far, 1.03 * alone);
}

TEST(BestMixture, ExpectsLessThanTheLawThatChoseItPromises) {
  const data::MixtureChoice choice = best_mixture(unsure_laws(), {.tokens = 1e6}, {0.5, 0.5});
  double sum = 0.0;
  for (const data::Table& sample : unsure_laws().bootstrap) {
    data::LawFit one = power_laws({1, 4}, {1, 1});
    one.coefficient = sample;
    const law::FittedLaw law(one);
    for (std::size_t e = 0; e < 2; ++e)
      sum += 0.05 *
             (law.predict(e, {choice.default_share, 1e6}) - law.predict(e, {choice.share, 1e6}));
  }
  EXPECT_NEAR(*choice.gain_expected, sum, 1e-12);
}

TEST(BestMixture, SaysWhatTheLawWouldTakeWithoutLimits) {
  OptimizeOptions options{.tokens = 1e6, .cap = {1.0, 0.6}};
  const data::LawFit fit = power_laws({1, 4}, {1, 1});
  data::MixtureChoice choice = best_mixture(fit, options, {0.5, 0.5});
  EXPECT_NEAR(choice.free_share[1], 2.0 / 3.0, 1e-12);
  options.cap = {1.0, 0.9};
  EXPECT_TRUE(best_mixture(fit, options, {0.5, 0.5}).free_share.empty()) << "no limit matters";
  data::SweepPlan plan;
  plan.mixtures = {{0.9, 0.1}, {0.5, 0.5}};
  plan.labels = {"a", "b"};
  add_distance_from_runs(plan, fit, options, choice);
  EXPECT_EQ(choice.nearest_run, "b");
  EXPECT_NEAR(*choice.nearest_distance, 0.1, 1e-12);
  EXPECT_NEAR(*choice.gain_beyond_runs, 1.0, 1e-6)
      << "the runs reach from the default away from it";
  plan.mixtures.push_back({0.2, 0.8});
  plan.labels.emplace_back("c");
  add_distance_from_runs(plan, fit, options, choice);
  EXPECT_NEAR(*choice.gain_beyond_runs, 0.0, 1e-6) << "it is a mixture of b and c";
}

// The steps to the nearest mixture of all runs grew faster than the runs.
TEST(BestMixture, FindsTheFewOfManyRunsThatReachItsOptimum) {
  const data::LawFit fit = power_laws({1, 4}, {1, 1});
  const OptimizeOptions options{.tokens = 1e6};
  data::MixtureChoice few = best_mixture(fit, options, {0.9, 0.1}), many = few;
  data::SweepPlan plan;
  plan.mixtures = {{0.9, 0.1}, {0.5, 0.5}};
  plan.labels = {"a", "b"};
  add_distance_from_runs(plan, fit, options, few);
  ASSERT_GT(*few.gain_beyond_runs, 0.01);
  // Between the two, in front of them.
  data::SweepPlan crowd;
  for (int n = 0; n < 1000; ++n) {
    const double share = 0.55 + 0.3 * n / 1000;
    crowd.mixtures.push_back({share, 1.0 - share});
    crowd.labels.emplace_back("between");
  }
  crowd.mixtures.insert(crowd.mixtures.end(), plan.mixtures.begin(), plan.mixtures.end());
  crowd.labels.insert(crowd.labels.end(), plan.labels.begin(), plan.labels.end());
  add_distance_from_runs(crowd, fit, options, many);
  EXPECT_EQ(many.nearest_run, "b");
  EXPECT_NEAR(*many.gain_beyond_runs, *few.gain_beyond_runs, 1e-9);
  crowd.mixtures.push_back({0.1, 0.9});
  crowd.labels.emplace_back("c");
  add_distance_from_runs(crowd, fit, options, many);
  EXPECT_NEAR(*many.gain_beyond_runs, 0.0, 1e-6) << "it is a mixture of b and c";
}

// The seven domains of AutoScale's published runs (Kang et al., arXiv 2407.20177): perplexity over
// the base's is (x + a)^-b + c through a fifth, one and three times a domain's base, and the best
// of seven parts has at least a fifth of each.
TEST(BestMixture, IsAutoScalesOnItsPublishedRuns) {
  const std::vector<double> a{2.6659, 6.6162, 2.6736, 2.4631, 2.5184, 2.8900, 3.3192};
  const std::vector<double> b{1.2492, 1.4360, 1.5363, 1.8287, 1.1859, 1.9536, 1.9267};
  const std::vector<double> best{1.6248, 0.2, 1.2741, 1.1799, 1.8519, 0.6372, 0.2322};
  data::LawFit fit;
  fit.law = "autoscale";
  fit.domains = synthetic::domain_set(7);
  fit.domains.eval = {"all"};
  fit.domains.share_of = {-1};
  fit.parameters = law::find_law("autoscale").parameters(7);
  std::vector<double> parameter{0.0, 0.0};
  for (const double x : a) parameter.push_back(std::log(x));
  parameter.insert(parameter.end(), b.begin(), b.end());
  fit.coefficient = data::Table(1, parameter.size());
  fit.coefficient.values = parameter;
  fit.share_low.assign(7, 0.0);
  fit.share_high.assign(7, 1.0);
  fit.tokens_low = fit.tokens_high = 7.0;
  const OptimizeOptions options{.tokens = 7.0, .floor = std::vector<double>(7, 0.2 / 7.0)};
  const data::MixtureChoice choice = best_mixture(fit, options, std::vector<double>(7, 1.0 / 7.0));
  for (std::size_t k = 0; k < 7; ++k) EXPECT_NEAR(7.0 * choice.share[k], best[k], 2e-4) << k;
  // The published best mixtures at 0.3B, 0.6B and 1.2B tokens: amounts grow by one factor a domain,
  // so that the middle one is the geometric middle of the outer two.
  const data::Mixture first{0.2226, 0.0286, 0.1664, 0.2033, 0.2136, 0.0974, 0.0681};
  const data::Mixture middle{0.2362, 0.0286, 0.1713, 0.1826, 0.2316, 0.1130, 0.0367};
  const data::Mixture last{0.2330, 0.0286, 0.1860, 0.1735, 0.2618, 0.0886, 0.0286};
  data::Mixture between(7);
  for (std::size_t k = 0; k < 7; ++k) between[k] = std::sqrt(first[k] * last[k]);
  EXPECT_NEAR(core::total_variation(core::normalised(between), middle), 0.0265, 1e-4);
}

TEST(BestMixture, RefusesWhatLeavesNoMixture) {
  data::LawFit fit = power_laws({1, 4}, {1, 1});
  EXPECT_THAT(refusal(fit, {.tokens = 0.0}, {0.5, 0.5}), HasSubstr("optimize.tokens"));
  EXPECT_THAT(refusal(fit, {.tokens = 1e6}, {0.5, 0.6}), HasSubstr("summing to 1"));
  EXPECT_THAT(refusal(fit, {.tokens = 1e6}, {1.0}), HasSubstr("one share for each domain"));
  OptimizeOptions options{.tokens = 1e6, .cap = {0.0, 1.0}};
  EXPECT_THAT(refusal(fit, options, {0.5, 0.5}), HasSubstr("infinite"));
  fit.share_low = {0.4, 0.3};
  fit.share_high = {0.7, 0.6};
  options.cap = {0.3, 1.0};
  EXPECT_THAT(refusal(fit, options, {0.5, 0.5}), HasSubstr("at least 0.4 and at most 0.3"));
  options.cap = {0.4, 0.5};
  EXPECT_THAT(refusal(fit, options, {0.5, 0.5}), HasSubstr("caps sum to 0.9"));
  options = {.tokens = 1e6, .objective = "weighted", .weights = {1.0, 0.0}};
  for (std::size_t p = 0; p < 4; ++p) fit.coefficient(0, p) = nan;
  EXPECT_THAT(refusal(fit, options, {0.5, 0.5}), HasSubstr("no fitted domain has a weight"));
}

// The law is the right one; with eight mixtures a bootstrap of fitted residuals would hold the
// truth seven times in ten.
TEST(Intervals, HoldTheTruthNineTimesInTen) {
  coverage::Hits all;
  for (int number = 0; number < 60; ++number)
    coverage::add(all, coverage::campaign("bimix", 8, number));
  for (const auto& [what, found] : all) {
    if (what.find("edge") != std::string::npos) continue;  // few, and of one side
    EXPECT_GT(found.first / found.second, 0.84) << what;
    EXPECT_LT(found.first / found.second, 0.96) << what;
  }
}

TEST(BestMixture, SurroundsItselfWithTheBootstrap) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 3e-3});
  data::LawFit fit = law::fit_law(seen, {});
  law::Bootstrap bootstrap(seen, {}, fit);
  for (int b = 0; b < 40; ++b) fit.bootstrap.push_back(bootstrap.sample(b));
  const data::Mixture start{0.4, 0.3, 0.3};
  const data::MixtureChoice choice = best_mixture(fit, {.tokens = 1e6}, start);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_LT(choice.share_low[k], choice.share_high[k]);
    std::vector<double> column;
    for (std::size_t b = 0; b < 40; ++b) column.push_back(choice.bootstrap_share(b, k));
    EXPECT_EQ(choice.share_low[k], law::quantile(column, 0.05));
  }
  const data::MixtureChoice wider = best_mixture(fit, {.tokens = 1e6, .level = 0.99}, start);
  EXPECT_LE(wider.share_low[0], choice.share_low[0]);
  EXPECT_GT(wider.gain_high - wider.gain_low, choice.gain_high - choice.gain_low);
  EXPECT_LE(choice.gain_low, choice.gain_high);
  EXPECT_EQ(choice, best_mixture(fit, {.tokens = 1e6}, start));
}

TEST(BestMixture, SaysWhereTheDefaultHasNoPrediction) {
  const data::MixtureChoice choice =
      best_mixture(power_laws({1, 4}, {1, 1}), {.tokens = 1e6}, {0, 1});
  EXPECT_THAT(choice.flags, testing::Contains(HasSubstr("the default has no predicted loss")));
  EXPECT_TRUE(std::isfinite(choice.objective_nats));
}

TEST(BestMixture, HasNoIntervalWithoutABootstrap) {
  const data::MixtureChoice choice =
      best_mixture(power_laws({1, 4}, {1, 1}), {.tokens = 1e6}, {0.5, 0.5});
  EXPECT_TRUE(std::isnan(choice.share_low[0]));
  EXPECT_TRUE(std::isnan(choice.gain_low));
}

}  // namespace
}  // namespace bimix::mix
