#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/glob.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const std::string& pattern, const test::TempFolder& folder) {
  std::vector<std::string> names;
  for (const Match& match : files_matching(pattern, folder.path())) names.push_back(match.name);
  return names;
}

struct FilesMatching : testing::Test {
  FilesMatching() {
    for (const char* name : {"text/b.txt", "text/a.txt", "text/.hidden.txt", "text/c.md",
                             "text/deep/d.txt", "text/deep/deeper/e.txt"}) {
      std::filesystem::create_directories((folder / name).parent_path());
      folder.write(name, "x");
    }
  }
  test::TempFolder folder{};
};

TEST_F(FilesMatching, SortsByNameBelowTheFoldersThatHoldNoWildcard) {
  EXPECT_THAT(names_of("text/*.txt", folder), ElementsAre("a.txt", "b.txt"));
  EXPECT_THAT(names_of("*/[ac].*", folder), ElementsAre("text/a.txt", "text/c.md"));
}

TEST_F(FilesMatching, GoesThroughAnyNumberOfFoldersForTwoStars) {
  EXPECT_THAT(names_of("text/**/*.txt", folder),
              ElementsAre("a.txt", "b.txt", "deep/d.txt", "deep/deeper/e.txt"));
  EXPECT_THAT(names_of("**/e.txt", folder), ElementsAre("text/deep/deeper/e.txt"));
  EXPECT_THAT(names_of("text/deep/**", folder), ElementsAre("d.txt", "deeper/e.txt"));
}

TEST_F(FilesMatching, NamesAFileOnceHoweverManyWaysLeadToIt) {
  EXPECT_THAT(names_of("**/**/e.txt", folder), ElementsAre("text/deep/deeper/e.txt"));
}

TEST_F(FilesMatching, TakesAPathAsItIs) {
  EXPECT_THAT(names_of("text/.hidden.txt", folder), ElementsAre(".hidden.txt"));
  const auto absolute = files_matching((folder.path() / "text/*.md").string(), "/nowhere");
  ASSERT_EQ(absolute.size(), 1u);
  EXPECT_EQ(absolute[0], (Match{folder.path() / "text/c.md", "c.md"}));
}

TEST_F(FilesMatching, StartsAtTheWorkingDirectoryWithoutABase) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto found = files_matching("*/a.txt", {});
  std::filesystem::current_path(before);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], (Match{"text/a.txt", "text/a.txt"}));
}

TEST_F(FilesMatching, DoesNotWalkInCirclesThroughLinks) {
  std::filesystem::create_directory_symlink(folder.path() / "text", folder.path() / "text/loop");
  EXPECT_THAT(names_of("text/**/e.txt", folder), ElementsAre("deep/deeper/e.txt"));
}

// A text that git-annex had not fetched was passed over, and the corpus was smaller in silence. A
// folder of logs may have such links.
TEST_F(FilesMatching, RefusesALinkToNothingThatIsASource) {
  std::filesystem::create_symlink("nowhere.txt", folder.path() / "text/z.txt");
  try {
    files_matching("text/*.txt", folder.path());
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("z.txt: is a link to nowhere.txt, which is not there"));
  }
  EXPECT_FALSE(find_files("text/*.txt", folder.path()).empty());
}

TEST_F(FilesMatching, NamesThePatternThatMatchesNothing) {
  for (const char* pattern : {"text/*.pdf", "nowhere/*.txt", "text", "", "text/a.txt/*"}) try {
      files_matching(pattern, folder.path());
      ADD_FAILURE() << pattern;
    } catch (const DataError& error) {
      EXPECT_EQ(error.complaint().place, pattern);
      EXPECT_THAT(error.what(), HasSubstr("matches no file"));
    }
}

}  // namespace
}  // namespace bimix::core
