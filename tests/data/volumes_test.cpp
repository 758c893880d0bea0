#include <bimix/data/volumes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(MergedVolumes, KeepsTheLaterOfTwoWithinHalfAPercent) {
  EXPECT_THAT(merged_volumes({20'000'000'000, 1'998'000'000, 19'998'000'000, 1'998'000'000}),
              ElementsAre(1'998'000'000, 20'000'000'000));
  EXPECT_THAT(merged_volumes({}), IsEmpty());
}

// 1000, 1004, 1008: the third is within 0.5 % of the second but not of the first.
TEST(MergedVolumes, NeverChainsADenseLogIntoOnePoint) {
  EXPECT_THAT(merged_volumes({1000, 1004, 1008}), ElementsAre(1004, 1008));
}

TEST(FindVolume, TakesTheNearestWithinHalfAPercent) {
  const std::vector<std::int64_t> volumes{1000, 2000, 2012};
  EXPECT_EQ(find_volume(volumes, 1005), 0u);
  EXPECT_EQ(find_volume(volumes, 1006), std::nullopt);
  EXPECT_EQ(find_volume(volumes, 2007), 2u);
  EXPECT_EQ(find_volume({}, 5), std::nullopt);
}

}  // namespace
}  // namespace bimix
