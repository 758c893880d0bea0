#include "support/opened_corpus.hpp"
#include "support/text_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/corpus/sampler.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace bimix::corpus {
namespace {

using testing::ElementsAre;

data::Mixture random_mixture(std::size_t size, core::RandomStream& stream) {
  data::Mixture mixture;
  for (std::size_t d = 0; d < size; ++d) mixture.push_back(stream.gamma(0.5));
  const double sum = std::accumulate(mixture.begin(), mixture.end(), 0.0);
  for (double& share : mixture) share /= sum;
  return mixture;
}

// The exact claim: floor(n r) or ceil(n r). Shares in units of 2^-53 differ from r by at most K
// units, so n r is known to n K 2^-53, far below 1e-9 here.
TEST(QuotaSchedule, IsNeverAWholeTurnOff) {
  core::RandomStream stream(1, core::Purpose::test);
  for (int trial = 0; trial < 40; ++trial) {
    const data::Mixture mixture = random_mixture(1 + stream.below(12), stream);
    QuotaSchedule schedule(mixture);
    std::vector<int> turns(mixture.size(), 0);
    for (int n = 1; n <= 2000; ++n) {
      ++turns[schedule.next()];
      for (std::size_t d = 0; d < mixture.size(); ++d)
        ASSERT_LT(std::abs(turns[d] - n * mixture[d]), 1 + 1e-9) << "after " << n << " of " << d;
    }
  }
}

TEST(QuotaSchedule, IsExactForSharesThatDivideTheTurns) {
  for (const data::Mixture& mixture :
       {data::Mixture{0.5, 0.25, 0.25}, data::Mixture{0.1, 0.2, 0.3, 0.4}}) {
    QuotaSchedule schedule(mixture);
    std::vector<int> turns(mixture.size(), 0);
    for (int n = 0; n < 20000; ++n) ++turns[schedule.next()];
    for (std::size_t d = 0; d < mixture.size(); ++d)
      EXPECT_EQ(turns[d], std::lround(20000 * mixture[d]));
  }
}

TEST(QuotaSchedule, NeverGivesATurnToAShareOfZero) {
  QuotaSchedule schedule({0.0, 1.0, 0.0});
  for (int n = 0; n < 100; ++n) EXPECT_EQ(schedule.next(), 1u);
}

TEST(QuotaSchedule, RefusesWhatIsNoMixture) {
  EXPECT_THROW(QuotaSchedule({0.5, 0.6}), core::InternalError);
  EXPECT_THROW(QuotaSchedule({std::nan("")}), core::InternalError);
  QuotaSchedule schedule({0.5, 0.5});
  EXPECT_THROW(schedule.resume(std::vector<std::int64_t>{5, 1}), core::InternalError);
}

struct Sampling : testing::Test {
  Sampling() {
    options.mixture = {0.5, 0.3, 0.2};
    options.batch = 5;
    options.context = 16;
  }

  /// The next batch as texts of S + 1 bytes.
  std::vector<std::string> rows(MixtureSampler& sampler, const SamplerOptions& of) const {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(of.batch * (of.context + 1)));
    sampler.next(tokens);
    std::vector<std::string> texts;
    for (auto at = tokens.begin(); at != tokens.end(); at += of.context + 1)
      texts.emplace_back(at, at + of.context + 1);
    return texts;
  }

  /// The first `count` sequences of each domain, in order; told apart by leading digits, which the
  /// domains do not share.
  std::map<char, std::vector<std::string>> streams(const SamplerOptions& of, int steps) const {
    MixtureSampler sampler(corpus, of);
    std::map<char, std::vector<std::string>> streams;
    for (int step = 0; step < steps; ++step)
      for (const std::string& text : rows(sampler, of)) {
        const char lead = text[text.find('\n') + 1];
        streams[lead == '2' ? '1' : lead].push_back(text);
      }
    return streams;
  }

  test::TextFolder folder;
  Corpus corpus = [this] {
    folder.write("a/x", test::numbered_lines(300, 10000));
    folder.write("a/y", test::numbered_lines(100, 20000));
    folder.write("b/x", test::numbered_lines(400, 50000));
    folder.write("c/x", test::numbered_lines(90, 90000));
    return test::opened(folder.options({"a", "b", "c"}));
  }();
  SamplerOptions options;
};

TEST_F(Sampling, CountsTokensExactly) {
  MixtureSampler sampler(corpus, options);
  for (int step = 1; step <= 200; ++step) {
    rows(sampler, options);
    const auto tokens = sampler.tokens_drawn();
    EXPECT_EQ(tokens[0] + tokens[1] + tokens[2], step * 5 * 16);
    for (std::size_t d = 0; d < 3; ++d)
      EXPECT_LE(std::abs(static_cast<double>(tokens[d]) / 16 - step * 5 * options.mixture[d]), 1);
  }
  EXPECT_THAT(sampler.tokens_drawn(), ElementsAre(500 * 16, 300 * 16, 200 * 16));
}

TEST_F(Sampling, GivesADomainTheSameStreamWhateverTheMixture) {
  SamplerOptions other = options;
  other.mixture = {0.1, 0.3, 0.6};
  other.batch = 7;
  auto streams_one = streams(options, 40), streams_two = streams(other, 40);
  for (const char lead : {'1', '5', '9'}) {
    auto &one = streams_one[lead], &two = streams_two[lead];
    ASSERT_NE(one.size(), two.size());
    const std::size_t shared = std::min(one.size(), two.size());
    ASSERT_GT(shared, 10u);
    one.resize(shared), two.resize(shared);
    EXPECT_EQ(one, two);
  }
}

TEST_F(Sampling, GivesADomainTheSameStreamAmongOtherDomains) {
  const Corpus fewer = test::opened(folder.options({"c", "b"}));
  SamplerOptions one = options, two = options;
  one.mixture = {0.0, 1.0, 0.0};
  two.mixture = {0.0, 1.0};
  MixtureSampler sampler_one(corpus, one), sampler_two(fewer, two);
  EXPECT_EQ(rows(sampler_one, one), rows(sampler_two, two));
}

TEST_F(Sampling, ChangesTheStreamWithSeedAndRepeat) {
  SamplerOptions seed = options, repeat = options;
  seed.seed = 1;
  repeat.repeat = 1;
  EXPECT_EQ(streams(options, 3), streams(options, 3));
  EXPECT_NE(streams(options, 3), streams(seed, 3));
  EXPECT_NE(streams(options, 3), streams(repeat, 3));
}

TEST_F(Sampling, VisitsEachSlotOnceAnEpochInANewOrder) {
  options.mixture = {0.0, 0.0, 1.0};
  options.batch = 1;
  const auto slots = static_cast<int>(corpus.slots(2, Part::train, options.context).count());
  MixtureSampler sampler(corpus, options);
  std::vector<std::string> epochs[2];
  for (auto& epoch : epochs)
    for (int k = 0; k < slots; ++k) epoch.push_back(rows(sampler, options)[0]);
  EXPECT_THAT(sampler.epochs(), ElementsAre(0.0, 0.0, 2.0));
  EXPECT_NE(epochs[0], epochs[1]);
  const std::set<std::string> first(epochs[0].begin(), epochs[0].end());
  EXPECT_EQ(first.size(), static_cast<std::size_t>(slots));
  EXPECT_EQ(first, std::set<std::string>(epochs[1].begin(), epochs[1].end()));
}

TEST_F(Sampling, DrawsFromTheTrainingPartOnly) {
  std::string training;
  for (const Stretch& document : corpus.tokens(1, Part::train).stretches())
    training.append(document.tokens.bytes().begin(), document.tokens.bytes().end());
  options.mixture = {0.0, 1.0, 0.0};
  MixtureSampler sampler(corpus, options);
  for (int step = 0; step < 60; ++step)
    for (const std::string& text : rows(sampler, options))
      EXPECT_NE(training.find(text), std::string::npos) << text;
}

TEST_F(Sampling, ContinuesFromItsState) {
  options.mixture = {0.61, 0.29, 0.1};
  MixtureSampler whole(corpus, options);
  for (int step = 0; step < 37; ++step) rows(whole, options);
  MixtureSampler restored(corpus, options);
  restored.restore(whole.state());
  for (int step = 0; step < 50; ++step) ASSERT_EQ(rows(restored, options), rows(whole, options));
  EXPECT_EQ(restored.tokens_drawn(), whole.tokens_drawn());
}

TEST_F(Sampling, RefusesADomainShorterThanASequence) {
  options.context = 2000;
  EXPECT_THROW(MixtureSampler(corpus, options), core::DataError);
  options.context = 16;
  options.mixture = {0.5, 0.5};
  EXPECT_THROW(MixtureSampler(corpus, options), core::InternalError);
}

}  // namespace
}  // namespace bimix::corpus
