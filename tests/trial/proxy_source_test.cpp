#include "support/opened_corpus.hpp"
#include "support/stop_when.hpp"
#include "support/text_folder.hpp"
#include "support/token_shards.hpp"

#include <bimix/core/error.hpp>
#include <bimix/trial/proxy_source.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace bimix::trial {
namespace {

const proxy::ProxyOptions tiny{.layers = 1,
                               .width = 8,
                               .heads = 2,
                               .context = 16,
                               .batch = 4,
                               .warmup_steps = 2,
                               .eval_sequences = 4};

ProxySource some_source(const test::TextFolder& folder, std::uint64_t seed = 1,
                        const proxy::ProxyOptions& options = tiny) {
  folder.write("a/0", test::numbered_lines(600));
  folder.write("a/1", test::numbered_lines(600, 5000));
  folder.write("b/0", std::string(3000, 'x') + "\n");
  folder.write("b/1", std::string(3000, 'y') + "\n");
  return {test::opened(folder.options({"a", "b"})), proxy::resolved(options), seed};
}

/// It weighs its sequences from the fourth step on.
proxy::ProxyOptions weighed() {
  proxy::ProxyOptions options = tiny;
  options.reweight.score = proxy::LossScore::linupper;
  options.reweight_after = 3;
  return options;
}

data::TrialSpec some_spec() {
  return {.mixture = {0.5, 0.5}, .repeat = 0, .seed = 1, .tokens = {128, 512}};
}

TEST(ProxySource, IsAPureFunctionOfItsSpec) {
  const test::TextFolder folder;
  const ProxySource source = some_source(folder);
  const data::TrialResult first = source.run(some_spec(), {}), again = source.run(some_spec(), {});
  EXPECT_EQ(first.curve, again.curve);
  ASSERT_EQ(first.curve.size(), 2u);
  EXPECT_EQ(first.curve[1].tokens, 512);
  EXPECT_EQ(std::accumulate(first.tokens_seen.begin(), first.tokens_seen.end(), 0LL), 512);
  data::TrialSpec other = some_spec();
  other.repeat = 1;
  EXPECT_NE(source.run(other, {}).curve, first.curve);
}

TEST(ProxySource, GivesAnInterruptedTrialNoResult) {
  const test::TextFolder folder;
  const ProxySource source = some_source(folder);
  EXPECT_THROW(source.run(some_spec(), {.stop = test::asked_to_stop()}), core::Interrupted);
}

void expect_the_same_after_a_stop(const ProxySource& source) {
  const data::TrialResult whole = source.run(some_spec(), {});
  for (const int stop_after : {0, 1, 3, 8}) {  // steps and evaluations
    std::string saved;
    int done = 0;
    std::stop_source stop;
    if (stop_after == 0) stop.request_stop();
    TrialHooks hooks{.stop = stop.get_token()};
    hooks.save = [&](std::string_view bytes) { saved = bytes; };
    hooks.progress = [&](double) {
      if (++done == stop_after) stop.request_stop();
    };
    EXPECT_THROW(source.run(some_spec(), hooks), core::Interrupted);
    ASSERT_FALSE(saved.empty());
    hooks.stop = {};
    hooks.load = [&] { return saved; };
    const data::TrialResult resumed = source.run(some_spec(), hooks);
    EXPECT_EQ(resumed.curve, whole.curve);
    EXPECT_EQ(resumed.tokens_seen, whole.tokens_seen);
  }
}

TEST(ProxySource, GoesOnWhereItWasStoppedWithTheSameBits) {
  const test::TextFolder folder;
  expect_the_same_after_a_stop(some_source(folder));
}

// The steps that are not weighed are counted over the stop.
TEST(ProxySource, GoesOnToWeighItsSequencesWhereItWasStopped) {
  const test::TextFolder folder;
  const ProxySource source = some_source(folder, 1, weighed());
  expect_the_same_after_a_stop(source);
  EXPECT_NE(source.run(some_spec(), {}).curve, some_source(folder).run(some_spec(), {}).curve);
  EXPECT_NE(source.identity(some_spec()), some_source(folder).identity(some_spec()));
}

TEST(ProxySource, GoesOnToLargerVolumesFromTheModelThatWasKept) {
  const test::TextFolder folder;
  const ProxySource source = some_source(folder);
  const auto with = [](const std::vector<std::int64_t>& tokens) {
    data::TrialSpec spec = some_spec();
    spec.tokens = tokens;
    return spec;
  };
  std::string kept;
  TrialHooks keeping;
  keeping.keep = [&](std::string_view bytes) { kept = bytes; };
  source.run(some_spec(), keeping);
  ASSERT_FALSE(kept.empty());
  // It goes on only where it came by: not with a volume more on the way, nor with one less.
  for (const auto& [tokens, least] : {std::pair(std::vector<std::int64_t>{128, 512, 1024}, 0.4),
                                      {{64, 128, 512, 1024}, 0.0},
                                      {{512, 1024}, 0.0},
                                      {{128, 512}, 0.0},
                                      {{128, 256}, 0.0}}) {
    const data::TrialResult whole = source.run(with(tokens), {});
    double first = -1;
    TrialHooks hooks;
    hooks.load = [&] { return kept; };
    hooks.progress = [&](double fraction) { first = first < 0 ? fraction : first; };
    const data::TrialResult extended = source.run(with(tokens), hooks);
    EXPECT_EQ(extended.curve, whole.curve);
    EXPECT_EQ(extended.tokens_seen, whole.tokens_seen);
    EXPECT_GT(first, least);
    EXPECT_LT(first, least + 0.4);
  }
}

TEST(ProxySource, NamesDivergenceWithItsStep) {
  const test::TextFolder folder;
  some_source(folder);
  proxy::ProxyOptions wild = proxy::resolved(tiny);
  wild.learning_rate = 1e30;
  const ProxySource source(test::opened(folder.options({"a", "b"})), wild, 1);
  const data::TrialResult result = source.run(some_spec(), {});
  EXPECT_EQ(result.status, data::TrialStatus::diverged);
  EXPECT_NE(result.message.find("at step"), std::string::npos) << result.message;
}

TEST(ProxySource, KnowsItsTextAndSettingsByIdentity) {
  const test::TextFolder folder;
  const data::TrialSpec spec;
  const std::string before = some_source(folder).identity(spec);
  EXPECT_EQ(some_source(folder).identity(spec), before);
  folder.write("a/0", test::numbered_lines(601));
  EXPECT_NE(ProxySource(test::opened(folder.options({"a", "b"})), proxy::resolved(tiny), 1)
                .identity(spec),
            before);
}

TEST(ProxySource, DrawsFromAsSmallAPartAsItsVolumeIsOfTheTarget) {
  const test::TextFolder folder;
  const ProxySource all = some_source(folder);
  proxy::ProxyOptions matched = proxy::resolved(tiny);
  matched.match_target = 2048;
  const ProxySource source(test::opened(folder.options({"a", "b"})), matched, 1);
  const data::TrialResult whole = all.run(some_spec(), {}), part = source.run(some_spec(), {});
  ASSERT_EQ(part.unique_tokens.size(), 2u);
  for (std::size_t k = 0; k < 2; ++k)  // 512 of 2048
    EXPECT_NEAR(part.unique_tokens[k] / whole.unique_tokens[k], 0.25, 1e-3);
  EXPECT_NE(part.curve, whole.curve);
  EXPECT_EQ(source.run(some_spec(), {}).curve, part.curve);
  data::TrialSpec longer = some_spec();
  longer.tokens.back() = 1024;
  EXPECT_NE(source.identity(longer), source.identity(some_spec())) << "another part is drawn from";
  EXPECT_EQ(all.identity(longer), all.identity(some_spec()));
  longer.tokens.back() = 2048;
  EXPECT_EQ(source.corpus_of(longer).fingerprint(), all.corpus_of(longer).fingerprint());
}

TEST(ProxySource, RefusesAPartThatHoldsNoSequence) {
  const test::TextFolder folder;
  some_source(folder);
  proxy::ProxyOptions matched = proxy::resolved(tiny);
  matched.match_target = 1'000'000'000;
  const ProxySource source(test::opened(folder.options({"a", "b"})), matched, 1);
  EXPECT_THROW(source.run(some_spec(), {}), core::DataError);
}

TEST(ProxySource, CountsEvaluationInItsCost) {
  const test::TextFolder folder;
  const ProxySource source = some_source(folder);
  const double share = source.evaluation_share(some_spec());
  EXPECT_GT(share, 0.0);
  EXPECT_LT(share, 1.0);
  data::TrialSpec longer = some_spec();
  longer.tokens = {128, 1024};
  EXPECT_GT(source.cost(longer), source.cost(some_spec()));
}

/// The same text as bytes or as tokens of a width.
ProxySource widened_source(const test::TextFolder& folder, int width) {
  const std::string place = std::to_string(width) + "/";
  const auto write = [&](const std::string& name, const std::string& text) {
    folder.write(place + name, width == 1   ? text
                               : width == 2 ? test::widened<std::uint16_t>(text)
                                            : test::widened<std::uint32_t>(text));
  };
  for (const char* name : {"a/0", "a/1"}) write(name, test::numbered_lines(600, name[2] * 100));
  for (const char* name : {"b/0", "b/1"}) write(name, std::string(3000, name[2]) + "\n");
  corpus::CorpusOptions options = folder.options({"a", "b"});
  for (corpus::DomainFiles& domain : options.domains)
    domain.train_patterns = {place + domain.name + "/*"};
  options.tokens = {width, 256};
  return {test::opened(options), proxy::resolved(tiny), 1};
}

TEST(ProxySource, LearnsTokensAsItLearnsTheirBytes) {
  const test::TextFolder folder;
  const ProxySource bytes = widened_source(folder, 1);
  const data::TrialResult wanted = bytes.run(some_spec(), {});
  for (const int width : {2, 4}) {
    const ProxySource tokens = widened_source(folder, width);
    EXPECT_EQ(tokens.run(some_spec(), {}).curve, wanted.curve) << width;
    EXPECT_NE(tokens.identity({}), bytes.identity({}));
  }
}

TEST(ProxySource, TrainsOnALargeVocabulary) {
  const test::TextFolder folder;
  for (const char* name : {"a/0", "a/1", "b/0", "b/1"}) {
    std::vector<std::int32_t> numbers;
    for (int i = 0; i < 3000; ++i) numbers.push_back(i * i % 997 * 131 + name[0]);
    folder.write(name,
                 test::npy_row("<u4", numbers.size()) + test::raw_tokens<std::uint32_t>(numbers));
  }
  corpus::CorpusOptions options = folder.options({"a", "b"});
  options.tokens = {4, 131072};
  proxy::ProxyOptions large = tiny;
  large.vocabulary = 131072;
  const ProxySource source(test::opened(options), proxy::resolved(large), 1);
  const data::TrialResult result = source.run(some_spec(), {});
  EXPECT_EQ(result.status, data::TrialStatus::ok);
  EXPECT_LT(result.curve[1].loss_nats[0], std::log(131072.0));
}

}  // namespace
}  // namespace bimix::trial
