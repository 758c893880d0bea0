#include <bimix/core/error.hpp>
#include <bimix/plan/cost_model.hpp>
#include <bimix/sweep/coordinator.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace bimix::sweep {
namespace {

TEST(Coordinator, GivesTheLargestFirstAndTiesInOrder) {
  Coordinator coordinator({1.0, 3.0, 2.0, 3.0}, 1);
  std::vector<std::size_t> order;
  while (const auto trial = coordinator.next(0)) {
    order.push_back(*trial);
    coordinator.finished(0);
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 3, 2, 0}));
  EXPECT_TRUE(coordinator.exhausted());
  EXPECT_EQ(coordinator.running(), 0);
  EXPECT_EQ(coordinator.done(), 4u);
}

TEST(Coordinator, GivesNothingAfterAStop) {
  Coordinator coordinator({1.0, 1.0}, 2);
  EXPECT_TRUE(coordinator.next(0).has_value());
  coordinator.stop();
  EXPECT_FALSE(coordinator.next(1).has_value());
  coordinator.interrupted(0);
  EXPECT_EQ(coordinator.running(), 0);
  EXPECT_EQ(coordinator.done(), 0u);
}

TEST(Coordinator, RefusesTwoTrialsOnOneRank) {
  Coordinator coordinator({1.0, 1.0}, 1);
  coordinator.next(0);
  EXPECT_THROW(coordinator.next(0), core::InternalError);
  Coordinator idle({1.0}, 1);
  EXPECT_THROW(idle.finished(0), core::InternalError);
}

TEST(Coordinator, GivesWhatComesUpLaterAfterWhatWasThereInItsOwnOrder) {
  Coordinator coordinator({1, 5, 2}, 2);
  EXPECT_EQ(coordinator.next(0), 1u);
  coordinator.add({4, 9});
  EXPECT_EQ(coordinator.total(), 5u);
  EXPECT_DOUBLE_EQ(coordinator.cost_total(), 21.0);
  EXPECT_EQ(coordinator.next(1), 2u);
  coordinator.finished(1);
  EXPECT_EQ(coordinator.next(1), 0u);
  coordinator.finished(1);
  EXPECT_EQ(coordinator.next(1), 4u) << "the larger of the new ones";
  coordinator.finished(0);
  EXPECT_EQ(coordinator.next(0), 3u);
  EXPECT_TRUE(coordinator.exhausted());
  coordinator.add({1});
  EXPECT_FALSE(coordinator.exhausted());
}

TEST(Coordinator, EstimatesTheRestByCost) {
  Coordinator coordinator({4.0, 2.0, 2.0}, 2);
  EXPECT_FALSE(coordinator.seconds_left(1.0).has_value());
  coordinator.next(0);  // cost 4
  coordinator.next(1);  // cost 2
  coordinator.finished(1);
  coordinator.next(1);  // cost 2
  coordinator.progressed(0, 0.5);
  // After 2 s both ranks have done 2 each: one unit a second and rank; 2 + 2 are left on two.
  EXPECT_DOUBLE_EQ(*coordinator.seconds_left(2.0), 2.0);
  coordinator.finished(0);
  coordinator.finished(1);
  EXPECT_DOUBLE_EQ(coordinator.cost_done(), coordinator.cost_total());
  EXPECT_DOUBLE_EQ(*coordinator.seconds_left(4.0), 0.0);
}

TEST(Coordinator, PassesOverWhatIsTooLarge) {
  Coordinator coordinator({5.0, 3.0, 1.0, 4.0}, 1);
  std::vector<std::size_t> order;
  while (const auto trial = coordinator.next(0, 3.5)) {
    order.push_back(*trial);
    coordinator.finished(0);
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 2}));
  EXPECT_FALSE(coordinator.exhausted());
  EXPECT_EQ(coordinator.next(0), 0u);  // what was passed over comes in its order
}

/// Every way to give the trials to the workers.
double best_makespan(const std::vector<double>& costs, std::vector<double>& loads, std::size_t at,
                     double best) {
  if (at == costs.size()) return std::min(best, *std::max_element(loads.begin(), loads.end()));
  for (double& load : loads) {
    load += costs[at];
    if (load < best) best = best_makespan(costs, loads, at + 1, best);
    load -= costs[at];
    if (load == 0) break;  // the other empty workers are the same
  }
  return best;
}

TEST(DispatchOrder, IsWithinFivePercentOfTheBestScheduleWhereTrialsAreFew) {
  std::mt19937 draw(7);
  double worst = 1.0, worst_largest_first = 1.0;
  for (int example = 0; example < 300; ++example) {
    const int workers = 2 + static_cast<int>(draw() % 3);
    std::vector<double> costs(static_cast<std::size_t>(workers) * 2 + draw() % 4);
    std::lognormal_distribution<double> cost(0.0, example % 2 == 0 ? 0.3 : 1.0);
    for (double& c : costs) c = cost(draw);
    std::vector<double> loads(static_cast<std::size_t>(workers));
    const double best = best_makespan(costs, loads, 0, std::numeric_limits<double>::infinity());
    EXPECT_GE(best, makespan_lower_bound(costs, workers) * (1 - 1e-12));
    worst = std::max(worst, makespan(costs, dispatch_order(costs, workers), workers) / best);
    worst_largest_first =
        std::max(worst_largest_first, makespan(costs, largest_first_order(costs), workers) / best);
  }
  EXPECT_LE(worst, 1.05);
  EXPECT_GT(worst_largest_first, 1.05) << "the examples are too easy";
}

TEST(DispatchOrder, HasEveryTrialOnce) {
  for (const std::vector<double>& costs :
       {std::vector<double>{}, {1.0}, {0.0, 0.0, 0.0}, {3, 3, 2, 2, 2}, {1e-9, 1e9, 1.0}})
    for (const int workers : {1, 2, 7}) {
      std::vector<std::size_t> order = dispatch_order(costs, workers);
      std::sort(order.begin(), order.end());
      std::vector<std::size_t> all(costs.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      EXPECT_EQ(order, all);
    }
}

TEST(DispatchOrder, BeatsTheLargestFirstWhereThatIsFamousForFailing) {
  const std::vector<double> costs{3, 3, 2, 2, 2};
  EXPECT_EQ(makespan(costs, largest_first_order(costs), 2), 7.0);
  EXPECT_EQ(makespan(costs, dispatch_order(costs, 2), 2), 6.0);
}

TEST(CostModel, LearnsSetUpAndPace) {
  plan::CostModel model;
  EXPECT_FALSE(model.knows());
  for (const double cost : {10.0, 20.0, 40.0}) model.learn(cost, 3.0 + 0.5 * cost);
  EXPECT_NEAR(model.seconds(100.0), 53.0, 1e-9);
  EXPECT_NEAR(model.cost_within(53.0), 100.0, 1e-9);
  EXPECT_LT(model.cost_within(2.0), 0.0);
  EXPECT_NEAR(model.spread(0.9), 1.0, 1e-9);
}

TEST(CostModel, TakesEqualCostsForPaceAndIgnoresNonsense) {
  plan::CostModel model;
  for (const double seconds : {4.0, 5.0, 6.0}) model.learn(10.0, seconds);
  const double nan = std::nan("");
  for (const auto& [cost, seconds] : {std::pair{nan, 1.0}, {1.0, nan}, {0.0, 1.0}, {1.0, 0.0}})
    model.learn(cost, seconds);
  EXPECT_NEAR(model.seconds(20.0), 10.0, 1e-9);
  EXPECT_NEAR(model.spread(1.0), 1.2, 1e-9);
  EXPECT_NEAR(model.spread(0.0), 0.8, 1e-9);
}

TEST(CostModel, FollowsTheLastTrialsAndNeverRunsBackwards) {
  plan::CostModel model;
  for (int i = 0; i < 1000; ++i) model.learn(1.0 + i % 2, 100.0);
  for (int i = 0; i < 1000; ++i) model.learn(1.0 + i % 2, 3.0 - i % 2);  // dearer, yet faster
  EXPECT_NEAR(model.seconds(1.0), 2.5, 1e-9);
  EXPECT_NEAR(model.seconds(50.0), 2.5, 1e-9);
}

}  // namespace
}  // namespace bimix::sweep
