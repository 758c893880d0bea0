#include "support/fake_source.hpp"
#include "support/processor_time.hpp"

#include <bimix/plan/check.hpp>
#include <bimix/plan/plan.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace bimix::plan {
namespace {

using testing::ElementsAre;

PlanInput some_input() {
  return {.name = "test",
          .seed = 5,
          .domains = {{"a", "b"}, {"a", "b"}, {0, 1}},
          .default_mixture = {0.5, 0.5},
          .design = {.mixtures = {ListedMixtures{.mixtures = {{0.5, 0.5}, {0.2, 0.8}}}},
                     .tokens = {1000, 3000},
                     .repeats = 2}};
}

TEST(WholeSteps, RoundsToTheNearestAndKeepsAtLeastOne) {
  EXPECT_THAT(whole_steps({1, 1000, 1500, 2000, 2100}, 1024), ElementsAre(1024, 2048));
}

TEST(MakePlan, VisitsAllVolumesInOneTrajectory) {
  const data::SweepPlan plan = make_plan(some_input(), {}, test::FakeSource());
  EXPECT_THAT(plan.tokens, ElementsAre(1024, 3072));
  ASSERT_EQ(plan.trials.size(), 4u);  // 2 mixtures x 2 repeats
  for (const data::TrialSpec& trial : plan.trials)
    EXPECT_THAT(trial.tokens, ElementsAre(1024, 3072));
}

TEST(MakePlan, SharesSeedsBetweenMixturesUnlessTold) {
  PlanInput input = some_input();
  const auto repeats_of = [&] {
    std::vector<int> repeats;
    for (const data::TrialSpec& trial : make_plan(input, {}, test::FakeSource()).trials)
      repeats.push_back(trial.repeat);
    return repeats;
  };
  EXPECT_THAT(repeats_of(), ElementsAre(0, 1, 0, 1));
  input.design.seeds = SeedChoice::independent;
  EXPECT_THAT(repeats_of(), ElementsAre(0, 1, 2, 3));
}

TEST(MakePlan, RunsEachCellOnAnIndependentAxis) {
  PlanInput input = some_input();
  input.design.axis = VolumeAxis::independent;
  const data::SweepPlan plan = make_plan(input, {}, test::FakeSource());
  EXPECT_EQ(plan.trials.size(), 8u);
  for (const data::TrialSpec& trial : plan.trials) EXPECT_EQ(trial.tokens.size(), 1u);
}

/// Whose runs of one mixture have a beginning in common.
class TrunkSource : public test::FakeSource {
 public:
  trial::SourceTraits traits() const override {
    return {.tokens_per_step = 1024, .shares_trunk = true};
  }
};

TEST(MakePlan, LeavesCellsWithACommonTrunkToOneTrial) {
  PlanInput input = some_input();
  input.design.axis = VolumeAxis::independent;
  const data::SweepPlan plan = make_plan(input, {}, TrunkSource());
  EXPECT_EQ(plan.trials.size(), 4u);
  for (const data::TrialSpec& trial : plan.trials)
    EXPECT_THAT(trial.tokens, ElementsAre(1024, 3072));
}

/// A log of runs.
class LoggedSource : public test::FakeSource {
 public:
  explicit LoggedSource(std::vector<data::LossCurve> runs) : runs_(std::move(runs)) {}
  std::vector<data::LossCurve> logged_runs() const override { return runs_; }
  double cost(const data::TrialSpec&) const override { return 1.0; }

 private:
  std::vector<data::LossCurve> runs_;
};

data::LossCurve some_run(std::string name, data::Mixture mixture) {
  return {.run = std::move(name),
          .mixture = std::move(mixture),
          .points = {{.tokens = 1000, .loss_nats = {3.0, 3.0}}}};
}

std::vector<std::string> runs_of(const data::SweepPlan& plan) {
  std::vector<std::string> runs;
  for (const data::TrialSpec& trial : plan.trials) runs.push_back(trial.run);
  return runs;
}

TEST(MakeReplayPlan, GivesEachMixtureItsRunsInTheOrderOfTheLog) {
  const LoggedSource source({some_run("a", {0.5, 0.5}), some_run("b", {0.2, 0.8}),
                             some_run("c", {0.50005, 0.49995}), some_run("d", {0.5, 0.5})});
  PlanInput input = some_input();
  input.design.tokens = {1000};
  // Designed: logs print few digits, so that a share may be off by 1e-4.
  input.design.mixtures = {ListedMixtures{.mixtures = {{0.2, 0.8}, {0.5, 0.5}, {0.3, 0.7}}}};
  EXPECT_THAT(runs_of(make_replay_plan(input, {}, source)), ElementsAre("b", "a", "c", "d", ""));
  // What is fitted are the shares of the log, as when the run is read again from its journal.
  input.design.mixtures = {ListedMixtures{.mixtures = {{0.20004, 0.79996}, {0.3, 0.7}}}};
  EXPECT_THAT(make_replay_plan(input, {}, source).mixtures,
              ElementsAre(data::Mixture{0.2, 0.8}, data::Mixture{0.3, 0.7}));
  // Not designed: the mixtures as they are logged.
  input.design.mixtures.clear();
  const data::SweepPlan plan = make_replay_plan(input, {}, source);
  EXPECT_THAT(runs_of(plan), ElementsAre("a", "d", "b", "c"));
  EXPECT_THAT(plan.labels, ElementsAre("a", "b", "c"));
}

// Comparing every run with every mixture takes minutes.
TEST(MakeReplayPlan, DoesNotCompareEveryRunWithEveryMixture) {
  std::vector<data::LossCurve> runs;
  for (int n = 0; n < 100'000; ++n)
    runs.push_back(some_run("run" + std::to_string(n), {n * 1e-5, 1 - n * 1e-5}));
  PlanInput input = some_input();
  input.design.mixtures.clear();
  const double start = test::processor_seconds();
  EXPECT_EQ(make_replay_plan(input, {}, LoggedSource(runs)).trials.size(), 100'000u);
  EXPECT_LT(test::processor_seconds() - start, 30.0);
}

TEST(Identified, GivesAnIdToContentAndNotToPlace) {
  const test::FakeSource source;
  const data::SweepPlan plan = make_plan(some_input(), {}, source);
  std::set<std::string> ids;
  for (const data::TrialSpec& trial : plan.trials) ids.insert(trial.id);
  EXPECT_EQ(ids.size(), plan.trials.size());

  data::TrialSpec moved = plan.trials[0];
  moved.mixture_id = 17;
  moved.mixture_label = "elsewhere";
  EXPECT_EQ(identified(moved, source).id, plan.trials[0].id);
  moved.mixture[0] += 1e-12;
  EXPECT_NE(identified(moved, source).id, plan.trials[0].id);
}

TEST(HasMoreVolumes, KnowsATrialThatWasExtended) {
  const test::FakeSource source;
  const data::TrialSpec before =
      identified({.mixture = {0.5, 0.5}, .repeat = 1, .seed = 5, .tokens = {10, 20}}, source);
  const auto with = [&](const std::vector<std::int64_t>& tokens, int repeat = 1) {
    data::TrialSpec spec = before;
    spec.tokens = tokens;
    spec.repeat = repeat;
    return identified(spec, source);
  };
  EXPECT_EQ(run_id(with({30})), run_id(before));
  EXPECT_NE(with({10, 20, 30}).id, before.id);
  EXPECT_TRUE(has_more_volumes(with({10, 20, 30}), before));
  EXPECT_TRUE(has_more_volumes(with({5, 10, 20}), before));
  EXPECT_FALSE(has_more_volumes(with({10, 30, 40}), before)) << "one is missing";
  EXPECT_FALSE(has_more_volumes(with({10, 20}), before));
  EXPECT_FALSE(has_more_volumes(with({10, 20, 30}, 2), before));
}

TEST(ObservationsOf, LeavesOutTrialsThatDidNotEndWell) {
  const test::FakeSource source;
  const data::SweepPlan plan = make_plan(some_input(), {}, source);
  std::vector<data::TrialResult> results;
  for (const data::TrialSpec& trial : plan.trials) results.push_back(source.run(trial, {}));
  results[1].status = data::TrialStatus::diverged;
  const data::Observations rows = observations_of(plan, results);
  EXPECT_EQ(rows.tokens.size(), 6u);
  EXPECT_EQ(rows.loss_nats.rows, 6u);
  EXPECT_THAT(rows.mixture_id, ElementsAre(0, 0, 1, 1, 1, 1));
}

TEST(ObservationsOf, TakesNoLossOf1e300ForOne) {
  const test::FakeSource source;
  const data::SweepPlan plan = make_plan(some_input(), {}, source);
  std::vector<data::TrialResult> results;
  for (const data::TrialSpec& trial : plan.trials) results.push_back(source.run(trial, {}));
  results[0].curve[0].loss_nats[1] = 1e300;
  const data::Observations rows = observations_of(plan, results);
  EXPECT_TRUE(std::isfinite(rows.loss_nats(0, 0)));
  EXPECT_TRUE(std::isnan(rows.loss_nats(0, 1)));
  EXPECT_TRUE(std::isfinite(rows.loss_nats(1, 1)));
}

// A trainer that is not told its seed trains the same model again.
TEST(ObservationsOf, TakesRepeatsWithTheSameLossesForOne) {
  const test::FakeSource source;
  const data::SweepPlan plan = make_plan(some_input(), {}, source);
  std::vector<data::TrialResult> results;
  for (const data::TrialSpec& trial : plan.trials) {
    data::TrialSpec first = trial;
    first.repeat = 0;
    results.push_back(source.run(first, {}));
  }
  const data::Observations rows = observations_of(plan, results);
  EXPECT_THAT(rows.mixture_id, ElementsAre(0, 0, 1, 1));
  EXPECT_EQ(rows.same_runs, 2);
}

TEST(MakeCheckTrials, UsesRepeatsThatThePlanDidNot) {
  const test::FakeSource source;
  const data::SweepPlan plan = make_plan(some_input(), {}, source);
  const auto trials = make_check_trials(plan, {{"default", {0.5, 0.5}}, {"optimum", {0.3, 0.7}}},
                                        {5, 3000, 2}, source);
  ASSERT_EQ(trials.size(), 4u);
  for (const data::TrialSpec& trial : trials) EXPECT_GE(trial.repeat, 2);
}

/// @param by_default losses of the default, by repeat @param by_optimum of the optimum
data::CheckReport report_of(const std::vector<double>& by_default,
                            const std::vector<double>& by_optimum) {
  std::vector<data::TrialSpec> trials;
  std::vector<data::TrialResult> results;
  for (int m = 0; m < 2; ++m) {
    const std::vector<double>& losses = m == 0 ? by_default : by_optimum;
    for (std::size_t repeat = 0; repeat < losses.size(); ++repeat) {
      const std::string id = std::to_string(10 * m) + std::to_string(repeat);
      trials.push_back({.id = id,
                        .mixture_label = m == 0 ? "default" : "optimum",
                        .mixture_id = m,
                        .mixture = {0.5, 0.5},
                        .repeat = static_cast<int>(repeat),
                        .tokens = {1024}});
      results.push_back({.id = id, .curve = {{1024, 1, {losses[repeat]}}}});
    }
  }
  return make_check_report(trials, results, {{"a", "b"}, {"a"}, {0}}, data::Table(2, 1, 3.0),
                           {1.0});
}

TEST(MakeCheckReport, TakesRepeatsWithTheSameLossesForOne) {
  const data::CheckReport same = report_of({3.0, 3.0, 3.0}, {2.9, 2.9, 2.9});
  EXPECT_EQ(same.repeats, 1);
  EXPECT_EQ(same.same_repeats, 2);
  EXPECT_TRUE(std::isnan(same.paired_error_nats[0])) << "nothing is known of it";
  EXPECT_EQ(report_of({3.0, 3.0}, {2.9, 2.8}).repeats, 2) << "one mixture differs";
}

TEST(MakeCheckReport, PairsByRepeat) {
  // Gains of 0.1 and 0.2.
  const data::CheckReport report = report_of({3.0, 3.4}, {2.9, 3.2});
  EXPECT_EQ(report.repeats, 2);
  EXPECT_NEAR(report.paired_gain_nats[0], 0.15, 1e-15);
  // Standard deviation of {0.1, 0.2} is 0.1 / sqrt(2); its error of the mean 0.05.
  EXPECT_NEAR(report.paired_error_nats[0], 0.05, 1e-15);
  EXPECT_NEAR(report.trained_nats(0, 0), 3.2, 1e-15);
  EXPECT_NEAR(report.mean_gain_nats, 0.15, 1e-15);
}

}  // namespace
}  // namespace bimix::plan
