#include "support/mpi_test.hpp"

#include <bimix/spread/entropy_bench.hpp>
#include <bimix/spread/fit_bench.hpp>
#include <bimix/sweep/bench.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace bimix::spread {
namespace {

TEST(MadeUpLosses, FollowTheLawWithinTheirNoise) {
  const TableShape shape{.mixtures = 40, .volumes = 5, .domains = 4, .noise = 1e-3};
  const data::Observations table = made_up_losses(shape, 3);
  ASSERT_EQ(table.loss_nats.rows, 200u);
  double squares = 0.0;
  for (std::size_t row = 0; row < 200; ++row) {
    const double share = table.mixtures[static_cast<std::size_t>(table.mixture_id[row])][0];
    const double law = std::pow(share, -0.1) * (30.0 * std::pow(table.tokens[row], -0.25) + 1.5);
    squares += std::pow(table.loss_nats(row, 0) / law - 1.0, 2);
  }
  // Of 200 normal errors: the standard error of their spread is 5 % of it, four of them are asked.
  EXPECT_NEAR(std::sqrt(squares / 200), 1e-3, 0.2e-3);
}

TEST(ReferenceProblem, IsAHundredPointsThatDifferFromNumberToNumber) {
  const law::DomainData problem = reference_problem(0);
  EXPECT_EQ(problem.loss_nats.size(), 100u);
  EXPECT_EQ(problem.loss_nats, reference_problem(0).loss_nats);
  EXPECT_NE(problem.loss_nats, reference_problem(1).loss_nats);
  // Laid out as a fit wants it: by volume, then by mixture, and the same losses as in the table.
  const data::Observations table = made_up_losses({}, 0);
  for (std::size_t row = 0; row < 100; ++row) {
    EXPECT_EQ(problem.volume[row], row / 10);
    EXPECT_EQ(problem.mixture[row], row % 10);
    EXPECT_EQ(problem.loss_nats[row], table.loss_nats(row % 10 * 10 + row / 10, 0));
  }
}

TEST(BenchFit, MeasuresAloneAndOnAllRanks) {
  const FitBench bench =
      bench_fit(test::world(), {.seconds = 0.02,
                                .problems = 5,
                                .starts = 8,
                                .bootstrap = {.domains = 4},
                                .samples = 20,
                                .laws = {.mixtures = 20, .volumes = 4, .domains = 3},
                                .law_names = {"bimix", "linear"}});
  EXPECT_EQ(bench.ranks, test::world().size());
  if (test::world().is_root()) {
    EXPECT_GT(bench.fits_per_second, 0);
    EXPECT_EQ(bench.beaten, 0) << "a random start found a lower minimum";
    for (const RankTimes& times : {bench.bootstrap, bench.laws}) {
      EXPECT_GT(times.alone_seconds, 0);
      EXPECT_GT(times.together_seconds, 0);
      EXPECT_GE(times.together_processor_seconds, 0);
      if (bench.ranks == 1) {
        EXPECT_EQ(times.alone_seconds, times.together_seconds);
      }
    }
  }
}

TEST(BenchEntropy, CountsBytes) {
  EXPECT_GT(bench_entropy(std::vector<std::uint8_t>(100000, 'a'), 0.0), 0);
}

}  // namespace
}  // namespace bimix::spread
