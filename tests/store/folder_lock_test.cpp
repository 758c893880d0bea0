#include "store/owner_record.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/folder_lock.hpp>
#include <bimix/store/journal.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <system_error>
#include <thread>

namespace bimix::store {
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
  } catch (const core::DataError& error) {
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
TEST(FolderLock, TellsWhetherItIsHeld) {
  const TempFolder folder;
  EXPECT_FALSE(has_no_writer_here(folder.path())) << "there is no lock to tell by";
  {
    const FolderLock lock(folder.path());
    EXPECT_FALSE(has_no_writer_here(folder.path()));
    EXPECT_THROW(FolderLock(folder.path()), core::DataError) << "looking does not let go of it";
  }
  EXPECT_TRUE(has_no_writer_here(folder.path()));
}

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
  EXPECT_THROW(const FolderLock lock(folder.path()), core::DataError);
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_NO_THROW(const FolderLock lock(folder.path()));
  close(ready[0]);
  close(ready[1]);
}

TEST(FolderLock, NamesAFolderThatCannotBeMade) {
  const TempFolder folder;
  folder.write("file", "");
  EXPECT_THROW(FolderLock(folder / "file"), core::DataError);
}

/// As some network file systems are mounted.
class NoLocks : public Disk {
 public:
  void lock(int) override { throw std::system_error(ENOLCK, std::generic_category(), "lock"); }
};

std::string refusal(const std::filesystem::path& folder, bool take_over) {
  NoLocks disk;
  try {
    const FolderLock lock(folder, take_over, disk);
  } catch (const core::DataError& error) {
    return error.what();
  }
  return "";
}

TEST(FolderLockWithoutLocks, KeepsTheSecondWriterOutWhileTheFirstIsHeardOf) {
  const TempFolder folder;
  NoLocks disk;
  {
    const FolderLock lock(folder.path(), false, disk);
    EXPECT_FALSE(lock.is_kernel_lock());
    EXPECT_NO_THROW(lock.require_held());
    for (const bool take_over : {false, true})
      EXPECT_THAT(refusal(folder.path(), take_over), HasSubstr("is being written by process"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "owner"));
  EXPECT_EQ(refusal(folder.path(), false), "");
}

TEST(FolderLockWithoutLocks, GivesAStaleRecordAwayOnlyOnPurpose) {
  const TempFolder folder;
  NoLocks disk;
  const FolderLock before(folder.path(), false, disk);
  Journal journal(before);
  journal.append(JournalHeader{});
  const auto age = [&] {
    std::filesystem::last_write_time(
        folder / "owner", std::filesystem::file_time_type::clock::now() - std::chrono::minutes(5));
  };
  age();
  EXPECT_THAT(refusal(folder.path(), false), HasSubstr("repeat the command with --take-over"));
  {
    age();
    const FolderLock after(folder.path(), true, disk);
    EXPECT_NO_THROW(after.require_held());
    // Who was only thought dead must not write any more.
    EXPECT_THROW(journal.append(RunStop{}), core::DataError);
    EXPECT_THROW(before.require_held(), core::DataError);
  }
  EXPECT_EQ(read_journal(folder.path()).stops.size(), 0u);
}

TEST(FolderLockWithoutLocks, KeepsItsRecordFresh) {
  const TempFolder folder;
  const OwnerRecord::Pace quick{.beat = std::chrono::milliseconds(20)};
  const OwnerRecord owner(folder.path(), false, quick);
  for (int beat = 0; beat < 2; ++beat) {
    std::filesystem::last_write_time(
        folder / "owner", std::filesystem::file_time_type::clock::now() - std::chrono::minutes(5));
    int looks = 0;  // within moments, or on a busy machine within two minutes
    while (looks < 6000 && seconds_since_written(folder / "owner") > 200) {
      ++looks;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_LT(looks, 6000) << "waited in vain until the record was touched again";
    EXPECT_THROW(OwnerRecord(folder.path(), true, quick), core::DataError);
  }
  EXPECT_TRUE(owner.is_ours());
}

}  // namespace
}  // namespace bimix::store
