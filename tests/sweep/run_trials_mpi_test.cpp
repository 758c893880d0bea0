#include "support/fake_source.hpp"
#include "support/mpi_test.hpp"
#include "support/noting_caller.hpp"

#include <bimix/plan/plan.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

namespace bimix::sweep {
namespace {

using test::world;

std::vector<data::TrialSpec> some_trials(int count, const std::string& label = "good") {
  std::vector<data::TrialSpec> trials;
  for (int i = 0; i < count; ++i)
    trials.push_back(plan::identified({.mixture_label = label,
                                       .mixture = {i / 100.0, 1 - i / 100.0},
                                       .tokens = {1024, 2048 + 1024 * (i % 3)}},
                                      test::FakeSource()));
  return trials;
}

/// What rank 0 is handed, by id.
std::map<std::string, data::TrialResult> run_all(const std::vector<data::TrialSpec>& trials,
                                                 bool* complete) {
  std::map<std::string, data::TrialResult> results;
  test::NotingCaller caller;
  *complete = run_trials(world(), trials, test::FakeSource(), caller);
  EXPECT_TRUE(world().is_root() || caller.results.empty());
  for (const data::TrialResult& result : caller.results)
    EXPECT_TRUE(results.emplace(result.id, result).second) << "a trial came twice";
  return results;
}

TEST(RunTrials, GivesTheSameCurvesAtAnyNumberOfRanks) {
  const auto trials = some_trials(20);
  bool complete = false;
  const auto results = run_all(trials, &complete);
  EXPECT_TRUE(complete);
  if (!world().is_root()) return;
  ASSERT_EQ(results.size(), trials.size());
  for (const data::TrialSpec& trial : trials)
    EXPECT_EQ(results.at(trial.id).curve, test::FakeSource().run(trial, {}).curve);
}

TEST(RunTrials, GoesOnAfterATrialThatFails) {
  auto trials = some_trials(6);
  trials[2].mixture_label = "bad";
  bool complete = false;
  const auto results = run_all(trials, &complete);
  EXPECT_TRUE(complete);
  if (!world().is_root()) return;
  EXPECT_EQ(results.at(trials[2].id).status, data::TrialStatus::failed);
  EXPECT_EQ(results.at(trials[2].id).message, "fake: cannot do this.");
  EXPECT_EQ(std::count_if(results.begin(), results.end(),
                          [](const auto& r) { return r.second.status == data::TrialStatus::ok; }),
            5);
}

TEST(RunTrials, KnowsWantOfMemory) {
  auto trials = some_trials(4);
  trials[1].mixture_label = "large";
  trials[2].mixture_label = "huge";
  bool complete = false;
  const auto results = run_all(trials, &complete);
  EXPECT_TRUE(complete);
  if (!world().is_root()) return;
  for (const std::size_t trial : {1, 2})
    EXPECT_EQ(results.at(trials[trial].id).failure, data::FailureKind::memory);
  EXPECT_EQ(results.at(trials[1].id).message, "there was no memory left");
  EXPECT_EQ(results.at(trials[0].id).status, data::TrialStatus::ok);
}

TEST(RunTrials, StopsOnRequestAndSaysThatItIsNotComplete) {
  const auto trials = some_trials(5, "endless");
  test::NotingCaller caller;
  SweepOptions options;
  // Only the last rank sees the signal: the others must hear of it.
  if (world().rank() == world().size() - 1) options.stop.request_stop();
  EXPECT_FALSE(run_trials(world(), trials, test::FakeSource(), caller, options));
  EXPECT_TRUE(caller.results.empty());
}

/// Looks once whether it is to stop.
class LookingSource : public test::FakeSource {
 public:
  data::TrialResult run(const data::TrialSpec& spec,
                        const trial::TrialHooks& hooks) const override {
    if (hooks.stop.stop_requested())
      throw core::Interrupted({.place = "looking", .problem = "stopped"});
    return FakeSource::run(spec, hooks);
  }
};

// Ranks without a trial leave at once; the stop comes later, and is for this sweep alone.
TEST(RunTrials, AStopDoesNotReachTheNextSweep) {
  SweepOptions options;
  const std::jthread signal([stop = options.stop]() mutable {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (world().is_root()) stop.request_stop();
  });
  test::NotingCaller first, second;
  EXPECT_FALSE(run_trials(world(), some_trials(1, "endless"), test::FakeSource(), first, options));
  EXPECT_TRUE(run_trials(world(), some_trials(20), LookingSource(), second));
}

/// Every member of a group adds what all of them say, several times; the trial "bad" fails on the
/// last member after one exchange.
class GroupSource : public test::FakeSource {
 public:
  explicit GroupSource(int ranks) : ranks_(ranks) {}
  trial::SourceTraits traits() const override {
    return {.tokens_per_step = 1024, .ranks_per_trial = ranks_};
  }

  data::TrialResult run(const data::TrialSpec& spec,
                        const trial::TrialHooks& hooks) const override {
    const core::ProcessGroup& group = hooks.group;
    double sum = 0;
    for (int round = 0; round < 20; ++round) {
      for (const std::string& said : core::gathered(group, std::to_string(group.number + round)))
        sum += std::stod(said);
      if (spec.mixture_label == "bad" && group.number == group.size - 1)
        throw core::DataError({.place = "member", .problem = "is out of memory"});
    }
    return {.id = spec.id, .curve = {{.tokens = 1024, .loss_nats = {sum}}}};
  }

 private:
  int ranks_;
};

TEST(RunTrials, LetsGroupsOfRanksRunATrialTogether) {
  for (const int ranks : {1, 2, 4}) {
    if (world().size() % ranks != 0) continue;
    auto trials = some_trials(9);
    trials[3].mixture_label = trials[7].mixture_label = "bad";
    test::NotingCaller caller;
    EXPECT_TRUE(run_trials(world(), trials, GroupSource(ranks), caller));
    std::map<std::string, data::TrialResult> results;
    for (const data::TrialResult& result : caller.results) results[result.id] = result;
    if (!world().is_root()) continue;
    ASSERT_EQ(results.size(), trials.size());
    double sum = 0;
    for (int round = 0; round < 20; ++round)
      for (int member = 0; member < ranks; ++member) sum += member + round;
    for (const data::TrialSpec& trial : trials) {
      const data::TrialResult& result = results.at(trial.id);
      EXPECT_EQ(result.rank % ranks, 0);
      if (trial.mixture_label == "bad") {
        EXPECT_EQ(result.status, data::TrialStatus::failed);
        EXPECT_NE(result.message.find("out of memory"), std::string::npos) << result.message;
      } else {
        ASSERT_EQ(result.status, data::TrialStatus::ok) << result.message;
        EXPECT_EQ(result.curve.front().loss_nats.front(), sum);
      }
    }
  }
}

TEST(RunTrials, RefusesRanksThatMakeNoWholeGroups) {
  SweepCaller nobody;
  EXPECT_THROW(run_trials(world(), some_trials(1), GroupSource(world().size() + 1), nobody),
               core::UsageError);
}

TEST(RunTrials, DoesNothingWithoutTrials) {
  bool complete = false;
  EXPECT_TRUE(run_all({}, &complete).empty());
  EXPECT_TRUE(complete);
}

}  // namespace
}  // namespace bimix::sweep
