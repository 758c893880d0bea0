#include "support/opened_corpus.hpp"
#include "support/text_folder.hpp"
#include "support/token_shards.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/entropy/entropy.hpp>

#include <Eigen/Eigenvalues>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>

namespace bimix::entropy {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;

// Sums of at most 65536 terms, compensated: a few roundings of the terms and of the sum remain.
constexpr double rounding = 1e-13;

PairTally counts_of(std::string_view text) {
  BytePairCounter counter;
  counter.add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return tally_of(counter.take());
}

std::string random_text(std::size_t size, int letters, std::uint64_t seed) {
  core::RandomStream stream(seed, core::Purpose::test);
  std::string text;
  for (std::size_t i = 0; i < size; ++i)
    text += static_cast<char>('a' + stream.below(static_cast<std::uint64_t>(letters)));
  return text;
}

TEST(CountEntropies, ByHand) {
  // "aabab": aa, ab, ba, ab; first tokens a a b a.
  const PairTally counts = counts_of("aabab");
  const double shannon = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  const double joint = -(0.25 * std::log(0.25) * 2 + 0.5 * std::log(0.5));
  // After a: a once, b twice of three; after b: always a.
  const double conditional = -(0.25 * std::log(1.0 / 3) + 0.5 * std::log(2.0 / 3));
  EXPECT_NEAR(shannon_entropy(counts), shannon, rounding);
  EXPECT_NEAR(joint_entropy(counts), joint, rounding);
  EXPECT_NEAR(conditional_entropy(counts), conditional, rounding);
}

TEST(CountEntropies, AreZeroForAConstantText) {
  const PairTally counts = counts_of("aaaaaaaaa");
  EXPECT_EQ(shannon_entropy(counts), 0.0);
  EXPECT_EQ(joint_entropy(counts), 0.0);
  EXPECT_EQ(conditional_entropy(counts), 0.0);
  EXPECT_EQ(joint_entropy(PairTally()), 0.0);
}

TEST(CountEntropies, AreLargestForUniformPairs) {
  const PairTally counts = tally_of(std::vector<std::int64_t>(256 * 256, 3));
  EXPECT_NEAR(shannon_entropy(counts), std::log(256.0), rounding);
  EXPECT_NEAR(joint_entropy(counts), 2 * std::log(256.0), rounding);
  EXPECT_NEAR(conditional_entropy(counts), std::log(256.0), rounding);
}

TEST(CountEntropies, ObeyTheChainRule) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const PairTally counts = counts_of(random_text(3000, 3 + static_cast<int>(seed), seed));
    EXPECT_NEAR(joint_entropy(counts), shannon_entropy(counts) + conditional_entropy(counts),
                rounding);
  }
}

TEST(MillerMadow, AddsHalfTheFreedomPerCount) {
  EXPECT_EQ(miller_madow_correction(5, 8), 0.25);
  EXPECT_EQ(miller_madow_correction(1, 8), 0.0);
  EXPECT_EQ(miller_madow_correction(0, 0), 0.0);
  // "aabab" again: 2 first tokens, 3 pairs, 4 counts.
  EntropyOptions options{.measures = {Measure::shannon, Measure::joint, Measure::conditional},
                         .miller_madow = true};
  const PairTally counts = counts_of("aabab");
  const std::vector entropies{count_entropy(counts, options)};
  const data::EntropyTable table = finish({"a"}, options, entropies, {});
  EXPECT_NEAR(table.nats(0, 0), shannon_entropy(counts) + 1.0 / 8, rounding);
  EXPECT_NEAR(table.nats(1, 0), joint_entropy(counts) + 2.0 / 8, rounding);
  EXPECT_NEAR(table.nats(2, 0), conditional_entropy(counts) + 1.0 / 8, rounding);
}

// Of a die with m faces thrown n times the plug-in entropy is low by (m - 1) / 2n on average, up to
// terms in 1/n^2: the corrected mean must be at least ten times nearer.
TEST(MillerMadow, TakesTheBiasAway) {
  double plain = 0, corrected = 0;
  constexpr int trials = 400, faces = 20;
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const PairTally counts = counts_of(random_text(401, faces, trial));
    const double miss = shannon_entropy(counts) - std::log(static_cast<double>(faces));
    plain += miss / trials;
    corrected += (miss + miller_madow_correction(faces, counts.total())) / trials;
  }
  EXPECT_LT(10 * std::abs(corrected), std::abs(plain));
}

// ---- von Neumann

/// The definition: eigenvalues of the N x N cosine kernel.
double by_definition(const Eigen::MatrixXd& vectors) {
  const Eigen::MatrixXd unit = vectors.rowwise().normalized();
  const Eigen::MatrixXd rho = unit * unit.transpose() / static_cast<double>(vectors.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(rho, Eigen::EigenvaluesOnly);
  double entropy = 0;
  for (const double p : solver.eigenvalues())
    if (p > 0) entropy -= p * std::log(p);
  return entropy;
}

// Eigenvalues are good to about d * eps; near zero -p ln p turns an error e into e ln(1/e), 36
// times as much, and there are N of them: 30 * 36 * 30 * eps is below 1e-11.
TEST(VonNeumannEntropy, AgreesWithTheKernelOfItsDefinition) {
  core::RandomStream stream(1, core::Purpose::test);
  for (const auto& [n, d] : {std::pair{30, 8}, {8, 30}, {20, 20}, {1, 5}}) {
    Eigen::MatrixXd vectors(n, d);
    for (double& x : vectors.reshaped()) x = stream.normal();
    EXPECT_NEAR(von_neumann_entropy(vectors), by_definition(vectors), 1e-11);
  }
}

TEST(VonNeumannEntropy, IsZeroForOneDirection) {
  const Eigen::MatrixXd vectors = Eigen::VectorXd::LinSpaced(9, 1, 9) * Eigen::RowVectorXd::Ones(4);
  EXPECT_NEAR(von_neumann_entropy(vectors), 0.0, 1e-13);
}

TEST(VonNeumannEntropy, IsLogNForOrthogonalVectors) {
  EXPECT_NEAR(von_neumann_entropy(3 * Eigen::MatrixXd::Identity(7, 9)), std::log(7.0), rounding);
}

TEST(VonNeumannEntropy, LeavesOutVectorsOfZeros) {
  Eigen::MatrixXd vectors = Eigen::MatrixXd::Identity(4, 6);
  vectors.row(2).setZero();
  EXPECT_NEAR(von_neumann_entropy(vectors), std::log(3.0), rounding);
  EXPECT_EQ(von_neumann_entropy(Eigen::MatrixXd::Zero(4, 6)), 0.0);
}

// ---- mixtures

TEST(MixtureFromEntropy, IsProportionalToExpH) {
  const data::Mixture mixture = mixture_from_entropy(std::vector{std::log(1.0), std::log(3.0)});
  EXPECT_NEAR(mixture[0], 0.25, rounding);
  EXPECT_NEAR(mixture[1], 0.75, rounding);
}

// exp(H) of joint is the product of those of Shannon and conditional, so the mixtures are as well,
// once normalised.
TEST(MixtureFromEntropy, MultipliesAsTheChainRuleAdds) {
  std::vector<CountEntropy> counts;
  for (const std::string& text : {random_text(4000, 5, 1), random_text(4000, 9, 2), "aabab"s})
    counts.push_back(count_entropy(counts_of(text), {}));
  const data::EntropyTable table =
      finish({"a", "b", "c"},
             {.measures = {Measure::shannon, Measure::conditional, Measure::joint}}, counts, {});
  std::vector<double> product;
  for (std::size_t d = 0; d < 3; ++d) product.push_back(table.mixture(0, d) * table.mixture(1, d));
  product = core::normalised(product);
  for (std::size_t d = 0; d < 3; ++d) EXPECT_NEAR(table.mixture(2, d), product[d], rounding);
}

// ---- over a corpus

struct OverACorpus : testing::Test {
  OverACorpus() {
    folder.write("a/1", random_text(90000, 6, 1));
    folder.write("a/2", "x");
    folder.write("a/3", random_text(150000, 6, 2));
    folder.write("b/1", random_text(100000, 20, 3));
    folder.write("e/1", "evaluation");
    corpus::CorpusOptions corpus_options = folder.options({"a", "b"});
    for (corpus::DomainFiles& domain : corpus_options.domains) domain.eval_patterns = {"e/1"};
    corpus = std::make_unique<corpus::Corpus>(test::opened(corpus_options));
    options.samples = 60;
    options.dimension = 32;
  }
  test::TextFolder folder;
  std::unique_ptr<corpus::Corpus> corpus;
  EntropyOptions options;
};

TEST_F(OverACorpus, CountsEveryBigramOfEveryDocument) {
  options.equal_tokens = false;
  BytePairCounter counter;
  const auto documents = test::documents_of(corpus->tokens(0, corpus::Part::train));
  ASSERT_EQ(documents.size(), 3u);
  for (const std::string& text : documents)
    counter.add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  EXPECT_EQ(byte_cells(*corpus, 0, options), counter.take());
  EXPECT_EQ(whole_tally(*corpus, 0, options).total(), 89999 + 149999);
}

TEST_F(OverACorpus, CountsEveryDomainAsFarAsTheSmallest) {
  EXPECT_EQ(whole_tally(*corpus, 0, options).total(), 99999);
  EXPECT_EQ(whole_tally(*corpus, 1, options).total(), 99999);
}

TEST_F(OverACorpus, MergesPartsToTheWhole) {
  for (const bool equal : {false, true}) {
    options.equal_tokens = equal;
    const std::vector<std::int64_t> whole = byte_cells(*corpus, 0, options);
    for (const int parts : {1, 2, 3, 7}) {
      std::vector<std::int64_t> sum(whole.size(), 0);
      for (int part = 0; part < parts; ++part) {
        const auto cells = byte_cells(*corpus, 0, options, {part, parts});
        for (std::size_t cell = 0; cell < cells.size(); ++cell) sum[cell] += cells[cell];
      }
      EXPECT_EQ(sum, whole) << parts << " parts";
    }
  }
}

TEST_F(OverACorpus, MakesAWholeTable) {
  const data::EntropyTable table = entropy_table(*corpus, options, 1);
  EXPECT_EQ(table, entropy_table(*corpus, options, 1));
  EXPECT_THAT(table.domains, ElementsAre("a", "b"));
  EXPECT_THAT(table.bigrams, ElementsAre(99999, 99999));
  EXPECT_THAT(table.samples, ElementsAre(60, 60));
  EXPECT_THAT(table.embedding, HasSubstr("32 signed places"));
  for (std::size_t m = 0; m < 4; ++m) {
    // Twenty letters at random are more varied than six, by any measure.
    EXPECT_LT(table.nats(m, 0), table.nats(m, 1)) << table.measures[m];
    EXPECT_NEAR(table.mixture(m, 0) + table.mixture(m, 1), 1.0, rounding);
  }
}

TEST_F(OverACorpus, SamplesAsManyTextsAsTheSmallestDomainHas) {
  options.samples = 1000;
  EXPECT_EQ(von_neumann(*corpus, 0, options, 1).samples, 100000 / 512);
  options.equal_tokens = false;
  EXPECT_EQ(von_neumann(*corpus, 0, options, 1).samples, (90000 + 1 + 150000) / 512);
}

TEST_F(OverACorpus, ComputesOnlyWhatIsAsked) {
  options.measures = {Measure::von_neumann};
  EXPECT_TRUE(entropy_table(*corpus, options, 1).bigrams.empty());
  options.measures = {Measure::joint};
  const data::EntropyTable table = entropy_table(*corpus, options, 1);
  EXPECT_TRUE(table.samples.empty());
  EXPECT_EQ(table.embedding, "");
}

TEST_F(OverACorpus, RefusesDomainsThatAreTooShort) {
  folder.write("c/1", "x");
  corpus::CorpusOptions corpus_options = folder.options({"c"});
  corpus_options.domains[0].eval_patterns = {"e/1"};
  const corpus::Corpus tiny = test::opened(corpus_options);
  EXPECT_THROW(byte_cells(tiny, 0, options), core::DataError);
  try {
    von_neumann(tiny, 0, options, 1);
    ADD_FAILURE();
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("domain 'c': its training part has 1 tokens"));
  }
}

// ---- over tokens

TEST_F(OverACorpus, GivesTokensOfTheSameTextTheSameBits) {
  const auto table_of = [&](int width, bool equal) {
    const std::string place = std::to_string(width) + "/";
    corpus::CorpusOptions corpus_options = folder.options({"a", "b"});
    for (const char* name : {"a/1", "a/2", "a/3", "b/1", "e/1"}) {
      std::ifstream file(folder.path() / name, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      folder.write(place + name, width == 1   ? text
                                 : width == 2 ? test::widened<std::uint16_t>(text)
                                              : test::widened<std::uint32_t>(text));
    }
    for (corpus::DomainFiles& domain : corpus_options.domains) {
      domain.train_patterns = {place + domain.name + "/*"};
      domain.eval_patterns = {place + "e/1"};
    }
    corpus_options.tokens = {width, 256};
    options.equal_tokens = equal;
    options.miller_madow = !equal;
    return entropy_table(test::opened(corpus_options), options, 1);
  };
  for (const bool equal : {false, true}) {
    const data::EntropyTable bytes = table_of(1, equal);
    for (const int width : {2, 4}) {
      data::EntropyTable tokens = table_of(width, equal);
      EXPECT_THAT(tokens.embedding, HasSubstr("hashed token 2- to 4-grams"));
      tokens.embedding = bytes.embedding;
      EXPECT_EQ(tokens, bytes) << width;
    }
  }
}

struct OverTokens : testing::Test {
  static constexpr int vocabulary = 1000;
  OverTokens() {
    core::RandomStream stream(1, core::Purpose::test);
    for (const auto& [name, limit] : {std::pair{"a/1", 400}, {"a/2", 900}, {"b/1", vocabulary}}) {
      std::vector<std::int32_t> numbers;
      for (int i = 0; i < 70000; ++i)
        numbers.push_back(static_cast<std::int32_t>(stream() % 1000 * (stream() % 1000) / 1000) %
                          limit);
      folder.write(name, test::raw_tokens<std::uint32_t>(numbers));
      texts[name] = numbers;
    }
    folder.write("e/1", test::raw_tokens<std::uint32_t>(std::vector{1, 2, 3}));
    corpus::CorpusOptions corpus_options = folder.options({"a", "b"});
    for (corpus::DomainFiles& domain : corpus_options.domains) domain.eval_patterns = {"e/1"};
    corpus_options.tokens = {4, vocabulary};
    corpus = std::make_unique<corpus::Corpus>(test::opened(corpus_options));
    options.equal_tokens = false;
  }
  test::TextFolder folder;
  std::map<std::string, std::vector<std::int32_t>> texts;
  std::unique_ptr<corpus::Corpus> corpus;
  EntropyOptions options;
};

// Plain sums of at most 140000 terms to about 11: each addition rounds by up to 1e-15.
TEST_F(OverTokens, AgreesWithATableOfAllPairs) {
  std::vector<double> cells(vocabulary * vocabulary, 0), firsts(vocabulary, 0);
  double total = 0;
  for (const char* name : {"a/1", "a/2"})
    for (std::size_t i = 0; i + 1 < texts[name].size(); ++i, ++total) {
      ++cells[static_cast<std::size_t>(texts[name][i] * vocabulary + texts[name][i + 1])];
      ++firsts[static_cast<std::size_t>(texts[name][i])];
    }
  const auto entropy = [&](const std::vector<double>& counts) {
    double sum = 0;
    for (const double n : counts)
      if (n > 0) sum -= n / total * std::log(n / total);
    return sum;
  };
  const CountEntropy found = count_entropy(whole_tally(*corpus, 0, options), options);
  EXPECT_EQ(found.pairs, 2 * 69999);
  EXPECT_NEAR(found.shannon, entropy(firsts), 1e-9);
  EXPECT_NEAR(found.joint, entropy(cells), 1e-9);
  EXPECT_NEAR(found.joint, found.shannon + found.conditional, rounding);
}

TEST_F(OverTokens, MergesPartsToTheWhole) {
  for (const bool equal : {false, true}) {
    options.equal_tokens = equal;
    const PairTally whole = whole_tally(*corpus, 0, options);
    EXPECT_EQ(whole.total(), equal ? 69999 : 2 * 69999);
    for (const std::int64_t memory : {std::int64_t{1} << 30, std::int64_t{100'000}}) {
      options.memory = memory;
      PairTally merged;
      PairCounter counter(corpus->format().vocabulary);
      for (int part = 0; part < 3; ++part)
        merged.merge(tally_part(*corpus, 0, options, counter, {part, 3}));
      EXPECT_EQ(merged, whole) << memory;
    }
  }
}

TEST_F(OverTokens, HashesGramsOfTokens) {
  options.samples = 100;
  options.dimension = 64;
  const SampleEntropy entropy = von_neumann(*corpus, 1, options, 1);
  EXPECT_EQ(entropy.samples, 100);
  // Texts at random have little in common: near the most that 64 places give, ln 64 = 4.16.
  EXPECT_GT(entropy.nats, 3.5);
  EXPECT_LE(entropy.nats, std::log(64.0));
}

TEST(EntropyOptions, AreCheckedBeforeUse) {
  const auto complaint = [](const EntropyOptions& options) -> std::string {
    try {
      check(options);
    } catch (const core::UsageError& error) {
      return error.what();
    }
    return "no complaint";
  };
  EXPECT_EQ(complaint({}), "no complaint");
  EXPECT_THAT(core::to_string(core::unknown_word<Measure>("shanon", "entropy.measures")),
              HasSubstr("'shanon' is no measure (known are shannon, joint, conditional and "
                        "von-neumann). Did you mean 'shannon'"));
  EXPECT_THAT(complaint({.measures = {Measure::joint, Measure::joint}}), HasSubstr("given twice"));
  EXPECT_THAT(complaint({.measures = {}}), HasSubstr("no measure"));
  EXPECT_THAT(complaint({.samples = 0}), HasSubstr("entropy.samples: 0 is not positive"));
  EXPECT_THAT(complaint({.sample_tokens = -1}), HasSubstr("entropy.sample_tokens"));
  EXPECT_THAT(complaint({.dimension = 0}), HasSubstr("entropy.dimension"));
}

}  // namespace
}  // namespace bimix::entropy
