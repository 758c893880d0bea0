#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/mix/objective.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace bimix::mix {
namespace {

constexpr std::size_t sets = 4;

/// Every listed objective, with weights such as it takes: one set does not count.
class EveryObjective : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::vector<double> wish{1.0, 3.0, 2.0, 4.0};
    given_ = objective_.complaints(wish).empty() ? wish : std::vector<double>();
    weight_ = objective_.weights(given_, sets);
    weight_[2] = 0.0;
    weight_ = core::normalised(weight_);
  }
  std::vector<double> some_losses() {
    std::vector<double> loss(sets);
    for (double& l : loss) l = 2.0 + stream_.normal();
    loss[2] = 0.0;
    return loss;
  }

  const Objective& objective_ = find_objective(GetParam());
  std::vector<double> given_{}, weight_{};
  core::RandomStream stream_{3, core::Purpose::test};
};

TEST_P(EveryObjective, HasTheNameOfItsLine) {
  EXPECT_EQ(objective_.name(), GetParam())
      << "name() has to be the name of its line in objectives.def, with - for _";
}

TEST_P(EveryObjective, TakesTheWeightsThatItAsksFor) {
  EXPECT_THAT(objective_.complaints(given_), testing::IsEmpty());
  const std::vector<double> weight = objective_.weights(given_, sets);
  ASSERT_EQ(weight.size(), sets);
  EXPECT_GT(core::stable_sum(weight), 0.0);
  const std::vector<double> none, wish(sets, 1.0);
  EXPECT_NE(objective_.complaints(none).empty(), objective_.complaints(wish).empty())
      << "weights are either needed or refused, never ignored";
}

TEST_P(EveryObjective, RisesWithEachLossThatCountsAndIsConvexInThem) {
  for (int n = 0; n < 200; ++n) {
    const std::vector<double> a = some_losses(), b = some_losses();
    std::vector<double> middle(sets), higher = a;
    for (std::size_t e = 0; e < sets; ++e) {
      middle[e] = 0.5 * (a[e] + b[e]);
      if (weight_[e] > 0.0) higher[e] += stream_.uniform();
    }
    const double at_a = objective_.value(weight_, a), at_b = objective_.value(weight_, b);
    ASSERT_TRUE(std::isfinite(at_a))
        << "no number at losses " << testing::PrintToString(a)
        << ": they may be negative, as rises are and as a law may have it far out";
    ASSERT_GE(objective_.value(weight_, higher), at_a)
        << "it falls from losses " << testing::PrintToString(a) << " to higher ones";
    ASSERT_LE(objective_.value(weight_, middle), 0.5 * (at_a + at_b) + 1e-14)
        << "it is not convex between losses " << testing::PrintToString(a) << " and "
        << testing::PrintToString(b) << ": no certificate would hold (a norm is convex, a "
        << "geometric mean or a median is not)";
  }
}

TEST_P(EveryObjective, LeavesOutSetsWithoutWeight) {
  std::vector<double> loss = some_losses(), slope(sets, 1.0);
  const double before = objective_.value(weight_, loss);
  for (const double softness : objective_.softness()) {
    objective_.smooth(weight_, loss, softness, slope);
    EXPECT_EQ(slope[2], 0.0) << "smooth() has to write 0 where the weight is 0";
  }
  for (const double other : {-7.0, 7.0}) {
    loss[2] = other;
    EXPECT_EQ(objective_.value(weight_, loss), before) << "a loss of weight 0 counts";
  }
}

TEST_P(EveryObjective, HasTheSlopesOfItsStandIns) {
  for (const double softness : objective_.softness())
    for (int n = 0; n < 20; ++n) {
      std::vector<double> loss = some_losses(), slope(sets), ignored(sets);
      objective_.smooth(weight_, loss, softness, slope);
      // A central difference over a step of a thousandth of the softness errs by its square.
      const double step = 1e-3 * (softness > 0.0 ? softness : 1.0);
      for (std::size_t e = 0; e < sets; ++e) {
        if (weight_[e] == 0.0) continue;
        ASSERT_GE(slope[e], 0.0) << "of the loss " << loss[e] << ", softness " << softness;
        const double at = loss[e];
        loss[e] = at + step;
        const double above = objective_.smooth(weight_, loss, softness, ignored);
        loss[e] = at - step;
        const double below = objective_.smooth(weight_, loss, softness, ignored);
        loss[e] = at;
        const double rounding = 4e-16 * std::abs(above) / step;
        ASSERT_NEAR(slope[e], (above - below) / (2.0 * step), 1e-6 + 4.0 * rounding)
            << "of the loss " << loss[e] << ", softness " << softness;
      }
    }
}

// The certificate of an optimum is no better than this plane.
TEST_P(EveryObjective, LiesAboveItsPlaneAndNearItWhereItTouches) {
  for (int n = 0; n < 50; ++n) {
    const std::vector<double> here = some_losses(), elsewhere = some_losses();
    std::vector<double> slope(sets);
    objective_.smooth(weight_, here, objective_.softness().back(), slope);
    const double height = objective_.plane(weight_, here, slope);
    ASSERT_LE(height, objective_.value(weight_, here) + 1e-14) << "plane() is above value()";
    ASSERT_NEAR(height, objective_.value(weight_, here), 1e-5) << "plane() is far below value()";
    double plane = height;
    for (std::size_t e = 0; e < sets; ++e) plane += slope[e] * (elsewhere[e] - here[e]);
    ASSERT_LE(plane, objective_.value(weight_, elsewhere) + 1e-14)
        << "the plane of plane() and the last slopes is above value() elsewhere";
  }
}

TEST_P(EveryObjective, ComesNearItsValueWithTheLastStandIn) {
  const std::vector<double> softness = objective_.softness();
  ASSERT_FALSE(softness.empty());
  EXPECT_TRUE(std::is_sorted(softness.rbegin(), softness.rend()));
  const std::vector<double> loss = some_losses();
  std::vector<double> slope(sets);
  EXPECT_NEAR(objective_.smooth(weight_, loss, softness.back(), slope),
              objective_.value(weight_, loss), 1e-5);
}

TEST_P(EveryObjective, IsTheSumOfItsWeightsWhereItSaysThatItIsAMean) {
  if (!objective_.is_mean()) return;
  const std::vector<double> loss = some_losses();
  double sum = 0.0;
  for (std::size_t e = 0; e < sets; ++e) sum += weight_[e] * loss[e];
  EXPECT_EQ(objective_.value(weight_, loss), sum) << "is_mean() promises it";
}

TEST_P(EveryObjective, MakesNoNumberOfALossThatIsInfinite) {
  std::vector<double> loss = some_losses(), slope(sets);
  loss[1] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(objective_.value(weight_, loss), loss[1]);
  for (const double softness : objective_.softness()) {
    EXPECT_EQ(objective_.smooth(weight_, loss, softness, slope), loss[1]);
    for (const double s : slope)
      EXPECT_TRUE(std::isfinite(s))
          << "smooth() has to write slopes where it returns infinity, too";
  }
}

TEST_P(EveryObjective, NamesTheSetsThatCount) {
  const data::DomainSet domains{{"web", "code"}, {"web", "code", "exams", "news"}, {0, 1, -1, -1}};
  const data::ObjectiveWords words = words_of(objective_, weight_, domains);
  EXPECT_FALSE(words.value.empty());
  EXPECT_THAT(words.whole, testing::EndsWith("of web, code and news"));
  EXPECT_THAT(words.counts, testing::ElementsAre(true, true, false, true));
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryObjective, testing::ValuesIn(objective_names()),
                         [](const auto& objective) {
                           std::string name = objective.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(FindObjective, SuggestsTheNearestName) {
  EXPECT_THAT(
      [] { find_objective("chi_squared"); },
      testing::ThrowsMessage<core::UsageError>(testing::HasSubstr("Did you mean 'chi-squared'")));
}

TEST(FindObjective, NamesThoseThereAre) {
  try {
    find_objective("median\n");
    FAIL();
  } catch (const core::UsageError& error) {
    EXPECT_EQ(error.complaint().place, "optimize.objective");
    EXPECT_THAT(error.what(), testing::HasSubstr(core::join_words(objective_names(), "or")));
  }
}

}  // namespace
}  // namespace bimix::mix
