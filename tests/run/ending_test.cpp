#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <run/ending.hpp>

namespace bimix::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CutShort, PromisesThatTheSameCommandGetsFurtherUnlessItGotNowhereTwice) {
  struct Row {
    Advance advance;
    core::ExitCode code;
  };
  for (const Row& row :
       {Row{{.got_further = true, .was_stuck = false}, core::ExitCode::interrupted},
        Row{{.got_further = true, .was_stuck = true}, core::ExitCode::interrupted},
        Row{{.got_further = false, .was_stuck = false}, core::ExitCode::interrupted},
        Row{{.got_further = false, .was_stuck = true}, core::ExitCode::data}})
    EXPECT_EQ(cut_short("stopped", row.advance).code, row.code)
        << row.advance.got_further << row.advance.was_stuck;
}

/// A stage that a stop of rank 0 ended in the middle.
StageEnd stopped() {
  return {.ended_here = 2,
          .had_seconds = 60,
          .left_seconds = 600,
          .stop_reason = "stopped by a signal",
          .advance = {.got_further = true}};
}

TEST(WhyEarly, IsNoReasonWhereAllTrialsEnded) {
  StageEnd end = stopped();
  end.complete = true;
  EXPECT_THAT(why_early(end).reason, IsEmpty());
}

TEST(WhyEarly, TooManyFailuresCountEvenIfAllTrialsEnded) {
  StageEnd end = stopped();
  end.complete = true;
  end.too_many_failures = "3 of 4 trials failed";
  EXPECT_EQ(why_early(end).code, core::ExitCode::data);
  EXPECT_EQ(why_early(end).reason, "3 of 4 trials failed");
}

TEST(WhyEarly, ASignalThatOnlyAnotherRankGotIsOne) {
  StageEnd end = stopped();
  end.stop_reason = "";
  EXPECT_EQ(why_early(end).reason, "stopped by a signal");
  EXPECT_EQ(why_early(end).code, core::ExitCode::interrupted);
}

// 75 would make a batch script repeat for ever what never comes to its end.
TEST(WhyEarly, NoPromiseWhereNothingEndedInTimeAndNothingIsSaved) {
  StageEnd end = stopped();
  end.stop_reason = "the walltime of 1 min is over";
  end.left_seconds = -1;
  end.ended_here = 0;
  EXPECT_EQ(why_early(end).code, core::ExitCode::interrupted);  // progress is saved
  end.saves_progress = false;
  EXPECT_EQ(why_early(end).code, core::ExitCode::data);
  EXPECT_THAT(why_early(end).reason, HasSubstr("no trial ended"));
  end.signalled = true;  // it was not for time
  EXPECT_EQ(why_early(end).code, core::ExitCode::interrupted);
}

TEST(WhyEarly, SaysThatTheRestWouldNotEndInTime) {
  StageEnd end = stopped();
  end.stop_reason = "";
  end.out_of_time = true;
  EXPECT_THAT(why_early(end).reason, HasSubstr("none of the trials that are left"));
}

data::TrialResult ended_as(data::TrialStatus status,
                           data::FailureKind failure = data::FailureKind::none) {
  return {.id = "a", .status = status, .failure = failure, .message = "no space"};
}

TEST(Closing, CountsEachWayToEndBadlyOnce) {
  const auto failed = data::TrialStatus::failed;
  const Closing closing = closing_of(
      {ended_as(data::TrialStatus::ok), ended_as(failed, data::FailureKind::data),
       ended_as(failed, data::FailureKind::quarantined), ended_as(data::TrialStatus::diverged)});
  EXPECT_EQ(closing.code, core::ExitCode::some_trials_failed);
  EXPECT_EQ(closing.ended_badly, 3u);
  EXPECT_THAT(closing.words, ElementsAre(HasSubstr("1 trial failed"), HasSubstr("1 trial is not"),
                                         HasSubstr("1 trial has diverged")));
}

TEST(Closing, ARunThatLogsLeaveVolumesOutOfIsDone) {
  const Closing closing =
      closing_of({ended_as(data::TrialStatus::ok), ended_as(data::TrialStatus::missing)});
  EXPECT_EQ(closing.code, core::ExitCode::done);
  EXPECT_THAT(closing.words, IsEmpty());
}

TEST(AllEndedBadly, SaysWhyTheFirstDidAndNothingWhereOneEndedWell) {
  EXPECT_FALSE(all_ended_badly({}));
  EXPECT_FALSE(
      all_ended_badly({ended_as(data::TrialStatus::failed), ended_as(data::TrialStatus::ok)}));
  const auto end = all_ended_badly({ended_as(data::TrialStatus::failed)});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, core::ExitCode::data);
  EXPECT_THAT(end->reason, HasSubstr("no space"));
}

TEST(Counted, TellsOfEachKindOfEnd) {
  EXPECT_EQ(counted({}), "0 trials are done");
  EXPECT_EQ(counted({ended_as(data::TrialStatus::ok), ended_as(data::TrialStatus::failed)}),
            "1 trial is done, 1 failed");
}

}  // namespace
}  // namespace bimix::run
