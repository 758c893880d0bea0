/// The public tables, where they are at hand: BIMIX_PUBLISHED_DATA names their folder.

#include <bimix/core/simplex.hpp>
#include <bimix/replay/loss_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace bimix {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

std::filesystem::path published_data() {
  const char* folder = std::getenv("BIMIX_PUBLISHED_DATA");
  return folder ? std::filesystem::path(folder)
                : std::filesystem::path(BIMIX_SOURCE_DIR) / "../shared/data";
}

// 654 rows of 60 mixtures; 60 of the 654 are the twin volume 19.998B, and 6 of 600 cells lack.
TEST(PublishedSlimPajama, Is60RunsOf10Volumes) {
  const std::filesystem::path table = published_data() / "slimpajama/slimpajama_122m.csv";
  if (!std::filesystem::exists(table))
    GTEST_SKIP() << "no published tables in " << published_data() << " (BIMIX_PUBLISHED_DATA)";
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
  for (const LossCurve& run : log.runs) {
    EXPECT_TRUE(is_on_simplex(run.mixture));
    EXPECT_EQ(run.points.back().tokens, 20'000'000'000);
    for (const LossPoint& point : run.points) EXPECT_THAT(point.loss_nats, Each(testing::Gt(0.0)));
    points += run.points.size();
  }
  EXPECT_EQ(points, 594u);
  EXPECT_THAT(log.notes, ElementsAre("60 points dropped for a later one within 0.5 % of its volume",
                                     "6 (run, volume) cells missing from the log"));
  // The first row of the table, and its last volume.
  const LossPoint& first = log.runs.front().points.front();
  EXPECT_EQ(first.loss_nats.front(), 3.014416003227234);
  EXPECT_EQ(first.loss_nats.back(), 3.37936190366745);
}

}  // namespace
}  // namespace bimix
