/// The public tables, where they are at hand: BIMIX_PUBLISHED_DATA names their folder.

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/replay/loss_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace bimix::replay {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

std::filesystem::path published_data() {
  const char* folder = std::getenv("BIMIX_PUBLISHED_DATA");
  return folder ? std::filesystem::path(folder)
                : std::filesystem::path(BIMIX_SOURCE_DIR) / "../shared/data";
}

/// Skips the test where the public tables are not at hand.
class Published : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(published_data()))
      GTEST_SKIP() << "no published tables in " << published_data() << " (BIMIX_PUBLISHED_DATA)";
  }
};

// 654 rows of 60 mixtures; 60 of the 654 are the twin volume 19.998B, and 6 of 600 cells lack.
TEST_F(Published, SlimPajamaIs60RunsOf10Volumes) {
  const std::filesystem::path table = published_data() / "slimpajama/slimpajama_122m.csv";
  const LossLog log = read_logs({.files = {table.string()}});
  EXPECT_THAT(log.domains.train, ElementsAre("arxiv", "book", "c4", "github", "commoncrawl",
                                             "stackexchange", "wikipedia"));
  EXPECT_THAT(log.domains.eval, SizeIs(8));
  EXPECT_EQ(log.domains.eval.back(), "openhermes");
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1, 2, 3, 4, 5, 6, -1));
  EXPECT_THAT(log.volumes, SizeIs(10));
  EXPECT_EQ(log.volumes.front(), 1'998'000'000);
  EXPECT_EQ(log.volumes.back(), 20'000'000'000);
  ASSERT_THAT(log.runs, SizeIs(60));
  std::size_t points = 0;
  for (const data::LossCurve& run : log.runs) {
    EXPECT_TRUE(core::is_on_simplex(run.mixture));
    EXPECT_EQ(run.points.back().tokens, 20'000'000'000);
    for (const data::LossPoint& point : run.points)
      EXPECT_THAT(point.loss_nats, Each(testing::Gt(0.0)));
    points += run.points.size();
  }
  EXPECT_EQ(points, 594u);
  EXPECT_THAT(log.notes, ElementsAre("60 points dropped for a later one within 0.5 % of its volume",
                                     "6 (run, volume) cells missing from the log"));
  // The first row of the table, and its last volume.
  const data::LossPoint& first = log.runs.front().points.front();
  EXPECT_EQ(first.loss_nats.front(), 3.014416003227234);
  EXPECT_EQ(first.loss_nats.back(), 3.37936190366745);
}

// 10,184 lines, 86 of them twice: 42 runs of 22 sets, most at 11 steps from 10,000 to 30,000 and
// one at 100,000 too. One mixture sums to 1.02.
TEST_F(Published, RedPajamaLinesAre42RunsOf22Sets) {
  ReplayOptions options{.files = {(published_data() / "redpajama/redpajama_70m.txt").string()},
                        .tokens_per_step = 4096 * 256};
  EXPECT_THROW(read_logs(options), core::DataError);
  options.normalise = true;
  const LossLog log = read_logs(options);
  EXPECT_THAT(log.formats, ElementsAre("mixing-laws"));
  EXPECT_THAT(log.domains.train, ElementsAre("CommonCrawl", "C4", "GitHub", "ArXiv", "Books",
                                             "StackExchange", "Wikipedia"));
  EXPECT_THAT(log.domains.eval, SizeIs(22));
  EXPECT_EQ(log.domains.eval.front(), "Github");
  EXPECT_EQ(log.domains.share_of.front(), 2);
  EXPECT_THAT(log.runs, SizeIs(42));
  EXPECT_THAT(log.volumes, SizeIs(12));
  EXPECT_EQ(log.volumes.front(), 10'000LL * 4096 * 256);
  for (const data::LossCurve& run : log.runs) EXPECT_TRUE(core::is_on_simplex(run.mixture));
  EXPECT_THAT(log.notes, testing::IsSupersetOf({"86 repeated losses dropped (identical)",
                                                "1 mixture divided by the sum of its shares"}));
}

TEST_F(Published, RegMixIs512RunsOfOneVolume) {
  const LossLog log = read_logs(
      {.files = {(published_data() / "regmix/*_1m.csv").string()}, .tokens = 1'000'000'000});
  EXPECT_THAT(log.formats, ElementsAre("regmix"));
  EXPECT_THAT(log.domains.train, SizeIs(17));
  EXPECT_THAT(log.domains.eval, SizeIs(13));
  EXPECT_THAT(log.domains.share_of, Each(testing::Ge(0)));
  ASSERT_THAT(log.runs, SizeIs(512));
  EXPECT_THAT(log.volumes, ElementsAre(1'000'000'000));
  EXPECT_EQ(log.runs.front().points.front().loss_nats.front(), 7.0255866050720215);
}

}  // namespace
}  // namespace bimix::replay
