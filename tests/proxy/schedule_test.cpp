#include <bimix/proxy/schedule.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace bimix::proxy {
namespace {

ProxyOptions with(Schedule schedule) {
  ProxyOptions options;
  options.learning_rate = 0.01;
  options.warmup_steps = 10;
  options.schedule = schedule;
  options.final_rate = 0.1;
  options.decay_fraction = 0.2;
  return options;
}

TEST(LearningRate, RisesAndStays) {
  const ProxyOptions options = with(Schedule::constant);
  EXPECT_FALSE(rate_decays(options));
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 1, 100), 0.001);
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 10, 100), 0.01);
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 100, 100), 0.01);
  EXPECT_EQ(trunk_steps(options, 100), 100);
}

TEST(LearningRate, FallsAlongACosine) {
  const ProxyOptions options = with(Schedule::cosine);
  EXPECT_TRUE(rate_decays(options));
  EXPECT_NEAR(learning_rate_at(options, 50, 100), 0.0055, 1e-15);
  EXPECT_NEAR(learning_rate_at(options, 100, 100), 0.001, 1e-15);
  EXPECT_EQ(trunk_steps(options, 100), 0);
}

TEST(LearningRate, FallsAtTheEndOnly) {
  const ProxyOptions options = with(Schedule::wsd);
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 80, 100), 0.01);
  EXPECT_NEAR(learning_rate_at(options, 85, 100), 0.01 * (1 - 0.9 * std::sqrt(0.25)), 1e-15);
  EXPECT_NEAR(learning_rate_at(options, 100, 100), 0.001, 1e-15);
  EXPECT_EQ(trunk_steps(options, 100), 80);
}

TEST(TrunkSteps, NeverShrinkAndLeaveRoomForADecay) {
  const ProxyOptions options = with(Schedule::wsd);
  for (std::int64_t steps = 1; steps < 200; ++steps) {
    EXPECT_LT(trunk_steps(options, steps), steps);
    EXPECT_LE(trunk_steps(options, steps), trunk_steps(options, steps + 1));
    for (std::int64_t step = 1; step <= trunk_steps(options, steps); ++step)
      ASSERT_EQ(learning_rate_at(options, step, steps), learning_rate_at(options, step, 1000));
  }
}

TEST(TrainedTokens, CountTheTrunkOnce) {
  ProxyOptions options = with(Schedule::constant);
  const std::int64_t unit = tokens_per_step(options);
  const std::vector<std::int64_t> volumes{50 * unit, 100 * unit};
  EXPECT_EQ(trained_tokens(options, volumes), 100 * unit);
  options.schedule = Schedule::cosine;
  EXPECT_EQ(trained_tokens(options, volumes), 150 * unit);
  options.schedule = Schedule::wsd;  // 40 + 10, then from 40 on
  EXPECT_EQ(trained_tokens(options, volumes), 110 * unit);
}

}  // namespace
}  // namespace bimix::proxy
