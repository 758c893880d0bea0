#include "law/observed.hpp"
#include "support/synthetic.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/held_out.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace bimix::law {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

data::HeldOut all_folds(const data::Observations& seen, const FitOptions& options = {}) {
  std::vector<HeldOutPart> parts;
  const int folds = fold_count(seen, options);
  for (int fold = 0; fold < folds; ++fold)
    parts.push_back(held_out_fold(seen, options, fold, folds));
  return merge_folds(seen.domains, parts);
}

/// By the words of its declaration, from all rows sorted by their value.
double largest_common_by_sorting(const std::vector<double>& value, const std::vector<int>& id) {
  std::multimap<double, int> rows;
  for (std::size_t row = 0; row < value.size(); ++row) rows.emplace(value[row], id[row]);
  std::vector<std::pair<double, std::set<int>>> levels;
  double smallest = -1.0;
  for (const auto& [at, mixture] : rows) {
    if (levels.empty() || at > (1.0 + data::volume_tolerance) * smallest) {
      smallest = at;
      levels.emplace_back();
    }
    levels.back().first = at;
    levels.back().second.insert(mixture);
  }
  std::size_t most = 0;
  for (const auto& level : levels) most = std::max(most, level.second.size());
  double common = 0.0;
  for (const auto& level : levels)
    if (2 * level.second.size() >= most) common = level.first;
  return common;
}

TEST(LargestCommon, IsThatOfAllRowsSorted) {
  EXPECT_EQ(largest_common({}, {}), 0.0);
  std::mt19937 draw(5);
  for (int again = 0; again < 300; ++again) {
    std::vector<double> value;
    std::vector<int> id;
    for (unsigned row = 0; row < 1 + draw() % 60; ++row) {
      // Some values less than a tolerance apart, some just more, some repeated; none where sizes
      // are not said.
      value.push_back(again % 5 == 0 ? 0.0
                                     : 1000.0 * (1.0 + 0.0025 * static_cast<double>(draw() % 12)));
      id.push_back(static_cast<int>(draw() % 9));
    }
    EXPECT_EQ(largest_common(value, id), largest_common_by_sorting(value, id));
  }
}

/// One held-out point of domain 0.
std::vector<double> point(double mixture, double seen, double predicted, double previous,
                          double training_mean, double domain = 0.0) {
  return {mixture, domain, seen, predicted, previous, training_mean, 0.9, 0.0};
}

HeldOutPart part(int fold, const std::vector<std::vector<double>>& points) {
  HeldOutPart result;
  result.fold = fold;
  result.point.rows = points.size();
  result.point.columns = HeldOutPart::column_count;
  for (const auto& row : points)
    result.point.values.insert(result.point.values.end(), row.begin(), row.end());
  return result;
}

TEST(RSquared, ByHand) {
  // Mean 2, total 2, residual 0.5.
  EXPECT_DOUBLE_EQ(r_squared(std::vector{1.5, 2.0, 2.5}, std::vector{1.0, 2.0, 3.0}), 0.75);
  EXPECT_TRUE(std::isnan(r_squared(std::vector{1.0}, std::vector{1.0})));
  EXPECT_TRUE(std::isnan(r_squared(std::vector{1.0, 2.0}, std::vector{3.0, 3.0})));
}

TEST(Spearman, ByHand) {
  EXPECT_DOUBLE_EQ(spearman(std::vector{1.0, 2.0, 9.0}, std::vector{5.0, 6.0, 7.0}), 1.0);
  EXPECT_DOUBLE_EQ(spearman(std::vector{1.0, 2.0, 3.0}, std::vector{3.0, 2.0, 1.0}), -1.0);
  // Ranks (1, 2.5, 2.5, 4) against (1, 2, 3, 4): 4.5 / sqrt(4.5 * 5).
  EXPECT_DOUBLE_EQ(spearman(std::vector{1.0, 2.0, 2.0, 3.0}, std::vector{1.0, 2.0, 3.0, 4.0}),
                   std::sqrt(0.9));
  EXPECT_TRUE(std::isnan(spearman(std::vector{1.0, 1.0}, std::vector{1.0, 2.0})));
}

TEST(FoldOfMixture, DealsEachMixtureOnce) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.mixtures = 23, .repeats = 2});
  EXPECT_EQ(fold_count(seen, {}), 10);
  const std::vector<int> fold = fold_of_mixture(seen, {}, 10);
  for (int f = 0; f < 10; ++f) {
    const auto size = std::count(fold.begin(), fold.end(), f);
    EXPECT_TRUE(size == 2 || size == 3);
  }
  EXPECT_EQ(fold, fold_of_mixture(seen, {}, 10));
  FitOptions other;
  other.seed = 2;
  EXPECT_NE(fold, fold_of_mixture(seen, other, 10));
}

TEST(FoldSplits, AreThoseOfEachFold) {
  const data::Observations seen = synthetic::observations(synthetic::three_domains(), {});
  for (const int folds : {0, 3}) {
    const FitOptions options{.folds = folds};
    const std::vector<Split> splits = fold_splits(seen, options);
    const int count = fold_count(seen, options);
    ASSERT_EQ(splits.size(), static_cast<std::size_t>(count));
    for (int fold = 0; fold < count; ++fold)
      EXPECT_EQ(splits[static_cast<std::size_t>(fold)].trains,
                fold_split(seen, options, fold, count).trains);
  }
}

TEST(FoldOfMixture, LeavesOneOutWhereMixturesAreFew) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.mixtures = 12});
  EXPECT_EQ(fold_count(seen, {}), 12);
  std::vector<int> fold = fold_of_mixture(seen, {}, 12);
  std::sort(fold.begin(), fold.end());
  for (int n = 0; n < 12; ++n) EXPECT_EQ(fold[static_cast<std::size_t>(n)], n);
}

// As many folds as mixtures, or some would hold out nothing.
TEST(FoldOfMixture, HoldsOneMixtureOnTwoPoolsOutAsOne) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.mixtures = 6});
  const std::vector<data::Mixture> shares = seen.mixtures;
  const std::vector<int> ids = seen.mixture_id;
  const data::Observations again = seen;
  seen.mixtures.insert(seen.mixtures.end(), shares.begin(), shares.end());
  for (const int id : ids) seen.mixture_id.push_back(id + 6);
  seen.tokens.insert(seen.tokens.end(), again.tokens.begin(), again.tokens.end());
  EXPECT_EQ(fold_count(seen, {}), 6);
  const std::vector<int> fold = fold_of_mixture(seen, {}, 6);
  for (std::size_t n = 0; n < 6; ++n) EXPECT_EQ(fold[n], fold[n + 6]);
}

TEST(FoldOfMixture, PassesOverMixturesWithoutObservations) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.mixtures = 5});
  seen.mixtures.push_back({0.2, 0.3, 0.5});
  EXPECT_EQ(fold_count(seen, {}), 5);
  EXPECT_EQ(fold_of_mixture(seen, {}, 5).back(), -1);
}

TEST(HeldOutFold, PredictsAKnownLawExactly) {
  const data::HeldOut held =
      all_folds(synthetic::observations(synthetic::three_domains(), {.repeats = 2}));
  EXPECT_EQ(held.folds, 12);
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_LT(held.worst[e], 1e-7);
    EXPECT_NEAR(held.r2[e], 1.0, 1e-10);
    EXPECT_GT(held.persistence[e], 0.01);
    EXPECT_GT(held.mean_baseline[e], 0.01);
  }
  EXPECT_DOUBLE_EQ(held.spearman, 1.0);
}

TEST(HeldOutFold, NeverSeesTheMixturesItPredicts) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 3e-3});
  const std::vector<int> fold = fold_of_mixture(seen, {}, 12);
  data::Observations spoilt = seen;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (fold[static_cast<std::size_t>(seen.mixture_id[row])] == 4)
      for (std::size_t e = 0; e < 3; ++e) spoilt.loss_nats(row, e) *= 2.0;
  const HeldOutPart a = held_out_fold(seen, {}, 4, 12), b = held_out_fold(spoilt, {}, 4, 12);
  for (std::size_t row = 0; row < a.point.rows; ++row) {
    EXPECT_EQ(a.point(row, HeldOutPart::predicted), b.point(row, HeldOutPart::predicted));
    EXPECT_NE(a.point(row, HeldOutPart::seen), b.point(row, HeldOutPart::seen));
  }
}

TEST(HeldOutFold, ComparesWithTheVolumeBeforeAndTheTrainingMean) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(),
                                                    {.mixtures = 3, .volumes = {1e6, 1.99e6, 2e6}});
  for (std::size_t row = 0; row < 9; ++row)
    seen.loss_nats(row, 0) = 1.0 + static_cast<double>(row);  // 1.99e6 and 2e6 are one volume
  const std::vector<int> fold = fold_of_mixture(seen, {}, 3);
  const int held = static_cast<int>(std::find(fold.begin(), fold.end(), 0) - fold.begin());
  const HeldOutPart found = held_out_fold(seen, {}, 0, 3);
  EXPECT_EQ(found.point(0, HeldOutPart::mixture_id), held);
  EXPECT_EQ(found.point(0, HeldOutPart::seen), 3.0 * held + 3.0);
  EXPECT_EQ(found.point(0, HeldOutPart::previous), 3.0 * held + 1.0);
  EXPECT_EQ(found.point(0, HeldOutPart::training_mean), (3.0 + 6.0 + 9.0 - 3.0 * held - 3.0) / 2.0);
}

TEST(HeldOutFold, PredictsNothingFromOneMixture) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.mixtures = 2});
  const data::HeldOut held = all_folds(seen);
  EXPECT_THAT(held.error, Each(testing::IsNan()));
  EXPECT_TRUE(std::isnan(held.spearman));
}

TEST(MergeFolds, AveragesByHand) {
  const data::DomainSet domains{{"a"}, {"a"}, {0}};
  const data::HeldOut held =
      merge_folds(domains, {part(1, {point(2, 4.0, 3.0, 5.0, 4.4)}),
                            part(0, {point(0, 2.0, 2.0, 2.2, 3.0), point(1, nan, 2.0, nan, 3.0)})});
  EXPECT_THAT(held.error, ElementsAre(0.125));
  EXPECT_THAT(held.worst, ElementsAre(0.25));
  EXPECT_THAT(held.r2, ElementsAre(0.5));
  EXPECT_NEAR(held.persistence[0], (0.1 + 0.25) / 2, 1e-15);
  EXPECT_NEAR(held.mean_baseline[0], (0.5 + 0.1) / 2, 1e-15);
  EXPECT_EQ(held.spearman, 1.0);
  EXPECT_EQ(held.folds, 2);
}

TEST(MergeFolds, RanksOnlyMixturesThatLackNoDomain) {
  const data::DomainSet domains{{"a", "b"}, {"a", "b"}, {0, 1}};
  const data::HeldOut held = merge_folds(
      domains,
      {part(0, {point(0, 1.0, 1.0, 1, 1), point(1, 2.0, 2.0, 1, 1), point(2, 9.0, 0.1, 1, 1),
                point(0, 1.0, 1.0, 1, 1, 1), point(1, 2.0, 2.0, 1, 1, 1)})});
  EXPECT_EQ(held.spearman, 1.0);
}

TEST(MergeFolds, RegretsWhatTheChosenMixtureLosesToTheBest) {
  const data::DomainSet domains{{"a"}, {"a"}, {0}};
  const data::HeldOut held = merge_folds(
      domains,
      {part(0, {point(0, 2.0, 2.1, 1, 1), point(1, 2.3, 2.0, 1, 1), point(2, 3.0, 3.0, 1, 1)})});
  EXPECT_NEAR(held.regret_nats, 0.3, 1e-15);
  EXPECT_THAT(held.curve_r2, ElementsAre(testing::DoubleEq(0.9)));
}

TEST(HeldOutPart, PredictsTheLastVolumeFromThoseBefore) {
  const data::Observations seen = synthetic::observations(synthetic::three_domains(), {});
  const Split split{.trains = std::vector<bool>(12, true), .seen_below = 4e6};
  const data::HeldOut held = merge_folds(seen.domains, {held_out_part(seen, {}, split)});
  data::Observations spoilt = seen;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.tokens[row] == 4e6) spoilt.loss_nats(row, 0) *= 2.0;
  const HeldOutPart blind = held_out_part(spoilt, {}, split);
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_LT(held.worst[e], 1e-7);
    EXPECT_GT(held.persistence[e], 0.01);
    EXPECT_TRUE(std::isnan(held.mean_baseline[e]));
  }
  EXPECT_NEAR(blind.point(0, HeldOutPart::predicted), seen.loss_nats(6, 0), 1e-6);
}

TEST(MergeFolds, DoesNotDependOnTheOrderOfParts) {
  const data::Observations seen =
      synthetic::observations(synthetic::three_domains(), {.noise = 3e-3});
  std::vector<HeldOutPart> parts;
  for (int fold = 0; fold < 12; ++fold) parts.push_back(held_out_fold(seen, {}, fold, 12));
  const data::HeldOut forward = merge_folds(seen.domains, parts);
  std::reverse(parts.begin(), parts.end());
  EXPECT_EQ(forward, merge_folds(seen.domains, parts));
}

}  // namespace
}  // namespace bimix::law
