#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/checkpoint.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace bimix::store {
namespace {

using test::bytes_of;
using test::TempFolder;

const std::string some_bytes = std::string("{}\n\0\xff", 5) + std::string(1000, 'w');

TEST(Checkpoint, ComesBackByteForByte) {
  const TempFolder folder;
  EXPECT_EQ(read_checkpoint(folder.path(), "ab").bytes, "");
  EXPECT_EQ(read_checkpoint(folder.path(), "ab").problem, "");
  write_checkpoint(folder.path(), "ab", "older");
  write_checkpoint(folder.path(), "ab", some_bytes);
  EXPECT_EQ(read_checkpoint(folder.path(), "ab").bytes, some_bytes);
  remove_checkpoint(folder.path(), "ab");
  EXPECT_EQ(read_checkpoint(folder.path(), "ab").bytes, "");
}

TEST(Checkpoint, OfAnotherTrialIsRefused) {
  const TempFolder folder;
  write_checkpoint(folder.path(), "ab", some_bytes);
  std::filesystem::rename(folder / "checkpoints/ab.ckpt", folder / "checkpoints/cd.ckpt");
  const ReadCheckpoint read = read_checkpoint(folder.path(), "cd");
  EXPECT_EQ(read.bytes, "");
  EXPECT_NE(read.problem.find("cd.ckpt"), std::string::npos);
}

TEST(Checkpoint, ThatIsTornOrDamagedAnywhereIsRefused) {
  const TempFolder folder;
  write_checkpoint(folder.path(), "ab", some_bytes);
  const std::string whole = bytes_of(folder / "checkpoints/ab.ckpt");
  const auto refused = [&](const std::string& bytes) {
    std::ofstream(folder / "checkpoints/ab.ckpt", std::ios::binary) << bytes;
    const ReadCheckpoint read = read_checkpoint(folder.path(), "ab");
    return read.bytes.empty() && !read.problem.empty();
  };
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    EXPECT_TRUE(refused(whole.substr(0, at))) << at;
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    EXPECT_TRUE(refused(flipped)) << at;
  }
}

TEST(Checkpoint, OfEachTrialHasAHashThatChangesWithIt) {
  const TempFolder folder;
  EXPECT_TRUE(saved_checkpoints(folder.path()).empty());
  write_checkpoint(folder.path(), "aa", "a third");
  write_checkpoint(folder.path(), "bb", "nothing");
  const auto before = saved_checkpoints(folder.path());
  write_checkpoint(folder.path(), "aa", "two thirds");
  const auto after = saved_checkpoints(folder.path());
  EXPECT_EQ(after.size(), 2u);
  EXPECT_NE(after.at("aa"), before.at("aa"));
  EXPECT_EQ(after.at("bb"), before.at("bb"));
  EXPECT_EQ(after.at("bb").size(), 32u);
}

TEST(Model, IsKeptBesideCheckpointsAndCopiedWhereThereIsNone) {
  const TempFolder folder, other;
  write_checkpoint(folder.path(), "ab", "unfinished");
  write_model(folder.path(), "ab", some_bytes);
  write_model(folder.path(), "cd", "second");
  remove_checkpoint(folder.path(), "ab");
  EXPECT_EQ(read_model(folder.path(), "ab").bytes, some_bytes);
  EXPECT_FALSE(has_model(other.path(), "ab"));
  copy_models(other.path(), folder.path());  // there are none
  write_model(other.path(), "cd", "own");
  copy_models(folder.path(), other.path());
  EXPECT_EQ(read_model(other.path(), "ab").bytes, some_bytes);
  EXPECT_EQ(read_model(other.path(), "cd").bytes, "own");
}

TEST(Checkpoint, SaysWhyItCannotBeWritten) {
  const TempFolder folder;
  std::ofstream(folder / "checkpoints") << "a file where the folder should be";
  EXPECT_THROW(write_checkpoint(folder.path(), "ab", some_bytes), core::DataError);
}

}  // namespace
}  // namespace bimix::store
