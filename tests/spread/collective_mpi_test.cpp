#include "support/mpi_test.hpp"
#include "support/opened_corpus.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/spread/collective.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace bimix::spread {
namespace {

using test::world;

data::Observations some_observations() {
  data::Observations rows;
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
  const law::FitOptions options{.bootstrap = 11, .seed = 3};
  const data::LawFit together = fit_over_ranks(world(), some_observations(), options);
  const data::LawFit alone = fit_over_ranks(par::Comm(), some_observations(), options);
  EXPECT_EQ(together.coefficient, alone.coefficient);
  if (!world().is_root()) return;
  ASSERT_EQ(together.bootstrap.size(), 11u);
  EXPECT_EQ(together.bootstrap, alone.bootstrap);
  EXPECT_EQ(data::to_json(together).dump(), data::to_json(alone).dump());
}

// At 512 domains every rank held all samples, several times over.
TEST(FitOverRanks, GivesTheSamplesToTheRootAlone) {
  const data::LawFit fit = fit_over_ranks(world(), some_observations(), {.bootstrap = 11});
  EXPECT_EQ(fit.bootstrap.size(), world().is_root() ? 11u : 0u);
  EXPECT_EQ(fit.held_out.error.empty(), !world().is_root());
}

TEST(FitLawsOverRanks, FitsAndChoosesTheSameAtAnyNumberOfRanks) {
  const law::FitOptions options{.law = "auto", .bootstrap = 3, .folds = 4};
  const LawFits together = fit_laws_over_ranks(world(), some_observations(), options);
  const LawFits alone = fit_laws_over_ranks(par::Comm(), some_observations(), options);
  EXPECT_EQ(together.laws.front().law, "bimix");
  EXPECT_GT(together.laws.size(), 5u);
  ASSERT_EQ(together.laws.size(), alone.laws.size());
  EXPECT_EQ(together.used, alone.used);
  if (!world().is_root()) return;
  for (std::size_t n = 0; n < alone.laws.size(); ++n) {
    EXPECT_EQ(data::to_json(together.laws[n]).dump(), data::to_json(alone.laws[n]).dump());
    EXPECT_EQ(together.laws[n].bootstrap, alone.laws[n].bootstrap);
  }
  const data::LawFit& used = together.laws[together.used];
  EXPECT_EQ(used.bootstrap.size(), 3u);
  EXPECT_NE(used.flags.back().find("predicts held-out mixtures best"), std::string::npos);
}

TEST(FitLawsOverRanks, PutsBimixBesideTheLawThatIsAskedFor) {
  const law::FitOptions options{.law = "noise_capacity", .bootstrap = 2};
  const LawFits fits = fit_laws_over_ranks(world(), some_observations(), options);
  ASSERT_EQ(fits.laws.size(), 2u);
  EXPECT_EQ(fits.laws[0].law, "bimix");
  EXPECT_EQ(fits.used, 1u);
  // Without a domain that bimix can follow there is only the other.
  data::Observations foreign = some_observations();
  foreign.domains.share_of = {-1, -1};
  const LawFits alone =
      fit_laws_over_ranks(world(), foreign, {.law = "mixing_exp", .bootstrap = 0});
  ASSERT_EQ(alone.laws.size(), 1u);
  EXPECT_EQ(alone.used, 0u);
}

TEST(EvaluateOverRanks, IsTheEvaluationOfOneRankBitForBit) {
  const law::EvaluateOptions options{.protocol = law::Protocol::draws,
                                     .laws = {"bimix", "effective_share", "auto"},
                                     .train = 5,
                                     .draws = 2};
  const law::Evaluation together = evaluate_over_ranks(world(), some_observations(), {}, options);
  const law::Evaluation alone = evaluate_over_ranks(par::Comm(), some_observations(), {}, options);
  ASSERT_EQ(together.laws.size(), world().is_root() ? 3u : 0u);
  for (std::size_t n = 0; n < together.laws.size(); ++n) {
    EXPECT_EQ(together.laws[n].groups.size(), 2u);
    EXPECT_EQ(data::to_json(together.laws[n].mean).dump(),
              data::to_json(alone.laws[n].mean).dump());
  }
  const law::Evaluation last = evaluate_over_ranks(world(), some_observations(), {},
                                                   {.protocol = law::Protocol::extrapolation});
  EXPECT_EQ(!last.laws.empty() && last.laws.back().law == law::run_power, world().is_root());
  EXPECT_THROW(evaluate_over_ranks(world(), some_observations(), {}, {.laws = {"bimx"}}),
               par::CollectiveError);
}

TEST(FitOverRanks, ThrowsOnEveryRankWhereThereIsTooLittle) {
  data::Observations few = some_observations();
  few.mixture_id.resize(1);
  few.repeat.resize(1);
  few.tokens.resize(1);
  few.loss_nats.rows = 1;
  few.loss_nats.values.resize(2);
  try {
    fit_over_ranks(world(), few, {});
    ADD_FAILURE() << "fitted";
  } catch (const par::CollectiveError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::too_little) << error.what();
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
  const corpus::Corpus corpus =
      test::opened({.domains = {{.name = "a", .train_patterns = {(folder / "a.txt").string()}},
                                {.name = "b", .train_patterns = {(folder / "b.txt").string()}}}});
  const entropy::EntropyOptions options{.samples = 20, .sample_tokens = 64, .dimension = 16};
  EXPECT_EQ(entropy_over_ranks(world(), corpus, options, 1),
            entropy_over_ranks(par::Comm(), corpus, options, 1));
}

TEST(EntropyOverRanks, OfTokensIsTheTableOfOneRankBitForBit) {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("bimix_token_entropy_" + std::to_string(world().size()));
  if (world().is_root()) {
    std::filesystem::create_directories(folder);
    for (const char* name : {"a", "b", "c"}) {
      std::ofstream file(folder / name, std::ios::binary);
      for (std::uint32_t i = 0; i < 4000; ++i) {
        const std::uint32_t token = i * i * static_cast<unsigned char>(name[0]) % 99991;
        file.write(reinterpret_cast<const char*>(&token), sizeof token);
      }
    }
  }
  world().barrier();
  corpus::CorpusOptions corpus_options{.tokens = {4, 99991}};
  for (const char* name : {"a", "b", "c"})
    corpus_options.domains.push_back({.name = name, .train_patterns = {(folder / name).string()}});
  const corpus::Corpus corpus = test::opened(corpus_options);
  const entropy::EntropyOptions options{
      .miller_madow = true, .samples = 20, .sample_tokens = 64, .dimension = 16};
  EXPECT_EQ(entropy_over_ranks(world(), corpus, options, 1),
            entropy_over_ranks(par::Comm(), corpus, options, 1));
  EXPECT_EQ(entropy_over_ranks(par::Comm(), corpus, options, 1),
            entropy::entropy_table(corpus, options, 1));
  // Where memory is short, pairs are counted in passes.
  for (const std::int64_t memory : {5'000, 20'000}) {
    entropy::EntropyOptions scarce = options;
    scarce.memory = memory;
    EXPECT_EQ(entropy_over_ranks(world(), corpus, scarce, 1),
              entropy_over_ranks(par::Comm(), corpus, options, 1))
        << memory;
  }
}

TEST(EntropyOverRanks, EndsOnAllRanksWhereATokenIsBeyondTheVocabulary) {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("bimix_wrong_token_" + std::to_string(world().size()));
  constexpr std::size_t count = std::size_t{9} << 20, wrong = 36'000;
  if (world().is_root()) {
    std::filesystem::create_directories(folder);
    for (const char* name : {"a", "b"}) {
      std::vector<std::uint16_t> tokens(count, name[0]);
      if (name[0] == 'b') tokens[wrong] = 60'000;  // where no sample of a large file comes
      std::ofstream(folder / name, std::ios::binary)
          .write(reinterpret_cast<const char*>(tokens.data()), 2 * count);
    }
  }
  world().barrier();
  corpus::CorpusOptions corpus_options{.tokens = {2, 50'257}};
  for (const char* name : {"a", "b"})
    corpus_options.domains.push_back({.name = name, .train_patterns = {(folder / name).string()}});
  const corpus::Corpus corpus = test::opened(corpus_options);
  try {
    entropy_over_ranks(world(), corpus, {.measures = {entropy::Measure::joint}}, 1);
    ADD_FAILURE() << "it was counted";
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("token 36000 "), std::string::npos) << error.what();
  }
  world().barrier();
  if (world().is_root()) std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bimix::spread
