#include <bimix/data/json.hpp>
#include <bimix/mix/objective.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
