#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/entropy/bigram_counts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string_view>
#include <utility>

namespace bimix::entropy {
namespace {

using testing::ElementsAre;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The plain loop.
template <class Token>
BigramCounts reference(std::span<const Token> text) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> counts;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) ++counts[{text[i], text[i + 1]}];
  std::vector<Bigram> bigrams;
  for (const auto& [pair, count] : counts) bigrams.push_back({pair.first, pair.second, count});
  return BigramCounts(bigrams);
}

TEST(ByteBigramCounter, CountsByHand) {
  ByteBigramCounter counter;
  counter.add(bytes_of("abab"));
  const BigramCounts counts = counter.take();
  EXPECT_THAT(counts.bigrams(), ElementsAre(Bigram{'a', 'b', 2}, Bigram{'b', 'a', 1}));
  EXPECT_EQ(counts.total(), 3);
  EXPECT_THAT(counts.first_tokens(), ElementsAre(2, 1));
}

TEST(ByteBigramCounter, CountsNoneAcrossTexts) {
  ByteBigramCounter counter;
  for (const char* text : {"ab", "", "c", "ab"}) counter.add(bytes_of(text));
  EXPECT_THAT(counter.take().bigrams(), ElementsAre(Bigram{'a', 'b', 2}));
  EXPECT_EQ(counter.take(), BigramCounts());
}

TEST(TokenBigramCounter, CountsAnyVocabularyAndNoneAcrossTexts) {
  const std::int32_t large = (1 << 20) - 1;
  TokenBigramCounter counter;
  for (const std::vector<std::int32_t>& text :
       {std::vector{7, large, 7, large}, std::vector<std::int32_t>{}, std::vector{7}, {0, 0}})
    counter.add(text);
  EXPECT_THAT(counter.take().bigrams(),
              ElementsAre(Bigram{0, 0, 1}, Bigram{7, large, 2}, Bigram{large, 7, 1}));
  EXPECT_EQ(counter.take(), BigramCounts());
}

// More pairs than are collected at one time, so that counts are merged several times.
TEST(TokenBigramCounter, AgreesWithATableOfAllPairs) {
  constexpr std::int32_t letters = 50;
  std::vector<std::int64_t> cells(letters * letters, 0);
  core::RandomStream stream(1, core::Purpose::test);
  TokenBigramCounter counter;
  std::vector<std::int32_t> text(std::size_t{1} << 20);
  for (int part = 0; part < 35; ++part) {
    for (std::int32_t& token : text) {
      const std::uint64_t any = stream();
      token = static_cast<std::int32_t>(any % letters * (any >> 32) % letters);
    }
    counter.add(text);
    for (std::size_t i = 0; i + 1 < text.size(); ++i) ++cells[letters * text[i] + text[i + 1]];
  }
  std::vector<Bigram> wanted;
  for (std::int32_t x = 0; x < letters; ++x)
    for (std::int32_t y = 0; y < letters; ++y)
      if (const std::int64_t count = cells[letters * x + y]; count > 0)
        wanted.push_back({x, y, count});
  EXPECT_EQ(counter.take().bigrams(), wanted);
}

TEST(TokenBigramCounter, CountsBytesAsTheOtherDoes) {
  const std::string_view text = "the whole is the sum of its parts";
  ByteBigramCounter bytes;
  bytes.add(bytes_of(text));
  TokenBigramCounter tokens;
  tokens.add(std::vector<std::int32_t>(text.begin(), text.end()));
  EXPECT_EQ(tokens.take(), bytes.take());
}

TEST(ByteBigramCounter, AgreesWithThePlainLoopAtAnyLength) {
  core::RandomStream stream(1, core::Purpose::test);
  std::vector<std::uint8_t> text;
  for (int i = 0; i < 70; ++i) text.push_back(static_cast<std::uint8_t>(stream()));
  for (int i = 0; i < 70; ++i) text.push_back(255);  // a run in one cell
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::span<const std::uint8_t> part(text.data(), length);
    ByteBigramCounter counter;
    counter.add(part);
    ASSERT_EQ(counter.take(), reference(part)) << length;
  }
}

TEST(BigramCounts, MergesToTheWhole) {
  const std::string_view text = "the whole is the sum of its parts";
  ByteBigramCounter counter;
  counter.add(bytes_of(text.substr(0, 11)));
  BigramCounts merged = counter.take();
  counter.add(bytes_of(text.substr(10)));  // the border's token belongs to both
  merged.merge(counter.take());
  EXPECT_EQ(merged, reference(bytes_of(text)));
  EXPECT_EQ(BigramCounts(merged.bigrams()), merged);
}

TEST(BigramCounts, RefusesWhatAreNoCounts) {
  using Bigrams = std::vector<Bigram>;
  EXPECT_THROW(BigramCounts(Bigrams{{0, 1, 0}}), core::InternalError);
  EXPECT_THROW(BigramCounts(Bigrams{{0, 1, 1}, {0, 1, 1}}), core::InternalError);
  EXPECT_THROW(BigramCounts(Bigrams{{1, 0, 1}, {0, 1, 1}}), core::InternalError);
}

}  // namespace
}  // namespace bimix::entropy
