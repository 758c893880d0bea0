#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bimix::core {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr double eps = 4 * std::numeric_limits<double>::epsilon();

TEST(IsOnSimplex, AcceptsMixturesAndNothingElse) {
  EXPECT_TRUE(is_on_simplex(std::vector{0.25, 0.75}));
  EXPECT_FALSE(is_on_simplex(std::vector{0.25, 0.7500001}));
  EXPECT_FALSE(is_on_simplex(std::vector{-0.25, 1.25}));
  EXPECT_FALSE(is_on_simplex(std::vector{std::nan(""), 1.0}));
  EXPECT_FALSE(is_on_simplex(std::vector<double>{}));
}

TEST(Normalised, DividesByTheSum) {
  EXPECT_THAT(normalised(std::vector{1.0, 3.0}), ElementsAre(0.25, 0.75));
  EXPECT_THROW(normalised(std::vector{0.0, 0.0}), InternalError);
  EXPECT_THROW(normalised(std::vector{-1.0, 3.0}), InternalError);
}

TEST(ProjectToSimplex, LeavesAMixtureAlone) {
  EXPECT_THAT(project_to_simplex(std::vector{0.2, 0.3, 0.5}),
              ElementsAre(DoubleNear(0.2, eps), DoubleNear(0.3, eps), DoubleNear(0.5, eps)));
}

TEST(ProjectToSimplex, ClipsByHand) {
  // (1.2, 0, -1): the nearest mixture is the corner, for moving mass off it only adds distance.
  EXPECT_THAT(project_to_simplex(std::vector{1.2, 0.0, -1.0}),
              ElementsAre(DoubleNear(1.0, eps), 0.0, 0.0));
}

TEST(ProjectToSimplex, KeepsTheFloor) {
  EXPECT_THAT(project_to_simplex(std::vector{5.0, 0.0, 0.0}, 0.1),
              ElementsAre(DoubleNear(0.8, eps), DoubleNear(0.1, eps), DoubleNear(0.1, eps)));
}

TEST(StableSum, KeepsWhatAPlainSumLoses) {
  EXPECT_EQ(stable_sum(std::vector{1.0, 1e100, 1.0, -1e100}), 2.0);
  EXPECT_TRUE(std::isnan(stable_sum(std::vector{1.0, std::nan("")})));
  EXPECT_EQ(stable_sum(std::vector{1.0, std::numeric_limits<double>::infinity()}),
            std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace bimix::core
