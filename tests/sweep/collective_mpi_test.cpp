#include "support/mpi_test.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/sweep/collective.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace bimix {
namespace {

using test::world;

Observations some_observations() {
  Observations rows;
  rows.domains = {{"a", "b"}, {"a", "b"}, {0, 1}};
  for (int m = 0; m < 8; ++m) rows.mixtures.push_back({0.1 + 0.1 * m, 0.9 - 0.1 * m});
  rows.loss_nats.columns = 2;
  for (int m = 0; m < 8; ++m) {
    for (const double tokens : {1e5, 3e5, 1e6, 3e6}) {
      rows.mixture_id.push_back(m);
      rows.repeat.push_back(0);
      rows.tokens.push_back(tokens);
      for (const double r : rows.mixtures[m])
        rows.loss_nats.values.push_back(std::pow(r, -0.05) * (8 * std::pow(tokens, -0.25) + 1.2) *
                                        (1 + 0.002 * std::sin(37.0 * m + tokens)));
      ++rows.loss_nats.rows;
    }
  }
  return rows;
}

TEST(FitOverRanks, IsTheFitOfOneRankBitForBit) {
  const FitOptions options{.bootstrap = 11, .seed = 3};
  const LawFit together = fit_over_ranks(world(), some_observations(), options);
  const LawFit alone = fit_over_ranks(Comm(), some_observations(), options);
  EXPECT_EQ(together.coefficient, alone.coefficient);
  ASSERT_EQ(together.bootstrap.size(), 11u);
  EXPECT_EQ(together.bootstrap, alone.bootstrap);
  EXPECT_EQ(to_json(together).dump(), to_json(alone).dump());
}

TEST(FitOverRanks, ThrowsOnEveryRankWhereThereIsTooLittle) {
  Observations few = some_observations();
  few.mixture_id.resize(1);
  few.repeat.resize(1);
  few.tokens.resize(1);
  few.loss_nats.rows = 1;
  few.loss_nats.values.resize(2);
  try {
    fit_over_ranks(world(), few, {});
    ADD_FAILURE() << "fitted";
  } catch (const CollectiveError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::too_little) << error.what();
  }
}

TEST(EntropyOverRanks, IsTheTableOfOneRankBitForBit) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("bimix_entropy_" + std::to_string(world().size()));
  if (world().is_root()) {
    std::filesystem::create_directories(folder);
    for (const char* name : {"a.txt", "b.txt"}) {
      std::ofstream file(folder / name);
      for (int i = 0; i < 4000; ++i) file << name[0] << (i * i) % 97 << (i % 11 == 0 ? "\n" : " ");
    }
  }
  world().barrier();
  const Corpus corpus(
      {.domains = {{.name = "a", .train_patterns = {(folder / "a.txt").string()}},
                   {.name = "b", .train_patterns = {(folder / "b.txt").string()}}}});
  const EntropyOptions options{.samples = 20, .sample_tokens = 64, .dimension = 16};
  EXPECT_EQ(entropy_over_ranks(world(), corpus, options, 1),
            entropy_over_ranks(Comm(), corpus, options, 1));
}

}  // namespace
}  // namespace bimix
