#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/run/scale_bench.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace bimix::run {
namespace {

using test::TempFolder;
using testing::ElementsAre;

/// Temporary files go to a folder of the test.
class ScaleBenchFolder : public testing::Test {
 protected:
  ScaleBenchFolder() { ::setenv("TMPDIR", folder.path().c_str(), 1); }
  ~ScaleBenchFolder() override { ::unsetenv("TMPDIR"); }

  ScaleBench measured(const ScalePage& page) {
    return bench_scale(par::Comm(), screen, {.trials = 30, .domains = 3}, {.resamples = 2}, page);
  }

  TempFolder folder{};
  SilentScreen screen{};
};

TEST_F(ScaleBenchFolder, MeasuresEveryStepAndLeavesNothing) {
  std::size_t trials = 0;
  const ScaleBench bench =
      measured([&](const StoredRun& run) { trials = run.state.results.size(); });
  EXPECT_EQ(trials, 30u) << "the page is of the run";
  std::vector<std::string> steps;
  for (const ScaleCost& cost : bench.cost) {
    steps.push_back(cost.step);
    EXPECT_GE(cost.seconds, 0.0) << cost.step;
    EXPECT_GT(cost.peak_bytes, 1e6) << cost.step;
  }
  EXPECT_THAT(steps, ElementsAre("plan", "import", "status", "run again", "journal", "fit",
                                 "optimum", "results.h5", "page"));
  EXPECT_GT(bench.journal_bytes, 30u * 100u);
  EXPECT_GT(bench.results_bytes, 1000u);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(ScaleBenchFolder, IsRemovedWhenAStepFails) {
  EXPECT_THROW(measured([](const StoredRun&) { throw std::runtime_error("no page"); }),
               std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(ScaleBenchFolder, IsNamedWhereItCannotBeMade) {
  ::setenv("TMPDIR", (folder / "nowhere").c_str(), 1);
  try {
    measured([](const StoredRun&) {});
    FAIL() << "there is no such folder";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("TMPDIR"));
  }
}

TEST(GrowthExponent, IsThePowerOfTheLastSizes) {
  const std::vector<double> size{1, 10, 100, 1000};
  // At size 1 it costs what it costs anywhere.
  EXPECT_NEAR(growth_exponent(size, std::vector<double>{50, 3e2, 3e4, 3e6}), 2.0, 1e-12);
  EXPECT_NEAR(growth_exponent(std::vector<double>{4, 64}, std::vector<double>{1, 8}), 0.75, 1e-12);
  EXPECT_TRUE(std::isnan(growth_exponent(std::vector<double>{4}, std::vector<double>{1})));
  EXPECT_TRUE(std::isnan(growth_exponent(size, std::vector<double>{1, 1, 0, 1})));
}

}  // namespace
}  // namespace bimix::run
