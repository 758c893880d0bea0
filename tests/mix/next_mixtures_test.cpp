#include "next_study.hpp"
#include "support/synthetic.hpp"

#include <bimix/core/error.hpp>
#include <bimix/mix/next_mixtures.hpp>
#include <bimix/mix/objective.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::mix {
namespace {

using testing::Contains;
using testing::HasSubstr;

data::Mixture uniform(std::size_t count) {
  return data::Mixture(count, 1.0 / static_cast<double>(count));
}

struct Case {
  data::Observations seen{};
  data::LawFit fit{};
};

/// A campaign of three domains with noise, and its fit.
Case some_case(int mixtures = 8, double noise = 0.005) {
  Case made{.seen = synthetic::observations(synthetic::three_domains(),
                                            {.mixtures = mixtures, .noise = noise})};
  made.fit = coverage::fitted(made.seen, {.bootstrap = 60});
  return made;
}

TEST(NextMixtures, AreDistinctNewMixturesNearWhatWasTried) {
  const Case made = some_case();
  const data::NextMixtures next =
      next_mixtures({made.fit}, made.seen, {.tokens = 4e6}, uniform(3), {4, 1});
  ASSERT_EQ(next.mixtures.size(), 4u);
  std::vector<data::Mixture> known = made.seen.mixtures;
  for (const data::NextMixture& proposal : next.mixtures) {
    EXPECT_TRUE(core::is_on_simplex(proposal.share));
    EXPECT_THAT(known, testing::Not(Contains(proposal.share)));
    known.push_back(proposal.share);
    for (std::size_t k = 0; k < 3; ++k) {  // rounding moves a share by one part at most
      EXPECT_GE(proposal.share[k], made.fit.share_low[k] / 2 - 1e-4);
      EXPECT_LE(proposal.share[k], 2 * made.fit.share_high[k] + 1e-4);
      EXPECT_NEAR(proposal.share[k] * 1e4, std::round(proposal.share[k] * 1e4), 1e-8);
    }
    EXPECT_GE(proposal.gain_nats, 0.0);
    EXPECT_GE(proposal.domain_fall, 0.0);
    EXPECT_LE(proposal.domain_fall, 1.0);
    EXPECT_THAT(made.fit.domains.eval, Contains(proposal.domain));
  }
  EXPECT_GT(next.known.regret_nats, next.regret_after_nats);
  EXPECT_GE(next.regret_after_nats, 0.0);
}

TEST(NextMixtures, AreTheSameForTheSameSeedAndBeginAlikeForMore) {
  const Case made = some_case();
  const auto propose = [&](int count) {
    return next_mixtures({made.fit}, made.seen, {.tokens = 4e6}, uniform(3), {count, 1});
  };
  EXPECT_EQ(propose(3), propose(3));
  const data::NextMixtures two = propose(2), three = propose(3);
  EXPECT_EQ(two.mixtures[0], three.mixtures[0]);
  EXPECT_EQ(two.mixtures[1], three.mixtures[1]);
}

// Domain 2 was run at shares between 0.30 and 0.34 alone, the others widely: its alpha is what the
// data leave open.
TEST(NextMixtures, SeekTheShareThatWasNotVaried) {
  data::Observations seen;
  core::RandomStream stream(5, core::Purpose::test);
  const auto truth = synthetic::three_domains();
  seen.domains = synthetic::domain_set(3);
  seen.loss_nats.columns = 3;
  for (int m = 0; m < 8; ++m) {
    const double last = 0.30 + 0.04 * stream.uniform(), first = 0.1 + 0.06 * m;
    seen.mixtures.push_back({first, 1.0 - last - first, last});
    for (const double tokens : {1e6, 2e6, 4e6, 8e6}) {
      seen.mixture_id.push_back(m);
      seen.repeat.push_back(0);
      seen.tokens.push_back(tokens);
      ++seen.loss_nats.rows;
      for (std::size_t e = 0; e < 3; ++e)
        seen.loss_nats.values.push_back(truth[e].at(seen.mixtures.back()[e], tokens) *
                                        (1.0 + 0.002 * stream.normal()));
    }
  }
  const data::LawFit fit = coverage::fitted(seen, {.bootstrap = 100});
  const data::NextMixtures next = next_mixtures({fit}, seen, {.tokens = 8e6}, uniform(3), {1, 1});
  const double share = next.mixtures.front().share[2];
  EXPECT_TRUE(share < 0.27 || share > 0.38) << share;
}

TEST(NextMixtures, WorkForLawsOfAllSharesAndForEveryObjective) {
  Case made = some_case();
  made.fit = coverage::fitted(made.seen, {.law = "bimix_transfer", .bootstrap = 20});
  for (const std::string& objective : objective_names()) {
    OptimizeOptions options{.tokens = 4e6, .objective = objective};
    if (!find_objective(objective).complaints({}).empty()) options.weights = {1.0, 3.0, 2.0};
    if (find_objective(objective).needs_groups()) options.group = {0, 1, 0};
    const data::NextMixtures next =
        next_mixtures({made.fit}, made.seen, options, {0.6, 0.2, 0.2}, {2, 1});
    EXPECT_EQ(next.mixtures.size(), 2u) << objective;
    EXPECT_TRUE(std::isfinite(next.known.regret_nats)) << objective;
  }
}

// They were sought for a model of the last size of the logs, and as if repeated tokens were new.
TEST(NextMixtures, AreForTheModelAndThePoolsThatTheOptimumIsFor) {
  Case made;
  made.seen = synthetic::observations(synthetic::three_domains(),
                                      {.mixtures = 8, .sizes = {1e6, 4e6, 16e6}, .noise = 0.005});
  made.fit = coverage::fitted(made.seen, {.bootstrap = 40});
  const auto regret_of = [&](const OptimizeOptions& options) {
    return next_mixtures({made.fit}, made.seen, options, uniform(3), {1, 1}).known.regret_nats;
  };
  const OptimizeOptions last{.tokens = 4e6};
  OptimizeOptions small = last, few = last;
  small.model_size = 1e6;
  few.unique_tokens = {1e5, 4e6, 4e6};
  few.repetition = 4.0;
  EXPECT_NE(regret_of(small), regret_of(last));
  EXPECT_NE(regret_of(few), regret_of(last));
  for (const OptimizeOptions& options : {last, small, few}) {
    EXPECT_TRUE(std::isfinite(regret_of(options)));
    EXPECT_GE(regret_of(options), 0.0);
  }
}

// It was sought by an equality of sums that rounding broke: then the optimum of the first law was
// called the best known, whatever was believed. Here runs say that another mixture is far better
// than the law allows.
TEST(NextMixtures, TheBestKnownIsWhatIsBelievedNotTheOptimumOfTheFirstLaw) {
  Case made = some_case(12);
  const data::Mixture better = made.seen.mixtures[3];
  for (std::size_t row = 0; row < made.seen.tokens.size(); ++row)
    if (made.seen.mixture_id[row] == 3)
      for (std::size_t e = 0; e < 3; ++e) made.seen.loss_nats(row, e) *= 0.5;
  const data::NextMixtures next =
      next_mixtures({made.fit}, made.seen, {.tokens = 4e6}, uniform(3), {0, 1});
  EXPECT_EQ(next.known.share, better);
}

// What was run beyond a cap was called the best mixture known.
TEST(NextMixtures, TheBestKnownKeepsFloorsAndCaps) {
  const Case made = some_case();
  const auto best = [&](const OptimizeOptions& options) {
    return next_mixtures({made.fit}, made.seen, options, uniform(3), {1, 1}).known.share;
  };
  const double free = best({.tokens = 4e6})[0];
  const double cap = 0.5 * (free + made.fit.share_low[0]);
  ASSERT_LT(cap, free - 0.01);
  EXPECT_LE(best({.tokens = 4e6, .cap = {cap, 1.0, 1.0}})[0], cap + 1e-9);
}

TEST(NextMixtures, SayWhenTheDataCannotTell) {
  Case made = some_case();
  const OptimizeOptions options{.tokens = 4e6};
  const Case exact = some_case(8, 0.0);
  EXPECT_THAT(next_mixtures({exact.fit}, exact.seen, options, uniform(3), {1, 1}).flags,
              Contains(HasSubstr("the best mixture is known")));
  data::LawFit without = made.fit;
  for (std::size_t p = 0; p < 4; ++p) {
    without.coefficient(1, p) = std::nan("");
    for (data::Table& sample : without.bootstrap) sample(1, p) = std::nan("");
  }
  EXPECT_THAT(next_mixtures({without}, made.seen, options, uniform(3), {1, 1}).flags,
              Contains(HasSubstr("what helps 'd1' is not seen")));
  made.fit.bootstrap.resize(19);
  EXPECT_THROW(next_mixtures({made.fit}, made.seen, options, uniform(3), {1, 1}),
               core::TooLittleData);
}

// 12 campaigns of 8 mixtures and 4 more. bimix_mix_next has many, with standard errors.
TEST(NextMixtures, BringTheRecommendedMixtureNearerTheBestThanRandomOnesDo) {
  next_study::Summary all;
  for (int number = 0; number < 12; ++number)
    all.add(next_study::study("bimix", "bimix", 8, 4, number));
  EXPECT_LT(all.proposed_regret.mean(), all.random_regret.mean());
  EXPECT_LT(all.proposed_regret.mean(), 0.1 * all.regret.mean());
}

}  // namespace
}  // namespace bimix::mix
