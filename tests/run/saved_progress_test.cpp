#include "support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <run/saved_progress.hpp>

#include <chrono>

namespace bimix::run {
namespace {

// Five kills must not end a trainer that gets on by its own checkpoint.
TEST(SavedByCommands, TellsATrainerThatGetsOnFromOneThatDoesNot) {
  const test::TempFolder folder;
  std::filesystem::create_directories(folder / "trials/aa/deep");
  EXPECT_TRUE(saved_by_commands(folder.path()).empty());
  folder.write("trials/aa/mixture.json", "ours");
  folder.write("trials/aa/log.txt", "ours as well");
  EXPECT_TRUE(saved_by_commands(folder.path()).empty());
  const auto model = folder.write("trials/aa/deep/model.pt", "a third");
  const auto before = saved_by_commands(folder.path());
  EXPECT_EQ(before.size(), 1u);
  EXPECT_EQ(saved_by_commands(folder.path()), before);
  std::filesystem::last_write_time(
      model, std::filesystem::last_write_time(model) + std::chrono::milliseconds(5));
  EXPECT_NE(saved_by_commands(folder.path()).at("aa"), before.at("aa"));
  EXPECT_TRUE(saved_by_commands(folder / "nowhere").empty());
}

}  // namespace
}  // namespace bimix::run
