#include "support/mpi_test.hpp"
#include "sweep/fake_source.hpp"

#include <bimix/sweep/plan.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace bimix {
namespace {

using test::world;

std::vector<TrialSpec> some_trials(int count, const std::string& label = "good") {
  std::vector<TrialSpec> trials;
  for (int i = 0; i < count; ++i)
    trials.push_back(identified({.mixture_label = label,
                                 .mixture = {i / 100.0, 1 - i / 100.0},
                                 .tokens = {1024, 2048 + 1024 * (i % 3)}},
                                test::FakeSource()));
  return trials;
}

/// What rank 0 is handed, by id.
std::map<std::string, TrialResult> run_all(const std::vector<TrialSpec>& trials, bool* complete) {
  std::map<std::string, TrialResult> results;
  SweepHooks hooks;
  hooks.on_result = [&](const TrialResult& result) {
    EXPECT_TRUE(world().is_root());
    EXPECT_TRUE(results.emplace(result.id, result).second) << "a trial came twice";
  };
  *complete = run_trials(world(), trials, test::FakeSource(), hooks);
  return results;
}

TEST(RunTrials, GivesTheSameCurvesAtAnyNumberOfRanks) {
  const auto trials = some_trials(20);
  bool complete = false;
  const auto results = run_all(trials, &complete);
  EXPECT_TRUE(complete);
  if (!world().is_root()) return;
  ASSERT_EQ(results.size(), trials.size());
  for (const TrialSpec& trial : trials)
    EXPECT_EQ(results.at(trial.id).curve, test::FakeSource().run(trial, {}).curve);
}

TEST(RunTrials, GoesOnAfterATrialThatFails) {
  auto trials = some_trials(6);
  trials[2].mixture_label = "bad";
  bool complete = false;
  const auto results = run_all(trials, &complete);
  EXPECT_TRUE(complete);
  if (!world().is_root()) return;
  EXPECT_EQ(results.at(trials[2].id).status, TrialStatus::failed);
  EXPECT_EQ(results.at(trials[2].id).message, "fake: cannot do this.");
  EXPECT_EQ(std::count_if(results.begin(), results.end(),
                          [](const auto& r) { return r.second.status == TrialStatus::ok; }),
            5);
}

TEST(RunTrials, StopsOnRequestAndSaysThatItIsNotComplete) {
  const auto trials = some_trials(5, "endless");
  SweepHooks hooks;
  // Only the last rank sees the signal: the others must hear of it.
  hooks.stop_requested = [] { return world().rank() == world().size() - 1; };
  int results = 0;
  hooks.on_result = [&](const TrialResult&) { ++results; };
  EXPECT_FALSE(run_trials(world(), trials, test::FakeSource(), hooks));
  EXPECT_EQ(results, 0);
}

TEST(RunTrials, DoesNothingWithoutTrials) {
  bool complete = false;
  EXPECT_TRUE(run_all({}, &complete).empty());
  EXPECT_TRUE(complete);
}

}  // namespace
}  // namespace bimix
