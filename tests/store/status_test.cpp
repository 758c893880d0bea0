#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/status.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace bimix::store {
namespace {

using test::TempFolder;

RunStatus some_status() {
  return {.started_utc = 1'795'000'000,
          .updated_utc = 1'795'000'100,
          .stage = "trials",
          .trials_total = 12,
          .trials_done = 5,
          .trials_failed = 1,
          .trials_running = 2,
          .work_done = 0.5,
          .trials_per_hour = 240,
          .eta_seconds = 33.25,
          .eta_low = 30.0,
          .eta_high = 40.5,
          .deadline_utc = 1'795'003'600,
          .ranks = 2,
          .host = "node1",
          .pid = 4711,
          .message = "trial \"default\" is at 512K tokens",
          .last_failure = "trial b2 failed",
          .longest = {{.rank = 1, .trial = "a1", .seconds = 12.5, .fraction = 0.25}}};
}

TEST(RunStatus, RoundTrips) {
  const TempFolder folder;
  EXPECT_FALSE(read_status(folder.path()).has_value());
  write_status(folder.path(), some_status());
  EXPECT_EQ(read_status(folder.path()), some_status());
}

TEST(RunStatus, MayNotKnowWhenItEnds) {
  const TempFolder folder;
  RunStatus status = some_status();
  status.eta_seconds = std::nan("");
  write_status(folder.path(), status);
  EXPECT_TRUE(std::isnan(read_status(folder.path())->eta_seconds));
}

TEST(RunStatus, RefusesAnotherFile) {
  const TempFolder folder;
  for (const char* text : {"", "[]", "{}", "{\"trials\": 1}", "not json"}) {
    folder.write("status.json", text);
    EXPECT_THROW(read_status(folder.path()), core::DataError) << text;
  }
}

}  // namespace
}  // namespace bimix::store
