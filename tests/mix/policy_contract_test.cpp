#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>
#include <bimix/mix/quality_curve.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

const std::vector<std::string> measures{"shannon", "joint", "conditional"};
const data::Mixture default_share{0.5, 0.3, 0.2};
const data::Pools pools{6e8, 3e8, 1e8};

/// Of web, code and books for two tasks. @param sd of each utility; NaN: not known
data::Utilities some_utilities(double sd = std::nan("")) {
  data::Utilities utilities{{"exams", "chat"}, data::Table(3, 2), data::Table(3, 2, sd)};
  utilities.value.values = {0.3, 0.9, 0.6, 0.1, 0.8, 0.5};
  return utilities;
}

data::EntropyTable some_entropies() {
  data::EntropyTable table{.domains = {"web", "code", "books"}, .measures = measures};
  table.nats = data::Table(3, 3);
  table.mixture = data::Table(3, 3);
  table.nats.values = {3.0, 2.0, 2.5, 5.0, 4.0, 3.0, 2.0, 1.0, 3.0};
  for (std::size_t m = 0; m < 3; ++m) {
    double sum = 0.0;
    for (const double nats : table.nats.row(m)) sum += std::exp(nats);
    for (std::size_t k = 0; k < 3; ++k) table.mixture(m, k) = std::exp(table.nats(m, k)) / sum;
  }
  return table;
}

/// Every mixture that a listed policy makes.
class EveryPolicy : public testing::TestWithParam<std::string> {
 protected:
  data::Mixture mixture(const std::vector<data::EntropyTable>& entropy) const {
    return policy_mixture(
        GetParam(),
        {default_share, entropy, "design.mixtures[3]", {}, pools, 1e9, some_utilities()});
  }
  /// Where something is not known. @param known without it
  void expect_a_mixture_or_a_refusal(const PolicyInput& known) const {
    try {
      EXPECT_TRUE(core::is_on_simplex(policy_mixture(GetParam(), known)))
          << "it has to refuse what it cannot make a mixture of, with a UsageError at input.place "
             "(known_pools() in policies/pools.hpp does for pools)";
    } catch (const core::UsageError& error) {
      EXPECT_EQ(error.complaint().place, "design.mixtures[3]");
      EXPECT_THAT(error.complaint().problem, testing::HasSubstr(GetParam()));
      EXPECT_THAT(error.complaint().remedy, testing::Not(testing::IsEmpty()));
    }
  }
};

TEST_P(EveryPolicy, MakesTheSameMixtureEachTime) {
  const data::Mixture once = mixture({some_entropies()});
  EXPECT_EQ(once.size(), default_share.size());
  EXPECT_TRUE(core::is_on_simplex(once));
  EXPECT_EQ(mixture({some_entropies()}), once);
}

TEST_P(EveryPolicy, SaysWhereWhatItNeedsIsMissing) {
  const std::vector<data::EntropyTable> none, entropy{some_entropies()};
  const double endless = std::numeric_limits<double>::infinity();
  for (const data::Pools& drawn :
       {data::Pools{}, data::Pools{6e8, 0.0, 1e8}, data::Pools{6e8, endless, 1e8}, pools})
    for (const double tokens : {0.0, 1e9})
      for (const data::Utilities& utilities : {data::Utilities(), some_utilities()})
        for (const auto* texts : {&none, &entropy})
          expect_a_mixture_or_a_refusal(
              {default_share, *texts, "design.mixtures[3]", {}, drawn, tokens, utilities});
  if (needs_entropy(GetParam()))
    EXPECT_THROW(mixture({}), core::UsageError) << "needs_entropy() says that it is made of them";
  else
    EXPECT_EQ(mixture({}), mixture({some_entropies()})) << "needs_entropy() says that it is not";
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryPolicy, testing::ValuesIn(policy_names(measures)),
                         [](const auto& policy) {
                           std::string name = policy.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(PolicyMixture, IsTheOneOfItsName) {
  const std::vector<data::EntropyTable> entropy{some_entropies()};
  const PolicyInput input{default_share, entropy, "p"};
  EXPECT_EQ(policy_mixture("default", input), default_share);
  EXPECT_EQ(policy_mixture("uniform", input), data::Mixture(3, 1.0 / 3));
  const double sum = std::exp(5.0) + std::exp(4.0) + std::exp(3.0);
  EXPECT_NEAR(policy_mixture("entropy-joint", input)[1], std::exp(4.0) / sum, 1e-15);
}

data::Mixture of_pools(const std::string& name, const data::Pools& drawn, double tokens = 1e9) {
  const std::vector<data::EntropyTable> entropy{some_entropies()};
  return policy_mixture(name, {default_share, entropy, "p", {}, drawn, tokens});
}

TEST(PolicyMixture, IsAsLargeAsThePools) {
  using testing::DoubleNear;
  using testing::ElementsAre;
  EXPECT_THAT(of_pools("proportional", pools),
              ElementsAre(DoubleNear(0.6, 1e-15), DoubleNear(0.3, 1e-15), DoubleNear(0.1, 1e-15)));
  const double sum = std::sqrt(6.0) + std::sqrt(3.0) + 1.0;
  EXPECT_NEAR(of_pools("temperature", pools)[1], std::sqrt(3.0) / sum, 1e-15);
  EXPECT_EQ(of_pools("temperature(1)", pools), of_pools("proportional", pools));
  EXPECT_NEAR(of_pools("temperature(1e9)", pools)[2], 1.0 / 3, 1e-8);
  // 6 x 2, 3 x 1 and 1 x 3 nats.
  EXPECT_NEAR(of_pools("information", pools)[2], 3.0 / 18, 1e-15);
}

// Of 1e9 tokens 1e8 x 2 are the most of the third domain; the others share what is left.
TEST(PolicyMixture, IsAsEvenAsTheEpochsAllow) {
  using testing::DoubleNear;
  using testing::ElementsAre;
  EXPECT_THAT(of_pools("unimax(2)", pools),
              ElementsAre(DoubleNear(0.4, 1e-15), DoubleNear(0.4, 1e-15), DoubleNear(0.2, 1e-15)));
  EXPECT_THAT(of_pools("unimax(1)", pools),
              ElementsAre(DoubleNear(0.6, 1e-15), DoubleNear(0.3, 1e-15), DoubleNear(0.1, 1e-15)));
  EXPECT_EQ(of_pools("unimax", pools), of_pools("unimax(4)", pools));
  EXPECT_THAT(of_pools("unimax(1)", pools, 1e10),
              ElementsAre(DoubleNear(0.6, 1e-15), DoubleNear(0.3, 1e-15), DoubleNear(0.1, 1e-15)))
      << "an epoch of all is less than the volume: all are repeated alike";
  const double endless = std::numeric_limits<double>::infinity();
  EXPECT_THAT(
      of_pools("unimax(1)", {endless, endless, 1e8}),
      ElementsAre(DoubleNear(0.45, 1e-15), DoubleNear(0.45, 1e-15), DoubleNear(0.1, 1e-15)));
}

// As published: by ascending pool, an even part of what is left or e epochs, whichever is less.
TEST(PolicyMixture, UniMaxIsItsGreedyForm) {
  core::RandomStream stream(7, core::Purpose::test);
  for (int n = 0; n < 100; ++n) {
    data::Pools drawn(3);
    for (double& pool : drawn) pool = std::exp(20.0 + 3.0 * stream.normal());
    const double sum = drawn[0] + drawn[1] + drawn[2], epochs = 4.0;
    const double tokens = epochs * sum * (0.02 + 0.9 * stream.uniform());
    std::vector<std::size_t> order{0, 1, 2};
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return drawn[a] < drawn[b]; });
    data::Mixture greedy(3);
    double rest = tokens;
    for (std::size_t i = 0; i < 3; ++i) {
      const double given = std::min(rest / static_cast<double>(3 - i), epochs * drawn[order[i]]);
      greedy[order[i]] = given / tokens;
      rest -= given;
    }
    const data::Mixture share = of_pools("unimax(4)", drawn, tokens);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(share[k], greedy[k], 1e-9);
  }
}

// The worked example: 20 buckets, as many tokens wanted as there are, at most 7 epochs.
TEST(QualityEpochs, AreThoseOfTheCurveThatMeetsItsCap) {
  const std::vector<double> parts(20, 0.05);
  const std::vector<double> epochs = quality_epochs(parts, 1.0, 0.4, 7.0);
  EXPECT_NEAR(epochs[19], 7.0, 1e-9);
  EXPECT_NEAR(epochs[18], 4.8901, 5e-5);
  EXPECT_NEAR(epochs[17], 3.2962, 5e-5);
  EXPECT_NEAR(epochs[16], 2.1269, 5e-5);
  EXPECT_EQ(epochs[7], 0.0);
  double sum = 0.0;
  for (const double e : epochs) sum += e;
  EXPECT_NEAR(sum, 20.0, 1e-9);
}

TEST(QualityEpochs, StopAtTheEndsOfTheCurve) {
  using testing::DoubleNear;
  using testing::ElementsAre;
  // Even above what is dropped, the best bucket is met 5 times, more than 3.
  EXPECT_THAT(quality_epochs(std::vector{0.5, 0.5}, 3.0, 0.4, 3.0),
              ElementsAre(DoubleNear(1.0, 1e-12), DoubleNear(5.0, 1e-12)));
  // All of what is wanted of the best is twice as much as there is of it, and less than 7.
  EXPECT_THAT(quality_epochs(std::vector{0.5, 0.5}, 1.0, 0.4, 7.0),
              ElementsAre(DoubleNear(0.0, 1e-12), DoubleNear(2.0, 1e-12)));
}

TEST(PolicyMixture, OfQualityMovesSharesWithinNodesOnly) {
  const std::vector<data::EntropyTable> none;
  const data::Mixture share{0.3, 0.3, 0.4};
  const data::Mixture made =
      policy_mixture("quality(2)", {share, none, "p", {"web/low", "web/high", "code"}, pools, 1e9});
  EXPECT_NEAR(made[0] + made[1], 0.6, 1e-12);
  EXPECT_NEAR(made[2], 0.4, 1e-12);
  EXPECT_GT(made[1], share[1]);
  EXPECT_NEAR(made[1], 2 * 3e8 / 1e9, 1e-9) << "all of the node, at two epochs of the best";
}

data::Mixture of_utilities(const std::string& name, const data::Utilities& utilities,
                           const data::Pools& drawn = {}, double tokens = 0.0) {
  return policy_mixture(name, {default_share, {}, "p", {}, drawn, tokens, utilities});
}

// Along the free shares U_k . (U'r - 1) / |U'r - 1| + 2 kappa v_k r_k is one constant.
TEST(PolicyMixture, UtiliMaxIsWhereNoExchangePays) {
  const double kappa = 0.4;
  for (const double sd : {std::nan(""), 0.5}) {
    const data::Utilities utilities = some_utilities(sd);
    const data::Mixture share = of_utilities("utilimax(0.4)", utilities);
    std::vector<double> lack(2, -1.0), marginal;
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t t = 0; t < 2; ++t) lack[t] += share[k] * utilities.value(k, t);
    const double spread = std::isnan(sd) ? 1.0 : 2.0 * sd * sd;
    for (std::size_t k = 0; k < 3; ++k) {
      const double along = utilities.value(k, 0) * lack[0] + utilities.value(k, 1) * lack[1];
      marginal.push_back(along / std::hypot(lack[0], lack[1]) + 2 * kappa * spread * share[k]);
    }
    EXPECT_GT(share[0], 0.0);
    for (std::size_t k = 0; k < 3; ++k)
      if (share[k] > 0.0)
        EXPECT_NEAR(marginal[k], marginal[0], 1e-7);
      else
        EXPECT_GT(marginal[k], marginal[0]) << "where a share is 0, more of it harms";
  }
}

TEST(PolicyMixture, UtiliMaxIsUniMaxWhereRiskCountsAlone) {
  const data::Mixture even = of_utilities("utilimax(1e9)", some_utilities(), pools, 2e9);
  const data::Mixture unimax = of_pools("unimax(4)", pools, 2e9);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(even[k], unimax[k], 1e-6);
  EXPECT_EQ(of_utilities("utilimax", some_utilities()),
            of_utilities("utilimax(3)", some_utilities()))
      << "the number of domains";
}

TEST(PolicyMixture, UtiliMaxGoesThroughNoPoolMoreThanFourTimes) {
  data::Utilities books_only = some_utilities();
  books_only.value.values = {0.0, 0.0, 0.0, 0.0, 1.0, 1.0};
  const data::Mixture share = of_utilities("utilimax(0.001)", books_only, pools, 2e9);
  EXPECT_NEAR(share[2], 4 * 1e8 / 2e9, 1e-12);
  const data::Mixture short_of_all = of_utilities("utilimax", some_utilities(), pools, 1e11);
  EXPECT_NEAR(short_of_all[0], 0.6, 1e-12) << "all are repeated alike";
}

TEST(PolicyMixture, UtiliMaxSaysWhereUtilitiesAreGiven) {
  try {
    of_utilities("utilimax", {});
    FAIL() << "a mixture of nothing";
  } catch (const core::UsageError& error) {
    EXPECT_EQ(error.complaint().place, "p");
    EXPECT_THAT(error.complaint().remedy, testing::HasSubstr("utilities: FILE"));
  }
}

TEST(PolicyMixture, NeedsThePoolsThatItIsMadeOf) {
  const double endless = std::numeric_limits<double>::infinity();
  for (const char* name : {"proportional", "temperature(3)", "unimax", "information"})
    for (const data::Pools& unknown : {data::Pools{}, data::Pools{1e8, 0.0, 1e8}})
      EXPECT_THROW(of_pools(name, unknown), core::UsageError) << name;
  EXPECT_THROW(of_pools("proportional", {1e8, endless, 1e8}), core::UsageError);
}

TEST(PolicyMixture, UniMaxRefusesAVolumeThatIsNotKnown) {
  try {
    of_pools("unimax", pools, 0.0);
    FAIL() << "epochs of no volume";
  } catch (const core::UsageError& error) {
    EXPECT_EQ(error.complaint().place, "p");
    EXPECT_THAT(error.complaint().remedy, testing::HasSubstr("optimize"));
  }
}

TEST(PolicyMixture, InformationRefusesTextsThatHaveNone) {
  std::vector<data::EntropyTable> entropy{some_entropies()};
  entropy.front().nats = data::Table(3, 3);
  EXPECT_THROW(policy_mixture("information", {default_share, entropy, "p", {}, pools, 1e9}),
               core::UsageError);
}

TEST(PolicyMixture, TakesNoNameThatIsHalfOfOne) {
  const std::vector<data::EntropyTable> entropy{some_entropies()};
  for (const char* name :
       {"", "entropy", "entropy-", "defaults", "default-joint", "Uniform", "unimax()", "unimax(0)",
        "unimax(-2)", "unimax(2", "unimax-2", "temperature(inf)", "uniform(2)"})
    EXPECT_THROW(policy_mixture(name, {default_share, entropy, "p"}), core::UsageError) << name;
  EXPECT_FALSE(needs_entropy("entropy-"));
  EXPECT_TRUE(needs_entropy("entropy-anything"));
}

}  // namespace
}  // namespace bimix::mix
