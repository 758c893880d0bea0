#include <bimix/data/json.hpp>
#include <bimix/mix/objective.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::mix {
namespace {

using testing::ElementsAre;

const data::DomainSet three{{"web", "code"}, {"web", "code", "exams"}, {0, 1, -1}};

data::ObjectiveWords words(const char* objective, const std::vector<double>& weight,
                           const data::DomainSet& domains = three) {
  return words_of(find_objective(objective), weight, domains);
}

TEST(ObjectiveWords, NameEverySetThatCounts) {
  const double third = 1.0 / 3.0;
  EXPECT_EQ(words("mean", {third, third, third}).whole, "mean loss of web, code and exams");
  EXPECT_EQ(words("mean", {0.5, 0.0, 0.5}).whole, "mean loss of web and exams");
  EXPECT_EQ(words("weighted", {0.25, 0.75, 0.0}).whole, "weighted mean loss of web and code");
  EXPECT_EQ(words("worst", {third, third, third}).whole,
            "largest rise of a loss above the default's, of web, code and exams");
}

// Rises 0.1, -0.2, 0.3 with weights 0.5, 0.3, 0.2. By hand for the radius 0.1: the Kullback-Leibler
// ball's price is 0.3758; the chi-squared value is mean + sqrt(0.2 variance).
TEST(RobustObjectives, AreWorthWhatTheirFormulasSay) {
  const std::vector<double> weight{0.5, 0.3, 0.2}, rise{0.1, -0.2, 0.3};
  EXPECT_NEAR(find_objective("kl", {.radius = 0.1}).value(weight, rise), 0.128282, 5e-7);
  EXPECT_NEAR(find_objective("kl").value(weight, rise), 0.128282, 5e-7)
      << "0.1 is the usual radius";
  const ObjectiveSetting ball{.radius = 0.1};
  const Objective& chi = find_objective("chi-squared", ball);
  EXPECT_NEAR(chi.value(weight, rise), 0.130623, 5e-7);
  std::vector<double> slope(3);
  chi.smooth(weight, rise, 1e-6, slope);
  EXPECT_NEAR(slope[0], 0.562017, 5e-7);
  EXPECT_NEAR(slope[1], 0.113948, 5e-7);
  EXPECT_NEAR(slope[2], 0.324035, 5e-7);
  const double price = 0.3758;
  find_objective("kl", ball).smooth(weight, rise, 1e-6, slope);
  for (std::size_t e = 1; e < 3; ++e)
    EXPECT_NEAR(slope[e] / slope[0], weight[e] / weight[0] * std::exp((rise[e] - rise[0]) / price),
                1e-3);
}

// At these radii a weight of the closed form is negative. By bisection of both multipliers; the
// first by hand: 3/7 and 4/7.
TEST(RobustObjectives, OfTheChiSquaredBallAreClippedToWeightsThatThereAre) {
  const std::vector<double> weight{0.5, 0.3, 0.2}, rise{0.1, -0.2, 0.3};
  struct Clipped {
    double radius, value;
    std::vector<double> weight;
  };
  const Clipped cases[]{{0.5, 3.0 / 14.0, {3.0 / 7.0, 0.0, 4.0 / 7.0}},
                        {1.0, 0.2519035654, {0.2404821728, 0.0, 0.7595178272}},
                        {10.0, 0.3, {0.0, 0.0, 1.0}}};
  for (const Clipped& one : cases) {
    const ObjectiveSetting ball{.radius = one.radius};
    const Objective& chi = find_objective("chi-squared", ball);
    EXPECT_NEAR(chi.value(weight, rise), one.value, 1e-9);
    std::vector<double> slope(3);
    chi.smooth(weight, rise, 1e-9, slope);
    for (std::size_t e = 0; e < 3; ++e) EXPECT_NEAR(slope[e], one.weight[e], 1e-7) << one.radius;
  }
}

TEST(RobustObjectives, LieBetweenTheMeanAndTheWorst) {
  const std::vector<double> weight{0.5, 0.3, 0.2}, rise{0.1, -0.2, 0.3};
  const double mean = 0.05;
  for (const char* name : {"kl", "chi-squared"}) {
    EXPECT_NEAR(find_objective(name, {.radius = 1e-12}).value(weight, rise), mean, 1e-6);
    EXPECT_NEAR(find_objective(name, {.radius = 1000.0}).value(weight, rise), 0.3, 1e-12);
    double before = mean;
    for (const double radius : {0.05, 0.1, 0.5, 1.0, 1.5}) {
      const ObjectiveSetting ball{.radius = radius};
      const Objective& objective = find_objective(name, ball);
      std::vector<double> slope(3);
      const double value = objective.value(weight, rise);
      EXPECT_GT(value, before);
      before = value;
      objective.smooth(weight, rise, 1e-9, slope);
      for (const double w : slope) EXPECT_GE(w, 0.0) << "clipped where the closed form is negative";
      EXPECT_NEAR(slope[0] + slope[1] + slope[2], 1.0, 1e-12);
    }
  }
  EXPECT_EQ(&find_objective("mean", {.radius = 2.0}), &find_objective("mean"))
      << "it asks for nothing";
}

// Groups of web and exams, and of code: 0.5 x 0.1 + 0.2 x 0.3 over 0.7, and -0.2.
TEST(Groups, AreAsBadAsTheMeanOfTheWorstOfThem) {
  const std::vector<double> weight{0.5, 0.3, 0.2}, rise{0.1, -0.2, 0.3};
  const ObjectiveSetting two{.group = {0, 1, 0}};
  const Objective& groups = find_objective("groups", two);
  EXPECT_NEAR(groups.value(weight, rise), 0.11 / 0.7, 1e-15);
  EXPECT_NEAR(groups.value(weight, std::vector{0.1, 0.4, 0.3}), 0.4, 0.0);
  std::vector<double> slope(3);
  groups.smooth(weight, rise, 1e-6, slope);
  EXPECT_NEAR(slope[0], 0.5 / 0.7, 1e-15);
  EXPECT_EQ(slope[1], 0.0);
  const ObjectiveSetting in_one{.group = {0, 0, 0}}, alone{.group = {2, 1, 0}};
  const Objective &all = find_objective("groups", in_one), &each = find_objective("groups", alone);
  EXPECT_NEAR(all.value(weight, rise), 0.05, 1e-15) << "one group is its mean";
  EXPECT_EQ(each.value(weight, rise), find_objective("worst").value(weight, rise));
  EXPECT_EQ(words_of(groups, weight, three).whole,
            "largest mean rise of a group above the default's, of web, code and exams");
  EXPECT_EQ(words_of(groups, weight, three, "uniform's").whole,
            "largest mean rise of a group above uniform's, of web, code and exams");
}

TEST(ObjectiveWords, SayNoMeanOfOneSet) {
  EXPECT_EQ(words("weighted", {0.0, 1.0, 0.0}).whole, "loss of code");
  const data::DomainSet one{{"web", "code"}, {"paloma/macro"}, {-1}};
  EXPECT_EQ(words("mean", {1.0}, one).whole, "loss of paloma/macro (an average by its name)");
  EXPECT_EQ(words("worst", {1.0}, one).value, "rise of the loss");
}

TEST(ObjectiveWords, CountSetsOfWhichThereAreMany) {
  data::DomainSet many;
  for (int e = 0; e < 17; ++e) many.eval.push_back("set" + std::to_string(e));
  EXPECT_EQ(words("mean", std::vector<double>(17, 1.0 / 17), many).whole, "mean loss of 17 sets");
}

TEST(ObjectiveWords, ShowWeightsWhereTheyDifferByWish) {
  EXPECT_TRUE(words("weighted", {0.25, 0.75, 0.0}).shows_weights);
  EXPECT_FALSE(words("weighted", {0.5, 0.5, 0.0}).shows_weights);
  EXPECT_FALSE(words("mean", {0.5, 0.0, 0.5}).shows_weights);
}

TEST(ChoiceJson, SaysWhatTheObjectiveIsAndWhetherToTrustIt) {
  const std::vector<double> weight{0.5, 0.0, 0.5};
  const data::MixtureChoice doubtful{
      .objective = "mean",
      .objective_words = words("mean", weight),
      .weight = weight,
      .predicted_nats = {1.0, 2.0, 3.0},
      .trust = {.doubt = "not to be trusted", .error = 0.07, .is_worse = {1, 0, 0}}};
  const data::Json json = data::to_json(doubtful, three);
  EXPECT_EQ(json["objective_words"], "mean loss of web and exams");
  EXPECT_EQ(json["objective_sets"], (data::Json{"web", "exams"}));
  EXPECT_EQ(json["loss_unit"], "nats");
  EXPECT_EQ(json["trust"]["is_trusted"], false);
  EXPECT_EQ(json["trust"]["error"], 0.07);
  EXPECT_EQ(json["trust"]["r2"], nullptr);
  EXPECT_EQ(json["trust"]["worse_sets"], data::Json{"web"});
}

}  // namespace
}  // namespace bimix::mix
