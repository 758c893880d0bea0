#include <bimix/data/volumes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

namespace bimix::data {
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

// A dense log asks for each of its points: looking at all volumes each time is a square.
TEST(FindVolume, FindsWhatLookingAtAllVolumesFinds) {
  const std::vector<std::int64_t> volumes{1, 2, 1000, 1006, 1010, 1018, 5000, 5020};
  const auto plain = [&](std::int64_t tokens) -> std::optional<std::size_t> {
    std::size_t nearest = 0;
    for (std::size_t i = 1; i < volumes.size(); ++i)
      if (std::abs(volumes[i] - tokens) < std::abs(volumes[nearest] - tokens)) nearest = i;
    const auto distance = static_cast<double>(std::abs(volumes[nearest] - tokens));
    if (distance > volume_tolerance * static_cast<double>(volumes[nearest])) return std::nullopt;
    return nearest;
  };
  for (std::int64_t tokens = 0; tokens < 6000; ++tokens)
    EXPECT_EQ(find_volume(volumes, tokens), plain(tokens)) << tokens;
}

}  // namespace
}  // namespace bimix::data
