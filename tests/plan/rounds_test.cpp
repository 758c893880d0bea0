#include "support/fake_source.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/plan/rounds.hpp>
#include <bimix/plan/space_filling.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace bimix::plan {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::SizeIs;

TEST(Budget, IsTrialsFlopOrATime) {
  EXPECT_THAT(Budget::from("96 trials"), Optional(Budget{96, Budget::Unit::trials}));
  EXPECT_THAT(Budget::from("2e15 FLOP"), Optional(Budget{2e15, Budget::Unit::flop}));
  EXPECT_THAT(Budget::from("12h"), Optional(Budget{12, Budget::Unit::hours}));
  EXPECT_THAT(Budget::from("90m"), Optional(Budget{1.5, Budget::Unit::hours}));
  for (const char* text : {"", "96", "trials", "0 trials", "-3 trials", "1.5 trials", "inf FLOP",
                           "0h", "2e15 flops", "12 hours"})
    EXPECT_FALSE(Budget::from(text)) << text;
  for (const char* text : {"96 trials", "2e+16 FLOP", "43200s"})
    EXPECT_EQ(Budget::from(text)->text(), text);
}

PlanInput input(int start, int batch) {
  PlanInput input{.name = "tiny",
                  .seed = 3,
                  .domains = {.train = {"a", "b", "c"}, .eval = {"a"}, .share_of = {0}},
                  .default_mixture = {0.5, 0.3, 0.2}};
  input.design.tokens = {1024, 2048};
  input.design.adaptive = AdaptiveOptions{.batch = batch, .start = start};
  return input;
}

data::SweepPlan plan_of(const PlanInput& input) { return make_plan(input, {}, test::FakeSource()); }

data::SweepPlan grown(data::SweepPlan plan, const PlanInput& input, int number,
                      std::vector<data::Mixture> mixtures) {
  add_round(plan, mixtures, number, input.seed, input.design, test::FakeSource());
  return plan;
}

TEST(AdaptiveDesign, StartsWithTheDefaultAndMixturesFarFromOneAnother) {
  const data::SweepPlan plan = plan_of(input(12, 4));
  ASSERT_THAT(plan.mixtures, SizeIs(12));
  EXPECT_EQ(plan.labels.front(), "default");
  double nearest = 1.0;
  for (std::size_t m = 0; m < plan.mixtures.size(); ++m) {
    EXPECT_TRUE(core::is_on_simplex(plan.mixtures[m]));
    for (std::size_t n = 0; n < m; ++n) {
      double far = 0.0;
      for (std::size_t k = 0; k < 3; ++k)
        far = std::max(far, std::abs(plan.mixtures[m][k] - plan.mixtures[n][k]));
      nearest = std::min(nearest, far);
    }
  }
  EXPECT_GT(nearest, 0.1);
  EXPECT_EQ(plan, plan_of(input(12, 4)));
}

TEST(AdaptiveDesign, AddsNothingToMoreMixturesThanItStartsWith) {
  PlanInput many = input(2, 4);
  many.design.mixtures = {LatticeMixtures{.step = 0.5}};
  EXPECT_THAT(plan_of(many).mixtures, SizeIs(6));
}

TEST(Batches, AreTheLastOfTheStartWhatIsBeforeThemAndEachRound) {
  const PlanInput tiny = input(7, 3);
  const data::SweepPlan start = plan_of(tiny);
  EXPECT_THAT(batch_ends(start, 3), ElementsAre(4, 7));
  EXPECT_THAT(batch_ends(start, 10), ElementsAre(7));
  const data::SweepPlan two =
      grown(grown(start, tiny, 1, {{0.1, 0.1, 0.8}, {0.2, 0.1, 0.7}}), tiny, 2, {{0.8, 0.1, 0.1}});
  EXPECT_THAT(batch_ends(two, 3), ElementsAre(4, 7, 9, 10));
}

/// The mixtures that a round would be chosen by where these have ended.
std::optional<std::size_t> known(const data::SweepPlan& plan, int batch,
                                 const std::vector<int>& missing) {
  return known_mixtures(plan, batch, [&](const data::TrialSpec& spec) {
    return std::find(missing.begin(), missing.end(), spec.mixture_id) == missing.end();
  });
}

// What the last batch shows comes at other times on other numbers of ranks.
TEST(KnownMixtures, DoNotDependOnHowFarTheLastBatchHasCome) {
  const data::SweepPlan plan = plan_of(input(7, 3));
  EXPECT_THAT(known(plan, 3, {}), Optional(4u));
  EXPECT_THAT(known(plan, 3, {4, 5, 6}), Optional(4u));
  EXPECT_EQ(known(plan, 3, {3}), std::nullopt);
}

TEST(KnownMixtures, AreAllOfThemWhereThereIsOneBatch) {
  const data::SweepPlan plan = plan_of(input(4, 8));
  EXPECT_THAT(known(plan, 8, {}), Optional(4u));
  EXPECT_EQ(known(plan, 8, {2}), std::nullopt);
}

TEST(FirstMixtures, LeaveOutTheTrialsOfTheOthers) {
  const data::SweepPlan first = first_mixtures(plan_of(input(7, 3)), 4);
  EXPECT_THAT(first.mixtures, SizeIs(4));
  EXPECT_THAT(first.labels, SizeIs(4));
  EXPECT_THAT(first.trials, SizeIs(4));
}

TEST(AddRound, NumbersItsTrialsOnAndGivesThemTheVolumesOfTheDesign) {
  const PlanInput tiny = input(4, 2);
  data::SweepPlan plan = plan_of(tiny);
  const auto trials = add_round(plan, {{0.1, 0.1, 0.8}, {0.2, 0.1, 0.7}}, 1, tiny.seed, tiny.design,
                                test::FakeSource());
  ASSERT_THAT(trials, SizeIs(2));
  EXPECT_EQ(trials[0].round, 1);
  EXPECT_EQ(trials[0].mixture_id, 4);
  EXPECT_EQ(trials[1].mixture_label, "round-1-1");
  EXPECT_THAT(trials[0].tokens, ElementsAre(1024, 2048));
  EXPECT_EQ(plan.trials.back(), trials.back());
}

TEST(AddRound, GivesItsMixturesSeedsThatNoOtherHasWhereSeedsAreIndependent) {
  PlanInput tiny = input(4, 2);
  tiny.design.repeats = 2;
  tiny.design.seeds = SeedChoice::independent;
  const data::SweepPlan plan = grown(plan_of(tiny), tiny, 1, {{0.1, 0.1, 0.8}});
  EXPECT_EQ(plan.trials[8].repeat, 8);
  EXPECT_EQ(plan.trials[9].repeat, 9);
}

TEST(Affordable, IsWhatTheBudgetLeavesAndAtMostABatch) {
  const PlanInput tiny = input(4, 3);
  const data::SweepPlan plan = plan_of(tiny);
  const auto left = [&](Budget budget, double hours = 0.0) {
    return affordable(plan, {.batch = 3, .budget = budget}, hours);
  };
  EXPECT_EQ(left({100, Budget::Unit::trials}), 3);
  EXPECT_EQ(left({6, Budget::Unit::trials}), 2);
  EXPECT_EQ(left({4, Budget::Unit::trials}), 0);
  EXPECT_EQ(left({2, Budget::Unit::trials}), 0);
  EXPECT_EQ(left({5 * 2048.0, Budget::Unit::flop}), 1);
  EXPECT_EQ(left({2, Budget::Unit::hours}, 1.9), 3);
  EXPECT_EQ(left({2, Budget::Unit::hours}, 2.0), 0);
}

TEST(SpaceFilling, GoesOnFarFromWhatIsThere) {
  const std::vector<data::Mixture> there{{0.9, 0.05, 0.05}};
  const auto more = space_filling(there, 2, 7);
  ASSERT_THAT(more, SizeIs(2));
  EXPECT_LT(more[0][0], 0.1);
  EXPECT_EQ(more, space_filling(there, 2, 7));
  EXPECT_NE(more, space_filling(there, 2, 8));
  for (const data::Mixture& mixture : more)
    EXPECT_GE(*std::min_element(mixture.begin(), mixture.end()), 0.1 / 3);
}

}  // namespace
}  // namespace bimix::plan
