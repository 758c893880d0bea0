#include <bimix/par/comm.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::par {
namespace {

TEST(SerialComm, IsRankZeroOfOne) {
  const Comm comm;
  EXPECT_EQ(comm.rank(), 0);
  EXPECT_EQ(comm.size(), 1);
  EXPECT_EQ(comm.broadcast("x"), "x");
  EXPECT_THAT(comm.all_gather("x"), testing::ElementsAre("x"));
  EXPECT_THAT(comm.gather("x"), testing::ElementsAre("x"));
  EXPECT_THAT(comm.sum({1, 2}), testing::ElementsAre(1, 2));
  EXPECT_FALSE(comm.try_receive().has_value());
  EXPECT_THROW(comm.send(0, 0, "x"), core::InternalError);
}

TEST(Collectively, KeepsTheExitCodeAndTheText) {
  try {
    collectively(Comm(), [] { throw core::DataError({.place = "a.txt", .problem = "is empty"}); });
    FAIL() << "no error";
  } catch (const CollectiveError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::data);
    EXPECT_STREQ(error.what(), "a.txt: is empty.");
  }
}

}  // namespace
}  // namespace bimix::par
