#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <run/choice.hpp>

namespace bimix::run {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Why a trial is not run, or how.
std::vector<std::string> ids_of(const std::vector<data::TrialSpec>& specs) {
  std::vector<std::string> ids;
  for (const data::TrialSpec& spec : specs) ids.push_back(spec.id);
  return ids;
}

data::TrialResult ended(const std::string& id, data::TrialStatus status,
                        data::FailureKind failure = data::FailureKind::none) {
  data::TrialResult result;
  result.id = id;
  result.status = status;
  result.failure = failure;
  result.wall_seconds = 1;
  result.attempt = 2;
  return result;
}

class Choosing : public testing::Test {
 protected:
  Choice chosen(const std::vector<std::string>& only = {}) const {
    return choose({trials, results, only, suspected, before});
  }

  std::vector<data::TrialSpec> trials{{.id = "a", .cost = 10},
                                      {.id = "b", .cost = 10},
                                      {.id = "c", .cost = 10},
                                      {.id = "d", .cost = 10}};
  std::vector<data::TrialResult> results{};
  Suspicions suspected{};
  std::unordered_map<std::string, double> before{};
};

TEST_F(Choosing, RunsWhatHasNoResultAndWhatFailed) {
  results = {ended("a", data::TrialStatus::ok), ended("b", data::TrialStatus::failed),
             ended("c", data::TrialStatus::diverged)};
  before = {{"d", 4}};
  const Choice choice = chosen();
  EXPECT_THAT(ids_of(choice.missing), ElementsAre("b", "d"));
  EXPECT_EQ(choice.missing[1].cost, 6) << "an extension goes on from a model";
  EXPECT_EQ(choice.attempts.at("b"), 3);
  EXPECT_EQ(choice.attempts.at("d"), 1);
  EXPECT_EQ(choice.done, 1u);
  EXPECT_FALSE(choice.some_left_out);
}

TEST_F(Choosing, RunsSuspectsAloneAndWhatIsQuarantinedNotAtAll) {
  suspected = {.quarantined = {"a"}, .suspects = {"b"}};
  const Choice choice = chosen();
  EXPECT_THAT(choice.quarantined, ElementsAre("a"));
  EXPECT_THAT(ids_of(choice.alone), ElementsAre("b"));
  EXPECT_THAT(ids_of(choice.missing), ElementsAre("c", "d"));
  EXPECT_THAT(ids_of(chosen({"a"}).missing), ElementsAre("a")) << "who insists has it";
  results = {ended("a", data::TrialStatus::failed, data::FailureKind::quarantined)};
  suspected = {};
  EXPECT_THAT(ids_of(chosen().missing), ElementsAre("b", "c", "d")) << "it stays so";
}

TEST_F(Choosing, LeavesOutWhatOnlyDoesNotName) {
  results = {ended("a", data::TrialStatus::ok), ended("b", data::TrialStatus::diverged)};
  const Choice choice = chosen({"a", "b"});
  EXPECT_THAT(ids_of(choice.missing), ElementsAre("b"));
  EXPECT_THAT(choice.done_before, ElementsAre("a"));
  EXPECT_TRUE(choice.some_left_out);
}

TEST_F(Choosing, TriesAgainOnlyWhatFailedAndIsWorthIt) {
  const Choice tried = chosen();
  results = {ended("a", data::TrialStatus::failed, data::FailureKind::memory),
             ended("b", data::TrialStatus::failed, data::FailureKind::command),
             ended("c", data::TrialStatus::ok)};
  const Choice again = choose_again(
      tried, results, [](const data::TrialResult& result) { return may_pass(result.failure); });
  EXPECT_THAT(ids_of(again.missing), ElementsAre("a"));
  EXPECT_EQ(again.attempts.at("a"), 3);
}

TEST(Suspicions, AreOfTrialsThatRanAloneWhenTheirRunWasKilled) {
  store::JournalState state;
  state.cut_off = {{"killer", {.alone = 5}},
                   {"new", {.alone = 4}},
                   {"one of many", {.in_company = 7}},
                   {"seldom", {.alone = 1, .in_company = 3}}};
  const Suspicions all = suspicions(state, {});
  EXPECT_THAT(all.quarantined, ElementsAre("killer"));
  EXPECT_THAT(all.suspects, ElementsAre("one of many")) << "accused of nothing, but looked at";
  EXPECT_EQ(suspicions_from(to_json(all)), all);
  for (int more = 0; more < 8; ++more) state.cut_off[std::to_string(more)] = {.in_company = 5};
  EXPECT_THAT(suspicions(state, {}).suspects, IsEmpty()) << "what kills so many comes from outside";
}

// A trial that is killed without notice any number of times goes on from its checkpoint.
TEST(Suspicions, AreNotOfTrialsThatHaveComeFurtherSince) {
  store::JournalState state;
  state.cut_off = {{"aa", {.alone = 5}}};
  state.saved = {{"aa", "a third"}};
  EXPECT_THAT(suspicions(state, {{"aa", "two thirds"}}).quarantined, IsEmpty());
  EXPECT_THAT(suspicions(state, {{"aa", "a third"}}).quarantined, ElementsAre("aa"));
}

}  // namespace
}  // namespace bimix::run
