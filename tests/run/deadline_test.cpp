#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <run/deadline.hpp>

#include <cmath>

namespace bimix::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t now = 1'000'000;

TEST(Deadline, IsTheEarlierOfWalltimeAndJob) {
  struct Row {
    double walltime;
    std::optional<std::int64_t> job_ends_in;
    std::int64_t stops_in;  // 0: never
  };
  for (const Row& row : {Row{0, {}, 0}, Row{60, {}, 60}, Row{0, 36000, 36000 - 330},
                         Row{60, 36000, 60}, Row{40000, 36000, 36000 - 330}, Row{0, 100, 90}}) {
    JobEnd job;
    if (row.job_ends_in) job.utc = now + *row.job_ends_in;
    const Deadline deadline = deadline_of(row.walltime, job, now);
    EXPECT_EQ(deadline.utc, row.stops_in == 0 ? 0 : now + row.stops_in);
    EXPECT_EQ(deadline.reason.empty(), row.stops_in == 0);
  }
}

TEST(Deadline, WithoutOneThereIsTimeForEver) {
  EXPECT_TRUE(std::isinf(deadline_of(0, {}, now).seconds_left(now)));
  EXPECT_EQ(deadline_of(60, {}, now).seconds_left(now + 70), -10);
}

TEST(Deadline, TellsOfTheJobsEndAndOfClocksThatDisagree) {
  EXPECT_THAT(deadline_of(0, {.utc = now + 7200}, now).words,
              ElementsAre(HasSubstr("the job ends in 2")));
  EXPECT_THAT(deadline_of(0, {.note = "not used"}, now).words, ElementsAre("not used"));
}

}  // namespace
}  // namespace bimix::run
