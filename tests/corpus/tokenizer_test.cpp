#include <bimix/core/error.hpp>
#include <bimix/corpus/tokenizer.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace bimix::corpus {
namespace {

/// Lines of words that come again and again.
std::function<std::optional<std::string>()> sample(int lines) {
  return [lines, n = 0]() mutable -> std::optional<std::string> {
    if (n++ >= lines) return std::nullopt;
    constexpr const char* words[] = {"better", "mixture", "of",     "domains", "lowers",
                                     "losses", "größer",  "データ", "x1",      "tokens"};
    std::string line;
    for (int word = 0; word < 12; ++word)
      line += fmt::format("{}{} ", words[(n * 7 + word * word) % 10], (n * word) % 13);
    return line;
  };
}

const std::string& some_model() {
  static const std::string model = train_tokenizer(380, sample(500));
  return model;
}

std::vector<std::uint32_t> encoded(const std::string& text) {
  const Tokenizer tokenizer(some_model(), "a.model");
  std::vector<std::uint32_t> tokens;
  tokenizer.encode(text, [&](std::span<const std::uint32_t> part) {
    tokens.insert(tokens.end(), part.begin(), part.end());
  });
  return tokens;
}

TEST(Tokenizer, IsTheSameForTheSameSample) {
  EXPECT_EQ(train_tokenizer(380, sample(500)), some_model());
  const Tokenizer tokenizer(some_model(), "a.model");
  EXPECT_EQ(tokenizer.vocabulary(), 380);
  EXPECT_EQ(tokenizer.width(), 2);
}

TEST(Tokenizer, TellsEveryTextApartAndKeepsAllOfIt) {
  const std::string text = "a better mixture";
  const auto tokens = encoded(text);
  EXPECT_LT(tokens.size(), text.size());
  for (const std::uint32_t token : tokens) EXPECT_LT(token, 380u);
  // Blanks, line ends and letters that no sample had are told by their bytes.
  for (const char* other : {"a  better mixture", "a better mixture\n", "a better mixture\n\n",
                            " a better mixture", "a better mixturе", "a better mixture\t"})
    EXPECT_NE(encoded(other), tokens) << other;
}

TEST(Tokenizer, EndsADocumentWithTheEndOfSentence) {
  const auto one = encoded("one"), two = encoded("one more");
  EXPECT_EQ(one.back(), two.back());
  EXPECT_THAT(encoded(""), testing::ElementsAre(one.back()));
}

// Encoding took memory in proportion to the text.
TEST(Tokenizer, EncodesALongTextInPartsThatEndWithALine) {
  std::string text;
  for (int n = 0; text.size() < (std::size_t{5} << 19); ++n) text += fmt::format("line {}\n", n);
  const auto tokens = encoded(text);
  const std::size_t half = text.rfind('\n', (std::size_t{1} << 20) - 1) + 1;
  auto first = encoded(text.substr(0, half));
  first.pop_back();
  ASSERT_LT(first.size(), tokens.size());
  EXPECT_TRUE(std::equal(first.begin(), first.end(), tokens.begin()));
}

TEST(Tokenizer, SaysWhatIsNoModelAndWhatCannotBeTrained) {
  EXPECT_THAT([] { Tokenizer("no model", "a.model"); },
              testing::ThrowsMessage<core::DataError>(
                  testing::HasSubstr("a.model: is no model of SentencePiece")));
  EXPECT_THAT([] { train_tokenizer(60'000, sample(3)); },
              testing::ThrowsMessage<core::DataError>(
                  testing::ContainsRegex("has pieces for [0-9]+ at most.*a smaller vocabulary")));
}

}  // namespace
}  // namespace bimix::corpus
