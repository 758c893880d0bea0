#include "support/synthetic.hpp"

#include <bimix/law/trust.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

data::Trust judged(const data::Observations& seen, const std::vector<double>& weight = {}) {
  std::vector<HeldOutPart> parts;
  const int folds = fold_count(seen, {});
  for (int fold = 0; fold < folds; ++fold) parts.push_back(held_out_fold(seen, {}, fold, folds));
  return trust_in(merge_folds(seen.domains, parts), seen.domains, parts, weight);
}

data::Observations noisy() {
  return synthetic::observations(synthetic::three_domains(), {.noise = 0.003});
}

/// Each run has the shares of the next one.
data::Observations slipped(data::Observations seen) {
  std::rotate(seen.mixtures.begin(), seen.mixtures.begin() + 1, seen.mixtures.end());
  return seen;
}

/// Points of as many sets as there are columns: seen, predicted and mean of the others by mixture.
struct Guess {
  double seen, predicted, mean;
};
data::Trust judged(const std::vector<std::vector<Guess>>& mixtures,
                   const std::vector<double>& weight = {}) {
  const data::DomainSet domains{{"a", "b"}, {"a", "b"}, {0, 1}};
  HeldOutPart part;
  part.point.columns = HeldOutPart::column_count;
  for (std::size_t e = 0; e < domains.eval.size(); ++e)
    for (std::size_t m = 0; m < mixtures.size(); ++m) {
      const Guess& g = mixtures[m][e];
      for (const double value : {static_cast<double>(m), static_cast<double>(e), g.seen,
                                 g.predicted, nan, g.mean, nan, 0.0})
        part.point.values.push_back(value);
      ++part.point.rows;
    }
  return trust_in(merge_folds(domains, {part}), domains, {part}, weight);
}

TEST(Trust, IsThereWhereTheLawIsTheTruth) {
  const data::Trust trust = judged(noisy());
  EXPECT_THAT(trust.doubt, IsEmpty());
  EXPECT_LT(*trust.error, 0.3 * *trust.mean_baseline);
  EXPECT_GT(*trust.r2, 0.9);
  EXPECT_THAT(trust.is_worse, Each(0));
}

TEST(Trust, IsLostWhereTheTableOfMixturesHasSlipped) {
  const data::Trust trust = judged(slipped(noisy()));
  EXPECT_THAT(trust.doubt, AllOf(StartsWith("The recommendation is not to be trusted: "),
                                 HasSubstr("the table of mixtures has slipped")));
}

TEST(Trust, IsLostWhereTheMeanOfTheOthersIsNearer) {
  // Off by a tenth and a fifth, where the mean is off by half of that; R2 is fine.
  const data::Trust trust = judged(
      {{{10.0, 11.0, 10.5}, {1.0, 1.0, 1.0}}, {{20.0, 24.0, 22.0}, {1.0, 1.0, 1.0}}}, {1.0, 0.0});
  EXPECT_GT(*trust.r2, 0.0);
  EXPECT_THAT(trust.doubt, HasSubstr("worse than the mean of the other mixtures does (error 15.00 "
                                     "%, mean of the other mixtures 7.50 %, pooled R2 0.66)"));
}

TEST(Trust, IsNotThereForOneMixtureNorForTwoThatCannotBeHeldOut) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(), {.mixtures = 1});
  EXPECT_THAT(judged(seen).doubt, HasSubstr("all runs have one mixture"));
  seen = synthetic::observations(synthetic::three_domains(), {.mixtures = 2});
  EXPECT_THAT(judged(seen).doubt, HasSubstr("no mixture could be predicted from the others, of 2"));
}

TEST(Trust, NamesASetThatIsPredictedWorseThoughTheMeanIsFine) {
  const data::Trust trust = judged({{{1.0, 1.0, 3.0}, {2.0, 2.2, 2.1}},
                                    {{2.0, 2.0, 2.5}, {2.1, 1.9, 2.0}},
                                    {{4.0, 4.0, 1.5}, {2.0, 2.2, 2.1}}});
  EXPECT_THAT(trust.doubt, IsEmpty());
  EXPECT_THAT(trust.is_worse, ElementsAre(0, 1));
}

TEST(Trust, IsJudgedOverTheSetsThatCount) {
  const std::vector<std::vector<Guess>> mixtures = {{{1.0, 1.0, 3.0}, {2.0, 2.2, 2.1}},
                                                    {{2.0, 2.0, 2.5}, {2.1, 1.9, 2.0}},
                                                    {{4.0, 4.0, 1.5}, {2.0, 2.2, 2.1}}};
  EXPECT_THAT(judged(mixtures, {1.0, 0.0}).doubt, IsEmpty());
  EXPECT_THAT(judged(mixtures, {1.0, 0.0}).is_worse, ElementsAre(0, 0));
  const data::Trust other = judged(mixtures, {0.0, 1.0});
  EXPECT_THAT(other.doubt, HasSubstr("R2 -"));
  EXPECT_THAT(other.is_worse, ElementsAre(0, 1));
}

TEST(Trust, IsLostWhereTheErrorIsSmallAndTheOrderWrong) {
  // Off by 0.4 once, where the mean of the others is off by 0.3 or less each time.
  const data::Trust trust = judged({{{1.0, 1.01, 1.3}, {1.0, 1.0, 1.0}},
                                    {{1.1, 1.11, 1.3}, {1.0, 1.0, 1.0}},
                                    {{1.2, 1.60, 1.3}, {1.0, 1.0, 1.0}}});
  EXPECT_LT(*trust.error, *trust.mean_baseline);
  EXPECT_LT(*trust.r2, 0.0);
  EXPECT_THAT(trust.doubt, HasSubstr("no better than if it took all for alike"));
}

TEST(Trust, KnowsNothingOfASetThatWasNotFitted) {
  const data::Trust trust =
      judged({{{1.0, 1.0, 3.0}, {2.0, nan, 2.1}}, {{2.0, 2.0, 2.5}, {2.1, nan, 2.0}}});
  EXPECT_THAT(trust.doubt, IsEmpty());
  EXPECT_THAT(trust.is_worse, ElementsAre(0, 0));
}

}  // namespace
}  // namespace bimix::law
