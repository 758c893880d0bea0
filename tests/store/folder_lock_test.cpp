#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/folder_lock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bimix {
namespace {

using test::TempFolder;
using testing::HasSubstr;

TEST(FolderLock, MakesTheFolder) {
  const TempFolder folder;
  const FolderLock lock(folder / "runs/demo");
  EXPECT_TRUE(std::filesystem::is_regular_file(folder / "runs/demo/lock"));
}

TEST(FolderLock, RefusesTheSecondWriterAndNamesTheFirst) {
  const TempFolder folder;
  const FolderLock lock(folder.path());
  try {
    const FolderLock second(folder.path());
    FAIL() << "locked twice";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is being written by process " + std::to_string(getpid())));
    EXPECT_THAT(error.what(), HasSubstr("Wait for it"));
  }
}

TEST(FolderLock, EndsWithItsHolder) {
  const TempFolder folder;
  { const FolderLock lock(folder.path()); }
  EXPECT_NO_THROW(const FolderLock again(folder.path()));
}

// A killed process leaves the file behind, and with it a stale text, but no lock.
TEST(FolderLock, CannotGoStale) {
  const TempFolder folder;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    if (write(ready[1], "x", 1) == 1) pause();
    _exit(1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THROW(const FolderLock lock(folder.path()), DataError);
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_NO_THROW(const FolderLock lock(folder.path()));
  close(ready[0]);
  close(ready[1]);
}

TEST(FolderLock, NamesAFolderThatCannotBeMade) {
  const TempFolder folder;
  folder.write("file", "");
  EXPECT_THROW(FolderLock(folder / "file"), DataError);
}

}  // namespace
}  // namespace bimix
