#include <bimix/trial/replay_source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix {
namespace {

LossLog some_log() {
  LossLog log;
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
  const TrialResult result = source.run({.tokens = {2000}, .run = "r"}, {});
  EXPECT_EQ(result.status, TrialStatus::ok);
  EXPECT_EQ(result.parameters, 1e6);
  ASSERT_EQ(result.curve.size(), 1u);
  EXPECT_THAT(result.curve[0].loss_nats, testing::ElementsAre(2.5, 2.6));
}

TEST(ReplaySource, NeverInventsARunThatTheLogLacks) {
  const ReplaySource source(some_log());
  for (const char* run : {"", "other"}) {
    const TrialResult result = source.run({.tokens = {2000}, .run = run}, {});
    EXPECT_EQ(result.status, TrialStatus::missing);
    EXPECT_TRUE(result.curve.empty());
  }
  EXPECT_EQ(source.run({.repeat = 1, .tokens = {2000}, .run = "r"}, {}).status,
            TrialStatus::missing);
}

}  // namespace
}  // namespace bimix
