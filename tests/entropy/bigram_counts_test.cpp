#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/entropy/bigram_counts.hpp>

#include <gtest/gtest.h>

#include <string_view>

namespace bimix {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The plain loop.
BigramCounts reference(std::span<const std::uint8_t> text) {
  std::vector<std::int64_t> cells(65536, 0);
  for (std::size_t i = 0; i + 1 < text.size(); ++i) ++cells[256u * text[i] + text[i + 1]];
  return BigramCounts(cells);
}

TEST(BigramCounter, CountsByHand) {
  BigramCounter counter;
  counter.add(bytes_of("abab"));
  const BigramCounts counts = counter.take();
  EXPECT_EQ(counts.cells()[256 * 'a' + 'b'], 2);
  EXPECT_EQ(counts.cells()[256 * 'b' + 'a'], 1);
  EXPECT_EQ(counts.total(), 3);
  EXPECT_EQ(counts.first_tokens()['a'], 2);
  EXPECT_EQ(counts.first_tokens()['b'], 1);
}

TEST(BigramCounter, CountsNoneAcrossTexts) {
  BigramCounter counter;
  for (const char* text : {"ab", "", "c", "ab"}) counter.add(bytes_of(text));
  const BigramCounts counts = counter.take();
  EXPECT_EQ(counts.total(), 2);
  EXPECT_EQ(counts.cells()[256 * 'a' + 'b'], 2);
  EXPECT_EQ(counter.take(), BigramCounts());
}

TEST(BigramCounter, AgreesWithThePlainLoopAtAnyLength) {
  RandomStream stream(1, Purpose::test);
  std::vector<std::uint8_t> text;
  for (int i = 0; i < 70; ++i) text.push_back(static_cast<std::uint8_t>(stream()));
  for (int i = 0; i < 70; ++i) text.push_back(255);  // a run in one cell
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::span<const std::uint8_t> part(text.data(), length);
    BigramCounter counter;
    counter.add(part);
    ASSERT_EQ(counter.take(), reference(part)) << length;
  }
}

TEST(BigramCounts, MergesToTheWhole) {
  const std::string_view text = "the whole is the sum of its parts";
  BigramCounter counter;
  counter.add(bytes_of(text.substr(0, 11)));
  BigramCounts merged = counter.take();
  counter.add(bytes_of(text.substr(10)));  // the border's token belongs to both
  merged.merge(counter.take());
  EXPECT_EQ(merged, reference(bytes_of(text)));
  EXPECT_EQ(BigramCounts(merged.cells()), merged);
}

TEST(BigramCounts, RefusesCellsThatAreNoCounts) {
  EXPECT_THROW(BigramCounts(std::vector<std::int64_t>(65535, 0)), InternalError);
  EXPECT_THROW(BigramCounts(std::vector<std::int64_t>(65536, -1)), InternalError);
}

}  // namespace
}  // namespace bimix
