#include <bimix/core/error.hpp>
#include <bimix/sweep/coordinator.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace bimix {
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
  EXPECT_THROW(coordinator.next(0), InternalError);
  Coordinator idle({1.0}, 1);
  EXPECT_THROW(idle.finished(0), InternalError);
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

// Longest-first list scheduling never exceeds 4/3 of the best makespan (Graham 1969,
// doi:10.1137/0117039); with many equal trials it meets the lower bound work / ranks.
TEST(Coordinator, MeetsTheLowerBoundForEqualTrials) {
  const int ranks = 7;
  Coordinator coordinator(std::vector<double>(70, 1.0), ranks);
  std::vector<double> free_at(ranks, 0.0);
  std::vector<bool> busy(ranks, false);
  while (!coordinator.exhausted()) {
    const auto rank =
        static_cast<int>(std::min_element(free_at.begin(), free_at.end()) - free_at.begin());
    if (busy[rank]) coordinator.finished(rank);
    coordinator.next(rank);
    busy[rank] = true;
    free_at[rank] += 1.0;
  }
  EXPECT_EQ(*std::max_element(free_at.begin(), free_at.end()), 10.0);
}

}  // namespace
}  // namespace bimix
