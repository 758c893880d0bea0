#include <bimix/data/pools.hpp>

#include <gmock/gmock.h>

#include <limits>

namespace bimix::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double endless = std::numeric_limits<double>::infinity();

TEST(Pools, AreGoneThroughByShareAndVolume) {
  EXPECT_EQ(epochs(0.25, 4e6, 5e5), 2.0);
  EXPECT_EQ(epochs(0.25, 4e6, 0.0), 0.0) << "not known";
  EXPECT_EQ(epochs(0.25, 4e6, endless), 0.0);
  EXPECT_THAT(epochs(Mixture{0.25, 0.75}, 4e6, Pools{5e5, endless}), ElementsAre(2.0, 0.0));
  EXPECT_EQ(most_epochs(Mixture{0.25, 0.75}, 4e6, Pools{5e5, 1e6}), 3.0);
}

TEST(Pools, SayNothingWhereNoneIsKnown) {
  EXPECT_THAT(epochs(Mixture{0.5, 0.5}, 1e6, Pools{}), IsEmpty());
  EXPECT_THAT(epochs(Mixture{0.5, 0.5}, 1e6, Pools{0.0, 0.0}), IsEmpty());
  EXPECT_EQ(most_epochs(Mixture{0.5, 0.5}, 1e6, Pools{}), 0.0);
}

TEST(Pools, OfARunAreItsOwnBeforeThoseThatAreSaid) {
  EXPECT_THAT(settled_pools({1e6, 0.0}, {3e6, 4e6}), ElementsAre(1e6, 4e6));
  EXPECT_THAT(settled_pools({}, {3e6, 4e6}), ElementsAre(3e6, 4e6));
  EXPECT_THAT(settled_pools({1e6, 2e6}, {}), ElementsAre(1e6, 2e6));
  EXPECT_THAT(settled_pools({1e6, 2e6}, {endless, 4e6}), ElementsAre(endless, 2e6))
      << "a stream that is said to be endless is";
}

}  // namespace
}  // namespace bimix::data
