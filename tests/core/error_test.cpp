#include <bimix/core/error.hpp>

#include <gtest/gtest.h>

namespace bimix::core {
namespace {

TEST(Complaint, SaysPlaceProblemRuleAndRemedy) {
  const Complaint complaint{"campaign.yaml:14:10: proxy.width",
                            "100 is not a multiple of heads = 12", "each head needs the same width",
                            "Try 96 or 108"};
  EXPECT_EQ(
      to_string(complaint),
      "campaign.yaml:14:10: proxy.width: 100 is not a multiple of heads = 12 (each head needs "
      "the same width). Try 96 or 108.");
}

TEST(Complaint, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_string({"", "the disk is full", "", ""}), "the disk is full.");
}

TEST(Error, KnowsItsExitCode) {
  EXPECT_EQ(UsageError(Complaint{}).exit_code(), ExitCode::usage);
  EXPECT_EQ(DataError({}).exit_code(), ExitCode::data);
  EXPECT_EQ(TooLittleData({}).exit_code(), ExitCode::too_little);
  EXPECT_EQ(Interrupted({}).exit_code(), ExitCode::interrupted);
  EXPECT_THROW(require(false, "never"), InternalError);
}

}  // namespace
}  // namespace bimix::core
