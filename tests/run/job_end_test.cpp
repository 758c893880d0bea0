#include "support/temp_folder.hpp"

#include <bimix/run/job_end.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace bimix::run {
namespace {

using testing::HasSubstr;

constexpr std::int64_t now = 1'795'000'000;

/// The variables of a job, for the time of a test.
class JobEndTest : public testing::Test {
 protected:
  JobEndTest() {
    for (const char* name : {"SLURM_JOB_ID", "SLURM_JOB_END_TIME"}) unsetenv(name);
  }
  ~JobEndTest() override {
    for (const char* name : {"SLURM_JOB_ID", "SLURM_JOB_END_TIME"}) unsetenv(name);
    setenv("PATH", path_.c_str(), 1);
  }
  static void set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }

  std::string path_ = std::getenv("PATH");
};

TEST_F(JobEndTest, IsWhatTheEnvironmentSays) {
  EXPECT_FALSE(job_end(now).utc) << "no job";
  set("SLURM_JOB_END_TIME", "1795000060");
  EXPECT_EQ(job_end(now).utc, now + 60);
}

// Inherited from an older job by a terminal that was started in it, or clocks that disagree.
TEST_F(JobEndTest, IsNotUsedWhereItIsOver) {
  set("SLURM_JOB_END_TIME", std::to_string(now - 86400));
  const JobEnd end = job_end(now);
  EXPECT_FALSE(end.utc);
  EXPECT_EQ(end.note, "SLURM_JOB_END_TIME is 24 h 00 min ago by this host's clock: not used");
  set("SLURM_JOB_END_TIME", std::to_string(now));
  EXPECT_FALSE(job_end(now).utc);
}

TEST_F(JobEndTest, IsAskedOfSqueueOtherwise) {
  const test::TempFolder folder;
  const auto answers = [&](const std::string& line) {
    std::filesystem::permissions(
        folder.write("squeue", "#!/bin/sh\necho noise >&2\n[ \"$3\" = 77 ] && " + line + "\n"),
        std::filesystem::perms::owner_all);
    set("PATH", folder.path().string() + ":" + path_);
    set("SLURM_JOB_ID", "77");
    return job_end(now).utc;
  };
  EXPECT_EQ(answers("echo 1-02:03:04"), now + 93784);
  EXPECT_EQ(answers("echo ' 9:30 '"), now + 570);
  EXPECT_FALSE(answers("echo UNLIMITED"));
  EXPECT_FALSE(answers("exit 1"));
  set("SLURM_JOB_ID", "$(touch here)");
  EXPECT_FALSE(job_end(now).utc);
}

TEST(SlurmSeconds, ReadsTheTimesThatSlurmWrites) {
  EXPECT_EQ(slurm_seconds("4:05"), 245);
  EXPECT_EQ(slurm_seconds("1:00:00"), 3600);
  EXPECT_EQ(slurm_seconds("2-03:04:05"), 2 * 86400 + 3 * 3600 + 4 * 60 + 5);
  for (const char* none : {"", "UNLIMITED", "INVALID", "NOT_SET", "5", "1-", "-1:00", "1:2:3:4",
                           "a:b", "99999999999:00"})
    EXPECT_FALSE(slurm_seconds(none).has_value()) << none;
}

}  // namespace
}  // namespace bimix::run
