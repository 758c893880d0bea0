#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/entropy/pair_tally.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string_view>
#include <utility>

namespace bimix::entropy {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The plain loop.
template <class Token>
PairTally reference(std::span<const Token> text) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> pairs;
  std::map<std::int64_t, std::int64_t> firsts;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    ++pairs[{text[i], text[i + 1]}];
    ++firsts[text[i]];
  }
  PairTally tally;
  for (const auto& [pair, times] : pairs) ++tally.pairs[times];
  for (const auto& [token, times] : firsts) ++tally.firsts[times];
  return tally;
}

/// Tokens of which some are frequent and most rare.
std::vector<std::int32_t> some_tokens(std::size_t count, int vocabulary) {
  core::RandomStream stream(3, core::Purpose::test);
  std::vector<std::int32_t> tokens(count);
  for (std::int32_t& token : tokens)
    token = static_cast<std::int32_t>(std::exp(stream.uniform() * std::log(vocabulary))) - 1;
  return tokens;
}

TEST(BytePairCounter, CountsByHand) {
  BytePairCounter counter;
  counter.add(bytes_of("abab"));
  std::vector<std::int64_t> cells = counter.take();
  EXPECT_EQ(cells['a' * 256 + 'b'], 2);
  EXPECT_EQ(cells['b' * 256 + 'a'], 1);
  const PairTally tally = tally_of(cells);
  EXPECT_THAT(tally.pairs, ElementsAre(Pair(1, 1), Pair(2, 1)));
  EXPECT_THAT(tally.firsts, ElementsAre(Pair(1, 1), Pair(2, 1)));
  EXPECT_EQ(tally.total(), 3);
}

TEST(BytePairCounter, CountsNoneAcrossTexts) {
  BytePairCounter counter;
  for (const char* text : {"ab", "", "c", "ab"}) counter.add(bytes_of(text));
  EXPECT_THAT(tally_of(counter.take()).pairs, ElementsAre(Pair(2, 1)));
  EXPECT_EQ(tally_of(counter.take()), PairTally());
}

TEST(BytePairCounter, AgreesWithThePlainLoopAtAnyLength) {
  core::RandomStream stream(1, core::Purpose::test);
  std::vector<std::uint8_t> text;
  for (int i = 0; i < 70; ++i) text.push_back(static_cast<std::uint8_t>(stream()));
  for (int i = 0; i < 70; ++i) text.push_back(255);  // a run in one cell
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::span<const std::uint8_t> part(text.data(), length);
    BytePairCounter counter;
    counter.add(part);
    ASSERT_EQ(tally_of(counter.take()), reference(part)) << length;
  }
}

TEST(PairCounter, CountsAnyVocabularyAndNoneAcrossTexts) {
  const std::int32_t large = (1 << 20) - 1;
  PairCounter counter(1 << 20);
  for (const std::vector<std::int32_t>& text :
       {std::vector{7, large, 7, large}, std::vector<std::int32_t>{}, std::vector{7}, {0, 0}})
    counter.add(text);
  const PairTally tally = counter.take();
  EXPECT_THAT(tally.pairs, ElementsAre(Pair(1, 2), Pair(2, 1)));
  EXPECT_THAT(tally.firsts, ElementsAre(Pair(1, 2), Pair(2, 1)));
  EXPECT_EQ(counter.take(), PairTally());
}

TEST(PairCounter, AgreesWithThePlainLoop) {
  for (const int vocabulary : {2, 3, 50, 300, 50'257, 65'536, 65'537, 131'072, 1 << 20}) {
    const auto tokens = some_tokens(300'000, vocabulary);
    PairCounter counter(vocabulary);
    counter.add(tokens);
    EXPECT_EQ(counter.take(), reference(std::span<const std::int32_t>(tokens))) << vocabulary;
  }
}

TEST(PairCounter, OfAllClassesMergedIsTheWhole) {
  for (const int vocabulary : {300, 131'072}) {
    const auto tokens = some_tokens(200'000, vocabulary);
    const PairTally whole = reference(std::span<const std::int32_t>(tokens));
    for (const std::uint64_t classes : {1, 2, 3, 7, 64}) {
      PairTally merged;
      PairCounter counter(vocabulary);
      for (std::uint64_t number = 0; number < classes; ++number) {
        counter.begin({number, classes}, 1000);
        counter.add(std::span(tokens).first(100'001));
        counter.add(std::span(tokens).subspan(100'000));  // the border's token belongs to both
        const PairTally tally = counter.take();
        EXPECT_EQ(pair_tally_from(entropy::bytes_of(tally)), tally);
        EXPECT_EQ(tally.firsts.empty(), number > 0);
        merged.merge(tally);
      }
      EXPECT_EQ(merged, whole) << classes << " classes of " << vocabulary;
    }
  }
}

// A rank whose class were twice the others' would make all of them wait.
TEST(PairClass, IsAsLargeAsTheOthers) {
  constexpr std::int64_t classes = 16;
  for (const int vocabulary : {300, 50'257, 131'072}) {
    PairCounter counter(vocabulary);
    for (std::int64_t number = 0; number < classes; ++number) {
      counter.begin({static_cast<std::uint64_t>(number), classes}, 0);
      std::int64_t different = 0;
      for (std::int32_t x = 0; x < 300; ++x)
        for (std::int32_t y = 0; y < 300; ++y) counter.add(std::vector{x, y});
      for (const auto& [times, pairs] : counter.take().pairs) different += pairs;
      EXPECT_NEAR(static_cast<double>(different), 90'000.0 / classes, 90'000.0 / classes / 10)
          << vocabulary;
    }
  }
}

// An empty class was taken for that of all pairs.
TEST(PairCounter, MayHaveMoreClassesThanThereArePairs) {
  const auto tokens = some_tokens(1000, 2);
  PairTally merged;
  PairCounter counter(2);
  for (std::uint64_t number = 0; number < 6; ++number) {
    counter.begin({number, 6}, 0);
    counter.add(tokens);
    merged.merge(counter.take());
  }
  EXPECT_EQ(merged, reference(std::span<const std::int32_t>(tokens)));
}

TEST(PairTally, TornOnTheWayIsRefused) {
  PairCounter counter(300);
  counter.add(some_tokens(1000, 300));
  const std::string bytes = entropy::bytes_of(counter.take());
  EXPECT_THROW(pair_tally_from(bytes.substr(0, bytes.size() - 3)), core::InternalError);
  EXPECT_THROW(counter.begin({2, 2}, 0), core::InternalError);
}

}  // namespace
}  // namespace bimix::entropy
