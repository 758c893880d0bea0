// Models of several sizes: a third axis for the laws that have one, the last size for the others.
#include "support/synthetic.hpp"

#include <bimix/core/error.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/held_out.hpp>
#include <bimix/law/law.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <law/domain_data.hpp>
#include <law/noise.hpp>
#include <law/observed.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace bimix::law {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::vector<synthetic::Truth>& truth() {
  static const auto three = synthetic::three_domains();
  return three;
}

data::Observations three_sizes(double noise = 0.0) {
  return synthetic::observations(truth(), {.sizes = {1e6, 3e6, 1e7}, .noise = noise});
}

FitOptions fit_of(const std::string& law) {
  FitOptions options;
  options.law = law;
  return options;
}

TEST(ModelSize, IsFoundByBimix) {
  const data::LawFit fit = fit_law(three_sizes(), fit_of("bimix"));
  EXPECT_EQ(fit.parameters, (std::vector<std::string>{"P", "Q", "alpha", "beta", "R", "gamma"}));
  EXPECT_EQ(fit.size_low, 1e6);
  EXPECT_EQ(fit.size_high, 1e7);
  EXPECT_EQ(fit.last_size, 1e7);
  const data::Mixture mixture{0.2, 0.5, 0.3};
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_NEAR(fit.coefficient(e, 2), truth()[e].alpha, 1e-5);
    EXPECT_NEAR(fit.coefficient(e, 5), truth()[e].gamma, 5e-3);
    // Ten times the largest model and volume.
    EXPECT_NEAR(
        FittedLaw(fit).predict(e, {mixture, 4e7, 1e8}) / truth()[e].at(mixture[e], 4e7, 1e8), 1.0,
        1e-3);
    EXPECT_EQ(FittedLaw(fit).predict(e, {mixture, 1e6}),
              FittedLaw(fit).predict(e, {mixture, 1e6, 1e7}));
  }
}

TEST(ModelSize, IsPartOfCInThePaperCoefficients) {
  const data::LawFit fit = fit_law(three_sizes(), fit_of("bimix"));
  std::map<std::string, double> read;
  for (const CoefficientColumn& column : law_of(fit).words().columns)
    if (column.value)
      read[column.title] = column.value(std::span(fit.coefficient.values).first(6), fit.last_size);
  EXPECT_NEAR(
      std::pow(0.3, -read["alpha"]) * (read["B"] * std::pow(2e6, -read["beta"]) + read["C"]),
      FittedLaw(fit).predict(0, {{0.3, 0.3, 0.4}, 2e6}), 1e-12);
}

TEST(ModelSize, OfTheLastIsFittedByLawsWithoutOne) {
  const data::Observations all = three_sizes(3e-3);
  const data::Observations last =
      rows_where(all, [&](std::size_t row) { return all.model_size[row] == 1e7; });
  for (const char* law : {"bimix_transfer", "linear", "noise_capacity"}) {
    const data::LawFit fit = fit_law(all, fit_of(law)), alone = fit_law(last, fit_of(law));
    EXPECT_EQ(fit.coefficient, alone.coefficient) << law;
    EXPECT_EQ(fit.size_low, 1e7);
    EXPECT_EQ(FittedLaw(fit).predicted_size(0.0, ""), 1e7);
    EXPECT_EQ(FittedLaw(fit).predicted_size(1e7, ""), 1e7);
    EXPECT_THROW(FittedLaw(fit).predicted_size(1e8, "--parameters"), core::UsageError);
  }
}

TEST(ModelSize, ThatIsTheSameEverywhereChangesNothing) {
  const data::Observations without = synthetic::observations(truth(), {.noise = 3e-3});
  data::Observations with = without;
  with.model_size.assign(with.tokens.size(), 7e7);
  with.model_size[3] *= 1.001;  // as counted by another tool
  for (const std::string& law : laws_to_fit(with, fit_of("all")))
    EXPECT_EQ(fit_law(with, fit_of(law)).coefficient, fit_law(without, fit_of(law)).coefficient)
        << law;
}

TEST(ModelSize, NeedsAThirdToTellTheExponent) {
  const data::Observations all = three_sizes(1e-3);
  const data::Observations two =
      rows_where(all, [&](std::size_t row) { return all.model_size[row] > 1e6; });
  const auto flags = [](const data::Observations& seen) {
    return fit_law(seen, fit_of("effective_share")).domain[0].flags;
  };
  EXPECT_THAT(flags(two), Contains(HasSubstr("two model sizes do not tell gamma of domain 'd0'")));
  EXPECT_THAT(flags(all), Not(Contains(HasSubstr("gamma"))));
}

TEST(ModelSize, OfADomainThatWasSeenWithOneOnlyIsNotFitted) {
  data::Observations seen = three_sizes();
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.model_size[row] < 1e7) seen.loss_nats(row, 1) = std::nan("");
  const data::LawFit fit = fit_law(seen, fit_of("bimix"));
  EXPECT_TRUE(std::isnan(fit.coefficient(1, 0)));
  EXPECT_THAT(fit.domain[1].flags, Contains(HasSubstr("'d1' was seen with one model size")));
  EXPECT_TRUE(std::isfinite(fit.coefficient(0, 0)));
}

TEST(ModelSize, OfRunsThatEndBeforeTheFitBeginsIsNone) {
  data::Observations seen = three_sizes();
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.model_size[row] < 1e7) seen.tokens[row] *= 0.01;
  FitOptions options = fit_of("bimix");
  options.min_tokens = 60e3;
  const data::LawFit fit = fit_law(seen, options);
  EXPECT_EQ(fit.parameters.size(), 4u);
  EXPECT_EQ(fit.size_low, 1e7);
}

TEST(ModelSize, IsRefusedWhereItIsSaidForSomeRowsOnly) {
  data::Observations seen = three_sizes();
  for (const double wrong : {0.0, -1.0, std::nan("")}) {
    seen.model_size[5] = wrong;
    EXPECT_THROW(fit_law(seen, {}), core::DataError) << wrong;
  }
  seen.model_size.pop_back();
  EXPECT_THROW(fit_law(seen, {}), core::DataError);
}

// Runs of two models are not repeats of one another, however far apart their losses are.
TEST(ModelSize, IsNoNoise) {
  const data::LawFit fit = fit_law(three_sizes(), fit_of("bimix"));
  EXPECT_FALSE(fit.domain[0].noise_seed);
  EXPECT_LT(fit.domain[0].noise_reading.value(), 1e-6);
}

// Held-out figures are of the last size: the law sees the smaller ones, too, and gains by them.
TEST(ModelSize, IsTheLastInHeldOutFigures) {
  const data::Observations all = three_sizes(3e-3);
  const data::Observations last =
      rows_where(all, [&](std::size_t row) { return all.model_size[row] == 1e7; });
  const auto points = [](const data::Observations& seen) {
    return held_out_fold(seen, fit_of("bimix"), 0, 4).point;
  };
  const data::Table of_all = points(all), of_last = points(last);
  ASSERT_EQ(of_all.rows, of_last.rows);
  for (std::size_t row = 0; row < of_all.rows; ++row)
    for (const auto column : {HeldOutPart::seen, HeldOutPart::previous, HeldOutPart::training_mean})
      EXPECT_EQ(of_all(row, column), of_last(row, column));
}

TEST(LargerModel, IsPredictedFromTheSmallerOnes) {
  const data::Observations seen = three_sizes(1e-3);
  const EvaluateOptions options{.protocol = Protocol::larger_model};
  EXPECT_TRUE(complaints(options, seen).empty());
  const Split split = splits_of(seen, {}, options).front().front();
  const data::HeldOut held =
      merge_folds(seen.domains, {evaluate_split(seen, {}, "effective_share", split)});
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_LT(held.error[e], 0.02);
    // The same mixture with the smaller model: 3e6 against 1e7 parameters.
    EXPECT_NEAR(held.persistence[e],
                truth()[e].at(0.3, 4e6, 3e6) / truth()[e].at(0.3, 4e6, 1e7) - 1, 3e-3);
    EXPECT_LT(held.error[e], 0.5 * held.persistence[e]);
  }
  EXPECT_THAT(complaints(options, synthetic::observations(truth(), {})).at(0).place, "--protocol");
}

TEST(LargerModel, MayBeSeenOfSomeMixtures) {
  const data::Observations seen = three_sizes(1e-3);
  const auto groups =
      splits_of(seen, {}, {.protocol = Protocol::larger_model, .train = 4, .draws = 3});
  ASSERT_EQ(groups.size(), 3u);
  for (const auto& group : groups) {
    const Split& split = group.front();
    EXPECT_EQ(std::count(split.trains.begin(), split.trains.end(), true), 4);
    const data::Table found = evaluate_split(seen, {}, "bimix", split).point;
    EXPECT_EQ(found.rows, 8u * 3u);
    for (std::size_t row = 0; row < found.rows; ++row)
      EXPECT_NEAR(found(row, HeldOutPart::predicted) / found(row, HeldOutPart::seen), 1.0, 4e-3);
  }
  EXPECT_EQ(complaints({.protocol = Protocol::larger_model, .train = 11}, seen).at(0).place,
            "--train");
}

// What is held out is not looked at.
TEST(LargerModel, IsNotSeenByTheFit) {
  const data::Observations seen = three_sizes(1e-3);
  data::Observations spoilt = seen;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row)
    if (seen.model_size[row] == 1e7) spoilt.loss_nats(row, 0) *= 2.0;
  const Split split = splits_of(seen, {}, {.protocol = Protocol::larger_model}).front().front();
  for (const char* law : {"bimix", "additive", "linear"}) {
    const data::Table a = evaluate_split(seen, {}, law, split).point;
    const data::Table b = evaluate_split(spoilt, {}, law, split).point;
    for (std::size_t row = 0; row < a.rows; ++row)
      EXPECT_EQ(a(row, HeldOutPart::predicted), b(row, HeldOutPart::predicted));
  }
}

}  // namespace
}  // namespace bimix::law
