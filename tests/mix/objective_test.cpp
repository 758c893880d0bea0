#include <bimix/data/json.hpp>
#include <bimix/data/objective.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::data {
namespace {

using testing::ElementsAre;

const DomainSet three{{"web", "code"}, {"web", "code", "exams"}, {0, 1, -1}};

MixtureChoice choice(const std::string& objective, const std::vector<double>& weight) {
  return {.objective = objective, .weight = weight, .predicted_nats = {1.0, 2.0, 3.0}};
}

TEST(ObjectiveWords, NameEverySetThatCounts) {
  const double third = 1.0 / 3.0;
  EXPECT_EQ(objective_words(choice("mean", {third, third, third}), three),
            "mean loss of web, code and exams");
  EXPECT_EQ(objective_words(choice("mean", {0.5, 0.0, 0.5}), three), "mean loss of web and exams");
  EXPECT_EQ(objective_words(choice("weighted", {0.25, 0.75, 0.0}), three),
            "weighted mean loss of web and code");
  EXPECT_EQ(objective_words(choice("worst", {0.0, 1.0, 0.0}), three),
            "largest rise of a loss above the default's, of web, code and exams");
}

TEST(ObjectiveWords, SayNoMeanOfOneSet) {
  EXPECT_EQ(objective_words(choice("weighted", {0.0, 1.0, 0.0}), three), "loss of code");
  const DomainSet one{{"web", "code"}, {"paloma/macro"}, {-1}};
  MixtureChoice alone = choice("mean", {1.0});
  alone.predicted_nats = {1.0};
  EXPECT_EQ(objective_words(alone, one), "loss of paloma/macro (an average by its name)");
  alone.objective = "worst";
  EXPECT_EQ(objective_name(alone), "rise of the loss");
}

TEST(ObjectiveWords, CountSetsOfWhichThereAreMany) {
  DomainSet many;
  for (int e = 0; e < 17; ++e) many.eval.push_back("set" + std::to_string(e));
  MixtureChoice mean{.objective = "mean",
                     .weight = std::vector<double>(17, 1.0 / 17),
                     .predicted_nats = std::vector<double>(17, 2.0)};
  EXPECT_EQ(objective_words(mean, many), "mean loss of 17 sets");
}

TEST(CountedSets, LeaveOutWhatHasNoWeightOrNoLaw) {
  EXPECT_THAT(counted_sets(choice("mean", {0.5, 0.0, 0.5})), ElementsAre(true, false, true));
  MixtureChoice worst = choice("worst", {0.0, 1.0, 0.0});
  worst.predicted_nats[2] = std::nan("");
  EXPECT_THAT(counted_sets(worst), ElementsAre(true, true, false));
}

TEST(ChoiceJson, SaysWhatTheObjectiveIsAndWhetherToTrustIt) {
  MixtureChoice doubtful = choice("mean", {0.5, 0.0, 0.5});
  doubtful.trust = {.doubt = "not to be trusted", .error = 0.07, .is_worse = {1, 0, 0}};
  const Json json = to_json(doubtful, three);
  EXPECT_EQ(json["objective_words"], "mean loss of web and exams");
  EXPECT_EQ(json["objective_sets"], (Json{"web", "exams"}));
  EXPECT_EQ(json["loss_unit"], "nats");
  EXPECT_EQ(json["trust"]["is_trusted"], false);
  EXPECT_EQ(json["trust"]["error"], 0.07);
  EXPECT_EQ(json["trust"]["r2"], nullptr);
  EXPECT_EQ(json["trust"]["worse_sets"], Json{"web"});
}

}  // namespace
}  // namespace bimix::data
