#include <bimix/core/told.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <new>

namespace bimix::core {
namespace {

// A stale handle or a forbidden folder is no defect of the program.
TEST(Told, TakesWhatTheSystemRefusesForTheEnvironment) {
  const Told stale = told(std::filesystem::filesystem_error(
      "test", "runs/a/journal.ndjson", std::error_code(ESTALE, std::generic_category())));
  EXPECT_EQ(stale.exit_code, ExitCode::data);
  EXPECT_EQ(stale.text.find("runs/a/journal.ndjson: cannot be used: "), 0u) << stale.text;
  EXPECT_EQ(told(std::system_error(EACCES, std::generic_category())).exit_code, ExitCode::data);
  EXPECT_EQ(told(std::bad_alloc()).exit_code, ExitCode::data);
}

TEST(Told, LetsOwnErrorsSpeakAndTakesTheRestForDefects) {
  EXPECT_EQ(told(UsageError(Complaint{.problem = "no"})).exit_code, ExitCode::usage);
  EXPECT_EQ(told(UsageError(Complaint{.problem = "no"})).text, "no.");
  EXPECT_EQ(told(std::out_of_range("at")).exit_code, ExitCode::bug);
}

}  // namespace
}  // namespace bimix::core
