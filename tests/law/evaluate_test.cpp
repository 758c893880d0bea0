#include "support/synthetic.hpp"

#include <bimix/core/error.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/law.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Observations known() { return synthetic::observations(synthetic::three_domains(), {}); }

std::ptrdiff_t training(const Split& split) {
  return std::count(split.trains.begin(), split.trains.end(), true);
}

TEST(SplitsOf, HoldEachMixtureOutOnceInFolds) {
  const auto groups = splits_of(known(), {}, {.protocol = "kfold"});
  ASSERT_EQ(groups.size(), 1u);
  std::vector<int> held(12, 0);
  for (const Split& split : groups.front())
    for (std::size_t id = 0; id < 12; ++id) held[id] += split.trains[id] ? 0 : 1;
  EXPECT_THAT(held, testing::Each(1));
}

TEST(SplitsOf, DrawTheSameMixturesForTheSameSeed) {
  const EvaluateOptions options{.protocol = "draws", .train = 5, .draws = 7};
  const auto groups = splits_of(known(), {.seed = 3}, options);
  ASSERT_EQ(groups.size(), 7u);
  EXPECT_EQ(groups[2].front().trains, splits_of(known(), {.seed = 3}, options)[2].front().trains);
  EXPECT_NE(groups[2].front().trains, splits_of(known(), {.seed = 4}, options)[2].front().trains);
  EXPECT_NE(groups[2].front().trains, groups[3].front().trains);
  for (const auto& group : groups) EXPECT_EQ(training(group.front()), 5);
}

TEST(SplitsOf, TrainOnTheFirstFourForUnseenAndOnAllForExtrapolation) {
  const Split unseen = splits_of(known(), {}, {.protocol = "unseen"}).front().front();
  EXPECT_EQ(training(unseen), 4);
  EXPECT_TRUE(unseen.trains[0] && unseen.trains[3]);
  const Split last = splits_of(known(), {}, {.protocol = "extrapolation"}).front().front();
  EXPECT_EQ(training(last), 12);
  EXPECT_DOUBLE_EQ(last.seen_below, 0.995 * 4e6);
}

TEST(EvaluateOptions, NameEveryMistakeAtOnce) {
  const EvaluateOptions options{.protocol = "draw", .laws = {"bimix", "joinz", "auto"}};
  const auto found = complaints(options, known());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].place, "--protocol");
  EXPECT_EQ(found[1].place, "--laws");
  EXPECT_THAT(found[1].remedy, testing::HasSubstr("joint"));
  for (const int train : {-1, 1, 11, 500}) {
    const EvaluateOptions few{.protocol = "draws", .train = train, .draws = 0};
    EXPECT_EQ(complaints(few, known()).size(), 2u);
  }
  EXPECT_THAT(complaints({.protocol = "draws", .train = 5}, known()), IsEmpty());
}

TEST(EvaluateSplit, ContinuesEachRunByItsOwnPowerLaw) {
  const Observations seen = known();
  const Split last = splits_of(seen, {}, {.protocol = "extrapolation"}).front().front();
  const HeldOut held = merge_folds(seen.domains, {evaluate_split(seen, {}, run_power, last)});
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_LT(held.worst[e], 1e-7);
    EXPECT_GT(held.persistence[e], 0.01);
  }
}

TEST(EvaluateSplit, ChoosesWithoutTheHeldOutMixtures) {
  Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 1e-3, .seed = 2});
  Split split{.trains = std::vector<bool>(12, true)};
  split.trains[4] = false;
  const std::string before = choose_law(seen, {}, split);
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.mixture_id[row] == 4)
      for (std::size_t e = 0; e < 3; ++e) seen.loss_nats(row, e) *= 3.0;
  EXPECT_EQ(choose_law(seen, {}, split), before);
  EXPECT_EQ(evaluate_split(seen, {}, automatic_law, split),
            evaluate_split(seen, {}, before, split));
}

HeldOut with_error(std::vector<double> error) {
  HeldOut held;
  held.error = std::move(error);
  return held;
}

TEST(BestOf, PrefersWhatPredictsEveryDomain) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(best_of({with_error({0.01, nan}), with_error({0.03, 0.03}), with_error({0.02, 0.02})}),
            2u);
  EXPECT_EQ(best_of({with_error({1e-7}), with_error({1e-9})}), 0u);      // both are right
  EXPECT_EQ(best_of({with_error({0.0200}), with_error({0.0199})}), 0u);  // too close to tell
  EXPECT_EQ(best_of({with_error({nan}), with_error({nan})}), 0u);
}

TEST(MeanOfGroups, AveragesFiguresAndKeepsTheWorst) {
  const HeldOut a{.error = {0.1}, .worst = {0.2}, .r2 = {0.5}, .spearman = 1.0, .regret_nats = 0.0};
  const HeldOut b{.error = {0.3}, .worst = {0.9}, .r2 = {0.7}, .spearman = 0.0, .regret_nats = 0.2};
  const HeldOut mean = mean_of_groups({a, b});
  EXPECT_NEAR(mean.error[0], 0.2, 1e-15);
  EXPECT_EQ(mean.worst[0], 0.9);
  EXPECT_NEAR(mean.r2[0], 0.6, 1e-15);
  EXPECT_EQ(mean.spearman, 0.5);
  EXPECT_NEAR(mean.regret_nats, 0.1, 1e-15);
}

}  // namespace
}  // namespace bimix
