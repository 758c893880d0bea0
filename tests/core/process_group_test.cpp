#include "support/thread_group.hpp"

#include <bimix/core/process_group.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace bimix::core {
namespace {

using testing::ElementsAre;

TEST(ProcessGroup, AloneHasItsOwnBytes) { EXPECT_THAT(gathered({}, "mine"), ElementsAre("mine")); }

TEST(ProcessGroup, GathersInTheOrderOfMembers) {
  std::atomic<int> right = 0;
  test::run_as_group(3, [&](const ProcessGroup& group) {
    if (gathered(group, std::to_string(group.number)) == std::vector<std::string>{"0", "1", "2"})
      ++right;
  });
  EXPECT_EQ(right, 3);
}

TEST(ShareParts, FillsInWhatTheOthersHave) {
  std::atomic<int> right = 0;
  test::run_as_group(3, [&](const ProcessGroup& group) {
    std::vector<int> numbers(6, -1);
    const auto part_of = [](int member) {  // 1, 2 and 3 numbers
      const auto m = static_cast<std::size_t>(member);
      return Stretch{m * (m + 1) / 2, m + 1};
    };
    const auto [first, count] = part_of(group.number);
    std::fill_n(numbers.begin() + static_cast<std::ptrdiff_t>(first), count, group.number);
    share_parts(group, std::span(numbers), part_of);
    if (numbers == std::vector{0, 1, 1, 2, 2, 2}) ++right;
  });
  EXPECT_EQ(right, 3);
}

}  // namespace
}  // namespace bimix::core
