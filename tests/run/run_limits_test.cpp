#include <bimix/core/error.hpp>
#include <bimix/run/run_limits.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::run {
namespace {

using testing::HasSubstr;

/// What is said once so many trials of 20 have ended badly.
std::string said(const std::optional<FailureAllowance>& allowed, int badly, int well = 0) {
  FailureLimit limit(allowed, 20);
  for (int i = 0; i < badly; ++i) limit.ended(false);
  for (int i = 0; i < well; ++i) limit.ended(true);
  return limit.reached().value_or("");
}

TEST(FailureLimit, IsACountOrAPercentageOfTheTrials) {
  EXPECT_EQ(said(parse_failures("3"), 3), "");
  EXPECT_EQ(said(parse_failures("3"), 4), "4 trials ended badly, and --max-failures allows 3");
  EXPECT_EQ(said(parse_failures("10%"), 2), "");
  EXPECT_EQ(said(parse_failures("10%"), 3), "3 trials ended badly, and --max-failures allows 10%");
  EXPECT_EQ(said(parse_failures("100%"), 20), "");
  EXPECT_THAT(said(parse_failures("0"), 1, 19), HasSubstr("allows 0"));
}

TEST(FailureLimit, UnaskedIsReachedWhenNothingEverEndedWell) {
  const int hopeless = FailureLimit::hopeless;
  EXPECT_EQ(said(std::nullopt, hopeless - 1), "");
  EXPECT_EQ(said(std::nullopt, hopeless), "the first 5 trials all ended badly");
  EXPECT_EQ(said(std::nullopt, 19, 1), "");
}

TEST(FailureLimit, UnaskedIsNotReachedWhileSomeRankDoesWell) {
  FailureLimit limit(std::nullopt, 20);
  limit.some_work(true);
  for (int i = 0; i < 10; ++i) limit.ended(false);
  EXPECT_FALSE(limit.reached());
  limit.some_work(false);
  EXPECT_TRUE(limit.reached());
}

TEST(ParseFailures, RefusesWhatIsNeither) {
  for (const char* wrong : {"", "%", "many", "-1", "-1%", "101%", "nan", "3 %"})
    EXPECT_THROW(parse_failures(wrong), core::UsageError) << wrong;
}

TEST(ParseShard, ReadsAPartOfAWhole) {
  EXPECT_EQ(parse_shard("2/8").number, 2u);
  EXPECT_EQ(parse_shard("2/8").count, 8u);
  for (const char* wrong :
       {"", "2", "8/8", "-1/8", "1/0", "a/b", "1/8/2", "/", "1/", "0/4294967296", "0/1048577"})
    EXPECT_THROW(parse_shard(wrong), core::UsageError) << wrong;
}

}  // namespace
}  // namespace bimix::run
