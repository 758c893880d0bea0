#include <bimix/law/law.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace bimix::law {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(LawNames, HoldBimixFirst) { EXPECT_EQ(law_names().front(), "bimix"); }

TEST(FindLaw, SuggestsTheNearestName) {
  try {
    find_law("bimx");
    FAIL() << "no law is called bimx";
  } catch (const core::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'bimix'?"));
  }
}

TEST(Bimix, PredictsByHand) {
  // P = 2, Q = 1, alpha = beta = 1 at r = 1/2, s = 2: 2 * (2/2 + 1) = 4.
  const std::vector<double> parameter{2.0, 1.0, 1.0, 1.0};
  const data::Mixture half{0.5, 0.5};
  EXPECT_DOUBLE_EQ(find_law("bimix").predict(parameter, {half, 0, 2.0}), 4.0);
}

TEST(Bimix, IsInfiniteAtAShareOfZeroUnlessAlphaIsZero) {
  const data::Mixture corner{0.0, 1.0};
  const Law& law = find_law("bimix");
  EXPECT_TRUE(std::isinf(law.predict(std::vector{2.0, 1.0, 0.5, 1.0}, {corner, 0, 2.0})));
  EXPECT_DOUBLE_EQ(law.predict(std::vector{2.0, 1.0, 0.0, 1.0}, {corner, 0, 2.0}), 2.0);
}

TEST(Bimix, PredictsNothingWithoutAShareOfItsOwn) {
  const data::Mixture half{0.5, 0.5};
  EXPECT_TRUE(
      std::isnan(find_law("bimix").predict(std::vector{2.0, 1.0, 1.0, 1.0}, {half, -1, 2.0})));
}

TEST(Bimix, IsReadInThePapersLettersWithAEqualToOne) {
  const std::vector<double> fitted{2.0, 1.5, 0.1, 0.3};  // P, Q, alpha, beta
  std::map<std::string, double> read;
  for (const CoefficientColumn& column : find_law("bimix").words().columns)
    if (column.value) read[column.title] = column.value(fitted, 0.0);
  EXPECT_THAT(read,
              ElementsAre(Pair("B", 2.0), Pair("C", 1.5), Pair("alpha", 0.1), Pair("beta", 0.3)));
}

}  // namespace
}  // namespace bimix::law
