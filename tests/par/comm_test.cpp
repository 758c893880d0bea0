#include <bimix/par/comm.hpp>
#include <bimix/par/mpi_session.hpp>

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
  comm.settle();
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

// As Open MPI 4.1.4, MPICH 4.2.1 and Intel MPI 2021 say it.
TEST(NameAndVersion, LeavesOutHowTheLibraryWasBuilt) {
  EXPECT_EQ(name_and_version("Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4"),
            "Open MPI v4.1.4");
  EXPECT_EQ(name_and_version("MPICH Version:      4.2.1\nMPICH CC:   gcc  -g, -O2\n"),
            "MPICH Version: 4.2.1");
  EXPECT_EQ(name_and_version("Intel(R) MPI Library 2021.9 for Linux* OS\n"),
            "Intel(R) MPI Library 2021.9 for Linux* OS");
}

}  // namespace
}  // namespace bimix::par
