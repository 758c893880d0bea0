#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/mixture_list.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix {
namespace {

using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> domains{"prose", "code"};

std::string what_of(const std::string& text, bool normalise = false) {
  const TempFolder folder;
  try {
    read_mixtures(folder.write("m.csv", text), domains, normalise);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadMixtures, FollowsTheOrderOfTheDomains) {
  EXPECT_THAT(read_mixtures(BIMIX_SOURCE_DIR "/tests/samples/mixtures.csv", domains),
              ElementsAre(Mixture{0.75, 0.25}, Mixture{0.5, 0.5}));
}

TEST(ReadMixtures, NormalisesOnlyWhenTold) {
  EXPECT_THAT(what_of("prose,code\n0.5,0.5\n0.3,0.3\n"),
              HasSubstr("m.csv:3: the shares sum to 0.6"));
  EXPECT_THAT(what_of("prose,code\n0.5,0.5001\n"), HasSubstr("must sum to 1 within 1e-09"));
  const TempFolder folder;
  EXPECT_THAT(read_mixtures(folder.write("m.csv", "prose,code\n0.3,0.3\n"), domains, true),
              ElementsAre(Mixture{0.5, 0.5}));
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

TEST(ReadMixtures, OfBareNumbersSaysThatTheFirstLineNamesTheDomains) {
  for (const char* text : {"0.29,0.71\n0.5,0.5\n", "0.5,0.5\n", "0.29 0.71\n0.5 0.5\n", "29;71\n",
                           "1e-1\t9e-1\n", "50%,50%\n", "0.5,0.5"})
    EXPECT_THAT(what_of(text), testing::AllOf(HasSubstr("m.csv:1: the first line holds numbers (it "
                                                        "must name the training domains"),
                                              HasSubstr("`sed -i '1i prose,code' ")))
        << text;
}

TEST(ReadMixtures, TakesWeightsPercentagesAndTokenCountsWhenNormalised) {
  const TempFolder folder;
  for (const char* text :
       {"prose,code\n25,75\n", "prose,code\n1e9,3B\n", "prose, code\n1000000000, 3_000_000_000\n",
        "prose,code\n0.1,0.3\n", "prose,code\n1e300,3e300\n"}) {
    const auto mixtures = read_mixtures(folder.write("m.csv", text), domains, true);
    EXPECT_THAT(mixtures, ElementsAre(ElementsAre(testing::DoubleNear(0.25, 1e-15),
                                                  testing::DoubleNear(0.75, 1e-15))))
        << text;
  }
  EXPECT_THAT(what_of("prose,code\n25,75\n"), HasSubstr("Say `normalise: true`"));
  for (const char* wrong : {"-1", "nan", "inf", "many"})
    EXPECT_THAT(what_of("prose,code\n1," + std::string(wrong) + "\n", true),
                HasSubstr("a weight is a number from 0 on"));
  EXPECT_THAT(what_of("prose,code\n1e308,1e308\n", true), HasSubstr("the shares sum to inf"));
}

}  // namespace
}  // namespace bimix
