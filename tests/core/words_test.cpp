#include <bimix/core/words.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::core {
namespace {

enum class Colour { red, dark_blue };

const WordTable<Colour>& word_table(Colour) {
  static const WordTable<Colour> table{
      {{Colour::dark_blue, "dark-blue"}, {Colour::red, "red"}},
      [](const std::string& word, const std::vector<std::string>& known) {
        return Complaint{.problem = word + " is no colour", .rule = known.front()};
      }};
  return table;
}

TEST(Words, ReadBackToTheirValues) {
  EXPECT_THAT(all_words<Colour>(), testing::ElementsAre("dark-blue", "red"));
  for (const Colour colour : all_values<Colour>())
    EXPECT_EQ(find_word<Colour>(word_of(colour)), colour);
  EXPECT_EQ(word_of(Colour::dark_blue), "dark-blue");
  EXPECT_THROW(word_of(static_cast<Colour>(7)), InternalError);
}

TEST(Words, RefuseOneThatIsNotInTheTable) {
  for (const char* word : {"Red", "", "dark_blue", "red "})
    EXPECT_EQ(find_word<Colour>(word), std::nullopt) << word;
  try {
    parse_word<Colour>("green", "--colour");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "--colour: green is no colour (dark-blue).");
  }
}

TEST(Words, AddToWhatElseIsWrong) {
  std::vector<Complaint> found{{.place = "first"}};
  EXPECT_EQ(parse_word("dark-blue", "c", Colour::red, found), Colour::dark_blue);
  EXPECT_EQ(found.size(), 1u);
  EXPECT_EQ(parse_word("blue", "c", Colour::red, found), Colour::red);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].place, "c");
}

}  // namespace
}  // namespace bimix::core
