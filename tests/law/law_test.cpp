#include <bimix/law/law.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::law {
namespace {

using testing::HasSubstr;

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

TEST(PaperCoefficients, AreTheGaugeWithAEqualToOne) {
  data::LawFit fit;
  fit.law = "bimix";
  fit.coefficient = data::Table(1, 4);
  fit.coefficient.values = {2.0, 1.5, 0.1, 0.3};
  const PaperCoefficients paper = paper_coefficients(fit, 0);
  EXPECT_EQ(paper.A, 1.0);
  EXPECT_EQ(paper.alpha, 0.1);
  EXPECT_EQ(paper.B, 2.0);
  EXPECT_EQ(paper.beta, 0.3);
  EXPECT_EQ(paper.C, 1.5);
}

}  // namespace
}  // namespace bimix::law
