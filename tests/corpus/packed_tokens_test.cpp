#include <bimix/core/error.hpp>
#include <bimix/corpus/packed_tokens.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bimix::corpus {
namespace {

using testing::ElementsAre;

struct Packed : testing::Test {
  // 1 2 3 | 4 | 5 6 7 200
  std::vector<std::uint8_t> first{1, 2, 3}, second{4}, third{5, 6, 7, 200};
  std::vector<std::uint64_t> ends{3, 4, 8};
  PackedTokens tokens{
      {{TokenSpan(first), "a"}, {TokenSpan(second), "b"}, {TokenSpan(third), "c"}}, ends, 256};
};

TEST_F(Packed, CopiesAcrossDocuments) {
  std::vector<std::int32_t> out(6);
  tokens.copy(2, out);
  EXPECT_THAT(out, ElementsAre(3, 4, 5, 6, 7, 200));
  EXPECT_EQ(tokens.size(), 8);
  EXPECT_THROW(tokens.copy(3, out), core::InternalError);
}

TEST_F(Packed, MakesEachTokenButTheFirstATargetOnce) {
  EXPECT_EQ(tokens.slot_count(3), 2);  // targets 2 3 4 and 5 6 7; 200 is the rest
  std::vector<std::int32_t> out(4);
  tokens.copy_slot(0, 3, out);
  EXPECT_THAT(out, ElementsAre(1, 2, 3, 4));
  tokens.copy_slot(1, 3, out);
  EXPECT_THAT(out, ElementsAre(4, 5, 6, 7));
  EXPECT_THROW(tokens.copy_slot(2, 3, out), core::InternalError);
}

TEST_F(Packed, CountsTheSlotsOfTheLimits) {
  EXPECT_EQ(tokens.slot_count(7), 1);
  EXPECT_EQ(tokens.slot_count(8), 0);
  EXPECT_EQ(PackedTokens().slot_count(1), 0);
}

}  // namespace
}  // namespace bimix::corpus
