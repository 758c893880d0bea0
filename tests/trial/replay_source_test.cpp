#include "support/processor_time.hpp"

#include <bimix/trial/replay_source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bimix::trial {
namespace {

replay::LossLog some_log() {
  replay::LossLog log;
  log.domains = {{"a", "b"}, {"a", "b"}, {0, 1}};
  log.fingerprint = "f";
  log.runs = {{.run = "r",
               .parameters = 1e6,
               .mixture = {0.5, 0.5},
               .points = {{1000, 1, {3.0, 3.1}}, {2000, 2, {2.5, 2.6}}}}};
  return log;
}

TEST(ReplaySource, GivesTheLoggedLossesAtTheSpecsVolumes) {
  const ReplaySource source(some_log());
  const data::TrialResult result = source.run({.tokens = {2000}, .run = "r"}, {});
  EXPECT_EQ(result.status, data::TrialStatus::ok);
  EXPECT_EQ(result.parameters, 1e6);
  ASSERT_EQ(result.curve.size(), 1u);
  EXPECT_THAT(result.curve[0].loss_nats, testing::ElementsAre(2.5, 2.6));
}

TEST(ReplaySource, NeverInventsARunThatTheLogLacks) {
  const ReplaySource source(some_log());
  for (const char* run : {"", "other"}) {
    const data::TrialResult result = source.run({.tokens = {2000}, .run = run}, {});
    EXPECT_EQ(result.status, data::TrialStatus::missing);
    EXPECT_TRUE(result.curve.empty());
  }
  EXPECT_EQ(source.run({.repeat = 1, .tokens = {2000}, .run = "r"}, {}).status,
            data::TrialStatus::missing);
}

// Looking through all runs for each takes minutes.
TEST(ReplaySource, DoesNotLookThroughAllRunsForEach) {
  replay::LossLog log = some_log();
  const data::LossCurve one = log.runs.front();
  constexpr int runs = 100'000;
  log.runs.clear();
  for (int n = 0; n < runs; ++n) {
    log.runs.push_back(one);
    log.runs.back().run = "a logged run of number " + std::to_string(n);
  }
  const std::vector<data::LossCurve> all = log.runs;
  const ReplaySource source(std::move(log));
  const double start = test::processor_seconds();
  for (const data::LossCurve& run : all)
    EXPECT_EQ(source.run({.tokens = {2000}, .run = run.run}, {}).curve.size(), 1u);
  EXPECT_LT(test::processor_seconds() - start, 20.0);
}

}  // namespace
}  // namespace bimix::trial
