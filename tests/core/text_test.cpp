#include <bimix/core/text.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace bimix::core {
namespace {

TEST(ParseCount, ReadsWhatCampaignsWrite) {
  EXPECT_EQ(parse_count("250K"), 250'000);
  EXPECT_EQ(parse_count("1e9"), 1'000'000'000);
  EXPECT_EQ(parse_count("3B"), 3'000'000'000);
  EXPECT_EQ(parse_count("1.5K"), 1500);
  EXPECT_EQ(parse_count("1_000_000"), 1'000'000);
  EXPECT_EQ(parse_count("2.50e1"), 25);
  EXPECT_EQ(parse_count("010"), 10);
  EXPECT_EQ(parse_count("0"), 0);
  EXPECT_EQ(parse_count("9223372036854775807"), 9'223'372'036'854'775'807);
}

TEST(ParseCount, RefusesTheRest) {
  for (const char* text : {"",
                           "K",
                           "-1",
                           "1.0005K",
                           "1.5",
                           "1e99",
                           "9223372036854775808",
                           "1 000",
                           "1__",
                           "1.5e-2147483648",
                           "1e-2147483648",
                           "1e2147483648",
                           "_1",
                           "0x10",
                           "1KK",
                           "1e",
                           "nan",
                           "inf",
                           "1.",
                           ".",
                           "1_"})
    EXPECT_FALSE(parse_count(text).has_value()) << text;
}

TEST(ParseCount, ReadsDigitsThatAPowerTakesBack) {
  EXPECT_EQ(parse_count("1500e-2"), 15);
  EXPECT_EQ(parse_count("0e-99"), 0);
  EXPECT_EQ(parse_count("1500000e-2K"), 15'000'000);
}

TEST(FormatCount, RoundTrips) {
  for (const std::int64_t count : {0LL, 1LL, 999LL, 1000LL, 1500LL, 1048576LL, 250000LL, 20000000LL,
                                   3000000000LL, 1234567LL, 4000000000000LL})
    EXPECT_EQ(parse_count(format_count(count)), count) << format_count(count);
  EXPECT_EQ(format_count(250'000), "250K");
  EXPECT_EQ(format_count(1'048'576), "1048576");
  EXPECT_EQ(format_count(1'500'000), "1.5M");
}

TEST(FormatCountAbout, RoundsToTheDigitsAndTakesTheNextUnitIfItCarries) {
  EXPECT_EQ(format_count_about(13'067'123, 3), "13.1M");
  EXPECT_EQ(format_count_about(31'457'280'000, 4), "31.46B");
  EXPECT_EQ(format_count_about(4.936e9, 3), "4.94B");
  EXPECT_EQ(format_count_about(999.9, 3), "1K");
  EXPECT_EQ(format_count_about(999'960, 4), "1M");
  EXPECT_EQ(format_count_about(512, 4), "512");
  EXPECT_EQ(format_count_about(1234e12, 3), "1230T");
  EXPECT_EQ(format_count_about(0.4, 3), "0");
  EXPECT_EQ(format_count_about(0, 3), "0");
}

TEST(NearestName, FindsTyposAndNothingFar) {
  EXPECT_EQ(nearest_name("widht", {"width", "heads"}), "width");
  EXPECT_EQ(nearest_name("lawyer", {"width", "heads"}), std::nullopt);
}

TEST(DidYouMean, NamesTheNearestOrSaysWhatElseToDo) {
  EXPECT_EQ(did_you_mean("widht", {"width", "heads"}), "Did you mean 'width'");
  EXPECT_EQ(did_you_mean("lawyer", {"width", "heads"}), "");
  EXPECT_EQ(did_you_mean("lawyer", {"width", "heads"}, "Remove it"), "Remove it");
}

TEST(ParseNumber, TakesTheWholeText) {
  EXPECT_EQ(parse_number("0.25"), 0.25);
  EXPECT_EQ(parse_number("+1e-3"), 1e-3);
  EXPECT_TRUE(std::isnan(*parse_number("nan")));
  EXPECT_FALSE(parse_number("0.25x").has_value());
  EXPECT_FALSE(parse_number("").has_value());
}

TEST(JoinWords, ReadsAsASentence) {
  EXPECT_EQ(join_words({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(join_words({"a", "b", "c"}, "or"), "a, b or c");
  EXPECT_EQ(join_words({"a"}), "a");
  EXPECT_EQ(join_words({}), "");
}

TEST(FirstNotUtf8, FindsTheByte) {
  for (const char* text : {"", "plain", "Größe", "\xef\xbb\xbf", "文章", "\xf0\x9f\x98\x80"})
    EXPECT_EQ(first_not_utf8(text), std::nullopt) << text;
  EXPECT_EQ(first_not_utf8("Gr\xf6\xdf"
                           "e"),
            2u);
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe6\x96", "\xff\xfe"})
    EXPECT_EQ(first_not_utf8(text), 0u) << text;
}

TEST(ShownText, NeverFillsAScreen) {
  EXPECT_EQ(shown_text("short"), "short");
  EXPECT_EQ(shown_text(std::string(5000, 'a')), std::string(40, 'a') + "... (5000 bytes)");
  // No character is cut in two.
  std::string umlauts = "a";
  for (int i = 0; i < 100; ++i) umlauts += "ö";
  EXPECT_EQ(first_not_utf8(shown_text(umlauts)), std::nullopt);
}

TEST(ShellWord, IsOneWordWhateverItHolds) {
  EXPECT_EQ(shell_word("logs/run-1.csv"), "logs/run-1.csv");
  EXPECT_EQ(shell_word("my mix.yaml"), "'my mix.yaml'");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(shell_word("a\nb"), "'a\nb'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(ParseSeconds, KnowsFourUnitsAndNothingElse) {
  EXPECT_EQ(parse_seconds("0s"), 0);
  EXPECT_EQ(parse_seconds("90s"), 90);
  EXPECT_EQ(parse_seconds("30m"), 1800);
  EXPECT_EQ(parse_seconds("6h"), 21600);
  EXPECT_EQ(parse_seconds("2d"), 172800);
  for (const char* wrong : {"", "h", "6", "-1s", "1.5h", "6 h", "6y", "nan s"})
    EXPECT_FALSE(parse_seconds(wrong)) << wrong;
}

TEST(LowerCase, LeavesOtherLettersAlone) {
  EXPECT_EQ(lower_case("Pile-CC \xc3\x84Z"), "pile-cc \xc3\x84z");
}

TEST(JoinSome, SaysThatThereAreMore) {
  EXPECT_EQ(join_some({"a", "b"}, 2), "a and b");
  EXPECT_EQ(join_some({"a", "b", "c"}, 2), "a, b and more");
  EXPECT_EQ(join_some({}, 2), "");
}

}  // namespace
}  // namespace bimix::core
