#include <bimix/core/error.hpp>
#include <bimix/law/fitted_law.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

data::LawFit one_domain(std::vector<double> coefficients) {
  data::LawFit fit;
  fit.law = "bimix";
  fit.domains = {{"a", "b"}, {"a"}, {0}};
  fit.coefficient = data::Table(1, 4);
  fit.coefficient.values = std::move(coefficients);
  return fit;
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile({3.0, 1.0, 2.0}, 0.5), 2.0);
  EXPECT_DOUBLE_EQ(quantile({3.0, 1.0, 2.0}, 0.25), 1.5);
  EXPECT_DOUBLE_EQ(quantile({3.0, 1.0, 2.0}, 1.0), 3.0);
  EXPECT_DOUBLE_EQ(quantile({7.0}, 0.9), 7.0);
}

TEST(Quantile, LeavesOutWhatIsMissing) {
  EXPECT_DOUBLE_EQ(quantile({nan, 1.0, nan, 3.0}, 0.5), 2.0);
  EXPECT_TRUE(std::isnan(quantile({nan}, 0.5)));
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(Quantile, KeepsAFiniteValueBesideAnInfiniteOne) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_DOUBLE_EQ(quantile({1.0, 2.0, infinity}, 0.5), 2.0);
}

TEST(Predict, EvaluatesTheFittedLaw) {
  EXPECT_DOUBLE_EQ(FittedLaw(one_domain({2.0, 1.0, 1.0, 1.0})).predict(0, {{0.5, 0.5}, 2.0}), 4.0);
}

TEST(Predict, IsNanWhereNothingWasFitted) {
  EXPECT_TRUE(
      std::isnan(FittedLaw(one_domain({nan, nan, nan, nan})).predict(0, {{0.5, 0.5}, 2.0})));
}

TEST(Predict, RefusesAnotherNumberOfDomains) {
  EXPECT_THROW(FittedLaw(one_domain({2.0, 1.0, 1.0, 1.0})).predict(0, {{1.0}, 2.0}),
               core::InternalError);
  EXPECT_THROW(FittedLaw(one_domain({2.0, 1.0, 1.0, 1.0})).predict(1, {{0.5, 0.5}, 2.0}),
               core::InternalError);
}

TEST(PredictInterval, SpansTheBootstrapLaws) {
  data::LawFit fit = one_domain({0.0, 2.0, 0.0, 0.0});
  for (int b = 0; b <= 100; ++b) {
    data::Table sample(1, 4);
    sample(0, 1) = 1.0 + 0.01 * b;  // the loss is Q alone: 1.00, 1.01, ... 2.00
    fit.bootstrap.push_back(sample);
  }
  const Interval interval = FittedLaw(fit).interval(0, {{0.5, 0.5}, 1e6}, 0.9);
  EXPECT_NEAR(interval.low, 1.05, 1e-12);
  EXPECT_NEAR(interval.high, 1.95, 1e-12);
  EXPECT_TRUE(
      std::isnan(FittedLaw(one_domain({0, 2, 0, 0})).interval(0, {{0.5, 0.5}, 1.0}, 0.9).low));
}

}  // namespace
}  // namespace bimix::law
