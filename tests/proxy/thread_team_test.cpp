#include "proxy/thread_team.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace bimix::proxy {
namespace {

TEST(ThreadTeam, DoesEveryPartOnceInEveryRound) {
  for (const int size : {1, 2, 5}) {
    ThreadTeam team(size);
    std::vector<int> done(static_cast<std::size_t>(size));
    for (int round = 1; round <= 200; ++round) {
      team.run([&](int number) { ++done[static_cast<std::size_t>(number)]; });
      for (const int count : done) ASSERT_EQ(count, round);
    }
  }
}

TEST(ThreadTeam, PassesOnWhatAPartThrows) {
  ThreadTeam team(3);
  EXPECT_THROW(team.run([](int number) {
    if (number == 2) throw std::runtime_error("two");
  }),
               std::runtime_error);
  EXPECT_NO_THROW(team.run([](int) {}));
}

}  // namespace
}  // namespace bimix::proxy
