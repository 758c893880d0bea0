#include "replay/texts.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::replay {
namespace {

using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> domains{"prose", "code"};

std::string what_of(const std::string& text, bool normalise = false) {
  const TempFolder folder;
  try {
    read_mixtures(folder.write("m.csv", text), domains, normalise);
  } catch (const core::DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadMixtures, FollowsTheOrderOfTheDomains) {
  EXPECT_THAT(read_mixtures(BIMIX_SOURCE_DIR "/tests/samples/mixtures.csv", domains),
              ElementsAre(data::Mixture{0.75, 0.25}, data::Mixture{0.5, 0.5}));
}

TEST(ReadMixtures, NormalisesOnlyWhenTold) {
  EXPECT_THAT(what_of("prose,code\n0.5,0.5\n0.3,0.3\n"),
              HasSubstr("m.csv:3: the shares sum to 0.6"));
  EXPECT_THAT(what_of("prose,code\n0.5,0.5001\n"), HasSubstr("must sum to 1 within 1e-09"));
  const TempFolder folder;
  EXPECT_THAT(read_mixtures(folder.write("m.csv", "prose,code\n0.3,0.3\n"), domains, true),
              ElementsAre(data::Mixture{0.5, 0.5}));
  EXPECT_THAT(what_of("prose,code\n0,0\n", true), HasSubstr("m.csv:2: the shares sum to 0"));
}

TEST(ReadMixtures, NamesTheMistake) {
  EXPECT_THAT(what_of("prose,cod\n0.5,0.5\n"), HasSubstr("m.csv:1: column 'cod' is no training"));
  EXPECT_THAT(what_of("prose,cod\n0.5,0.5\n"), HasSubstr("Did you mean 'code'"));
  EXPECT_THAT(what_of("prose\n1\n"), HasSubstr("m.csv:1: there is no column 'code'"));
  EXPECT_THAT(what_of("prose,code\n0.5,\n"), HasSubstr("m.csv:2: code is blank"));
  EXPECT_THAT(what_of("prose,code\n1.5,-0.5\n"), HasSubstr("m.csv:2: prose: '1.5' is refused"));
  EXPECT_THAT(what_of("prose,code\nnan,1\n"), HasSubstr("m.csv:2: prose: 'nan' is refused"));
  EXPECT_THAT(what_of(""), HasSubstr("m.csv: the file is empty"));
}

/// The mixtures that are read when what the complaint says has been typed.
std::vector<data::Mixture> remedied(const std::string& text) {
  const TempFolder folder;
  const std::filesystem::path path = folder.write("my m.txt", text);
  std::string written;
  try {
    read_mixtures(path, domains, true);
  } catch (const core::DataError& error) {
    written = test::typed(error.what());
  }
  EXPECT_EQ(test::bytes_of(path), text) << "the user's own file is another now";
  return read_mixtures(written, domains, true);
}

TEST(ReadMixtures, OfBareNumbersSaysHowToMakeAFileThatNamesTheDomains) {
  for (const auto& [text, separator] : std::vector<std::pair<std::string, std::string>>{
           {"0.25,0.75\n0.5,0.5\n", "commas"},
           {"0.25,0.75\r\n0.5,0.5\r\n", "commas"},
           {"0.25 0.75\n0.5 0.5\n", "blanks"},
           {"  2.5e-01   7.5e-01\n  5e-01   5e-01 \n", "blanks"},
           {"0,25 0,75\n0,5 0,5\n", "blanks"},
           {"25;75\n1;1\n", "';'"},
           {"0,25;0,75\n0,5;0,5\n", "';'"},
           {"25%\t75%\n50%\t50%\n", "tabs"},
           {"1e9|3e9\n1K|1K\n", "'|'"}}) {
    EXPECT_THAT(what_of(text), HasSubstr("m.csv:1: the first line holds 2 numbers parted by " +
                                         separator + " (it must name the training domains"))
        << text;
    EXPECT_THAT(remedied(text), ElementsAre(data::Mixture{0.25, 0.75}, data::Mixture{0.5, 0.5}))
        << text;
  }
  EXPECT_THAT(remedied("0.25,0.75"), ElementsAre(data::Mixture{0.25, 0.75}));
  EXPECT_THAT(what_of("0.2 0.3 0.5\n"), HasSubstr("3 numbers parted by blanks (it must name the "
                                                  "training domains, separated by commas, of "
                                                  "which there are 2)"));
  EXPECT_THAT(what_of("0.5\n0.5\n"), HasSubstr("m.csv:1: the first line holds 1 number ("));
}

TEST(ReadMixtures, NamesTheSeparatorThatIsNoComma) {
  for (const auto& [text, separator] : std::vector<std::pair<std::string, std::string>>{
           {"prose;code\n0.25;0.75\n", "';'"},
           {"prose;code\n0,25;0,75\n", "';'"},
           {"code\tprose\n0.75\t0.25\n", "tabs"},
           {"# prose code\n2.5e-01 7.5e-01\n", "blanks"}}) {
    EXPECT_THAT(what_of(text), HasSubstr("m.csv:1: cells are parted by " + separator)) << text;
    EXPECT_THAT(remedied(text), ElementsAre(data::Mixture{0.25, 0.75})) << text;
  }
}

TEST(ReadMixtures, TakesWeightsPercentagesAndTokenCountsWhenNormalised) {
  const TempFolder folder;
  for (const char* text : {"prose,code\n25%,75 %\n", "prose,code\n0.25B,750M\n",
                           "prose,code\n\"250,000,000\",\"750,000,000\"\n", "prose,code\n25,75\n",
                           "prose,code\n1e9,3B\n", "prose, code\n1000000000, 3_000_000_000\n",
                           "prose,code\n0.1,0.3\n", "prose,code\n1e300,3e300\n"}) {
    const auto mixtures = read_mixtures(folder.write("m.csv", text), domains, true);
    EXPECT_THAT(mixtures, ElementsAre(ElementsAre(testing::DoubleNear(0.25, 1e-15),
                                                  testing::DoubleNear(0.75, 1e-15))))
        << text;
  }
  EXPECT_EQ(what_of("prose,code\n25%,75%\n"), "no error");
  EXPECT_THAT(what_of("prose,code\n1B,3B\n"), HasSubstr("Say `normalise: true`"));
  EXPECT_THAT(what_of("prose,code\n25,75\n"), HasSubstr("Say `normalise: true`"));
  for (const char* wrong : {"-1", "nan", "inf", "many"})
    EXPECT_THAT(what_of("prose,code\n1," + std::string(wrong) + "\n", true),
                HasSubstr("a weight is a number from 0 on"));
  EXPECT_THAT(what_of("prose,code\n1e308,1e308\n", true), HasSubstr("the shares sum to inf"));
}

}  // namespace
}  // namespace bimix::replay
