#include <bimix/core/clock.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>

namespace bimix::core {
namespace {

TEST(Clock, TellsTheTimeOfDayToTheMillisecond) {
  const double before = static_cast<double>(std::time(nullptr));
  const double now = utc_now();
  EXPECT_GE(now, before);
  EXPECT_LT(now, before + 60);
  EXPECT_NEAR(now * 1000, std::round(now * 1000), 1e-3);
}

TEST(Clock, WritesUtcWhateverTheZone) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(1795000000.999), "2026-11-18T11:06:40Z");
}

}  // namespace
}  // namespace bimix::core
