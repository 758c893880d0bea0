#include "replay/run_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::replay {
namespace {

using testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<std::string>& paths, RunsAre runs) {
  std::vector<std::string> owners;
  for (const std::string& path : paths) owners.push_back(run_owner(path, runs));
  return run_names(owners);
}

TEST(RunNames, AreThoseOfFiles) {
  EXPECT_THAT(names_of({"/x/half.log", "/x/tilted.log"}, RunsAre::files),
              ElementsAre("half", "tilted"));
  EXPECT_THAT(names_of({"/x/half.csv"}, RunsAre::files), ElementsAre("half"));
}

TEST(RunNames, AreThoseOfFolders) {
  EXPECT_THAT(
      names_of({"/x/half/checkpoint-100/trainer_state.json",
                "/x/half/checkpoint-200/trainer_state.json", "/x/tilted/trainer_state.json"},
               RunsAre::folders),
      ElementsAre("half", "half", "tilted"));
}

TEST(RunNames, PassOverNamesThatEveryRunHas) {
  EXPECT_THAT(names_of({"/x/half/version_0/metrics.csv", "/x/tilted/version_3/metrics.csv"},
                       RunsAre::files),
              ElementsAre("half", "tilted"));
  EXPECT_THAT(names_of({"/x/half/train.log"}, RunsAre::files), ElementsAre("half"));
}

TEST(RunNames, ComeFromTheFirstFolderAboveThatDiffers) {
  EXPECT_THAT(names_of({"/x/half/out/pile.csv", "/x/tilted/out/pile.csv"}, RunsAre::files),
              ElementsAre("half", "tilted"));
  EXPECT_THAT(names_of({"/x/half/run/e", "/x/tilted/run/e"}, RunsAre::folders),
              ElementsAre("half", "tilted"));
}

TEST(RunNames, AreThoseThatTheTableOfMixturesHas) {
  EXPECT_THAT(run_names({run_owner("/x/half/20260101-1200/e", RunsAre::folders),
                         run_owner("/x/tilted/20260102-1200/e", RunsAre::folders)},
                        {"half", "tilted"}),
              ElementsAre("half", "tilted"));
}

TEST(RunNames, AreAsLongAsTheyMustBe) {
  EXPECT_THAT(names_of({"/x/a/s0/e", "/x/a/s1/e", "/x/b/s0/e"}, RunsAre::folders),
              ElementsAre("a/s0", "a/s1", "b/s0"));
}

}  // namespace
}  // namespace bimix::replay
