#include "failing_disk.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace bimix::store {
namespace {

using test::bytes_of;
using test::FailingDisk;
using test::TempFolder;
using testing::HasSubstr;

std::ptrdiff_t files_in(const TempFolder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

TEST(WriteFileAtomically, ReplacesTheWholeFile) {
  const TempFolder folder;
  const std::string bytes("a\0b", 3);
  write_file_atomically(folder / "status.json", "something that is longer");
  write_file_atomically(folder / "status.json", bytes);
  EXPECT_EQ(bytes_of(folder / "status.json"), bytes);
  EXPECT_EQ(core::read_file(folder / "status.json"), bytes);
  EXPECT_EQ(files_in(folder), 1);
}

// Two that keep one page fresh at once.
TEST(WriteFileAtomically, GivesEachProcessANameOfItsOwnForWhatIsNotWholeYet) {
  const TempFolder folder;
  folder.write("page.html.1.tmp", "half of another process's page");
  write_file_atomically(folder / "page.html", "whole");
  EXPECT_EQ(bytes_of(folder / "page.html.1.tmp"), "half of another process's page");
}

TEST(RemoveLeftovers, OfKilledWritersAndNothingElse) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "checkpoints");
  for (const char* name : {"status.json.7.tmp", "checkpoints/aa.ckpt.tmp", "report.html.8.tmp",
                           "journal.ndjson", "checkpoints/aa.ckpt"})
    folder.write(name, "x");
  remove_leftovers(folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder / "status.json.7.tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder / "checkpoints/aa.ckpt.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder / "report.html.8.tmp"))
      << "is being written by others";
  EXPECT_TRUE(std::filesystem::exists(folder / "checkpoints/aa.ckpt"));
  EXPECT_TRUE(std::filesystem::exists(folder / "journal.ndjson"));
}

TEST(WriteFileAtomically, LeavesTheOldFileWhicheverCallFails) {
  const TempFolder folder;
  write_file_atomically(folder / "f", "old");
  for (int call = 1; call <= 3; ++call) {  // write, sync, rename
    FailingDisk disk(call);
    EXPECT_THROW(write_file_atomically(folder / "f", "new", disk), core::DataError);
    EXPECT_EQ(disk.calls(), call);
    EXPECT_EQ(bytes_of(folder / "f"), "old");
    EXPECT_EQ(files_in(folder), 1);
  }
  FailingDisk disk(4);
  write_file_atomically(folder / "f", "new", disk);
  EXPECT_EQ(bytes_of(folder / "f"), "new");
}

// /dev/full is a device without space: every write to it fails as on a full disk.
TEST(WriteFileIfChanged, TouchesTheFileOnlyForOtherBytes) {
  const test::TempFolder folder;
  const auto path = folder / "page";
  write_file_if_changed(path, "old");
  // As if long ago: a file that is written again is of now.
  const auto then = std::filesystem::last_write_time(path) - std::chrono::hours(1);
  std::filesystem::last_write_time(path, then);
  write_file_if_changed(path, "old");
  EXPECT_EQ(std::filesystem::last_write_time(path), then);
  for (const char* other : {"new", "", "longer than that"}) {
    std::filesystem::last_write_time(path, then);
    write_file_if_changed(path, other);
    EXPECT_EQ(core::read_file(path), other);
    EXPECT_NE(std::filesystem::last_write_time(path), then) << other;
  }
}

TEST(WriteFileAtomically, SaysThatTheDiskIsFullAndWhatToDo) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const TempFolder folder;
  std::filesystem::create_symlink("/dev/full", folder / fmt::format("f.{}.tmp", getpid()));
  try {
    write_file_atomically(folder / "f", "new");
    FAIL() << "written";
  } catch (const core::DataError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::data);
    EXPECT_THAT(error.what(), HasSubstr("/f: cannot be written: No space left on device"));
    EXPECT_THAT(error.what(), HasSubstr("Free space"));
  }
}

TEST(WriteFileAtomically, NamesAFolderThatIsNotThere) {
  const TempFolder folder;
  try {
    write_file_atomically(folder / "nowhere" / "f", "new");
    FAIL() << "written";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("nowhere/f: cannot be written: No such file"));
  }
}

TEST(SecondsSinceWritten, IsTheAgeAndLeavesNothingBehind) {
  const TempFolder folder;
  const auto path = folder.write("status.json", "{}");
  const auto hour_ago = std::filesystem::last_write_time(path) - std::chrono::hours(1);
  std::filesystem::last_write_time(path, hour_ago);
  EXPECT_NEAR(seconds_since_written(path), 3600, 60);
  std::filesystem::last_write_time(path, hour_ago + std::chrono::hours(5));
  EXPECT_EQ(seconds_since_written(path), 0) << "of the future: clocks differ";
  EXPECT_EQ(seconds_since_written(folder / "nothing"), 0);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

}  // namespace
}  // namespace bimix::store
