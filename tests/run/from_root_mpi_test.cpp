#include "run/from_root.hpp"
#include "support/mpi_test.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bimix::run {
namespace {

using test::world;

/// More trials than go at a time, of numbers without a short decimal form.
data::SweepPlan some_plan() {
  data::SweepPlan plan{.name = "a plan",
                       .mixtures = {{1.0 / 3, 2.0 / 3}, {0.1, 0.9}},
                       .labels = {"one", "two"},
                       .tokens = {1000, 1001, 9'007'199'254'740'993},
                       .duplicates_dropped = 3};
  for (int i = 0; i < 2500; ++i)
    plan.trials.push_back({.id = std::to_string(i),
                           .purpose = data::TrialPurpose::sweep,
                           .mixture_id = i % 2,
                           .mixture = {1.0 / (i + 3), 1 - 1.0 / (i + 3)},
                           .seed = 0xffff'ffff'ffff'ffff,
                           .tokens = {1000},
                           .cost = i / 7.0});
  return plan;
}

TEST(FromRoot, EveryRankHasThePlanOfRankZeroToTheBit) {
  data::SweepPlan own = world().is_root() ? some_plan() : data::SweepPlan{};
  // What a rank has by itself does not count.
  if (!world().is_root()) own.trials.push_back({.id = "another"});
  EXPECT_EQ(from_root(world(), own), some_plan());
}

TEST(FromRoot, EveryRankHasTheResultsOfRankZero) {
  std::vector<data::TrialResult> results;
  for (int i = 0; i < 1000; ++i)
    results.push_back({.id = std::to_string(i),
                       .status = i == 5 ? data::TrialStatus::failed : data::TrialStatus::ok,
                       .message = "words",
                       .curve = {{.tokens = 7, .loss_nats = {1.0 / (i + 1), 2.5}}}});
  EXPECT_EQ(from_root(world(), world().is_root() ? results : std::vector<data::TrialResult>{}),
            results);
  EXPECT_TRUE(from_root(world(), std::vector<data::TrialResult>{}).empty());
}

}  // namespace
}  // namespace bimix::run
