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

}  // namespace
}  // namespace bimix
