#include "proxy/sample_weights.hpp"

#include "proxy/transformer.hpp"
#include "support/thread_group.hpp"
#include "synthetic_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bimix::proxy {
namespace {

using testing::Each;
using testing::FloatNear;
using testing::IsNan;
using testing::Pointwise;

/// The three published ones, at a temperature that tells them apart.
std::vector<ProxyOptions> published_proxies() {
  std::vector<ProxyOptions> all;
  for (const LossScore score : core::all_values<LossScore>()) {
    ProxyOptions options = small_proxy();
    options.reweight.score = score;
    options.reweight_temperature = 0.5;
    all.push_back(resolved(options));
  }
  return all;
}

TEST(SampleWeights, CountLessWhereTheLossIsLow) {
  // Means 1, 2 and 6 of two tokens each: h = -1, -1/2... relative to the mean 3 and the widest 3.
  const std::vector<float> nats{1, 1, 2, 2, 6, 6};
  const std::vector<float> weights = sample_weights(nats, 3, 2.0);
  const double a = std::exp(2.0 * -2 / 3), b = std::exp(2.0 * -1 / 3), sum = a + b + 1;
  EXPECT_THAT(weights[0], FloatNear(static_cast<float>(3 * a / sum), 1e-6F));
  EXPECT_THAT(weights[1], FloatNear(static_cast<float>(3 * b / sum), 1e-6F));
  EXPECT_THAT(weights[2], FloatNear(static_cast<float>(3 / sum), 1e-6F));
}

TEST(SampleWeights, AreOnesWithoutStrengthOrDifference) {
  EXPECT_THAT(sample_weights(std::vector<float>{1, 2, 3}, 3, 0.0), Each(1.0F));
  EXPECT_THAT(sample_weights(std::vector<float>{2, 2, 2}, 3, 5.0), Each(1.0F));
}

// By hand from the paper's formulas, losses 1, 2 and 4 of two tokens each: x = -1, -1/3, 1.
TEST(PublishedWeights, AreThoseOfThePaper) {
  const std::vector<float> nats{0.5F, 1.5F, 2, 2, 3, 5};
  const auto sum_to_one = [&](LossScore score) {
    std::vector<float> weights = sample_weights(nats, 3, score, 0.5);
    for (float& weight : weights) weight /= 3;
    return weights;
  };
  EXPECT_THAT(sum_to_one(LossScore::linupper),
              Pointwise(FloatNear(1e-6F), {0.082083F, 0.311397F, 0.606519F}));
  EXPECT_THAT(sum_to_one(LossScore::quadratic),
              Pointwise(FloatNear(1e-6F), {0.126315F, 0.747369F, 0.126315F}));
  EXPECT_THAT(sum_to_one(LossScore::extremes),
              Pointwise(FloatNear(1e-6F), {0.441775F, 0.116451F, 0.441775F}));
}

TEST(PublishedWeights, AreOnesWithoutDifference) {
  for (const LossScore score : core::all_values<LossScore>()) {
    EXPECT_THAT(sample_weights(std::vector<float>{2, 2, 2}, 3, score, 0.1), Each(1.0F));
    EXPECT_THAT(sample_weights(std::vector<float>{0, 0, 0}, 3, score, 0.1), Each(1.0F));
    EXPECT_THAT(sample_weights(std::vector<float>{5, 3}, 1, score, 0.1), Each(1.0F));
  }
}

// Losses that differ by a tenth of the least range lie within a tenth of the middle: they are not
// taken for the extremes of a batch.
TEST(PublishedWeights, MagnifyNoDifferenceBelowTheLeastRange) {
  const float step = 0x1p-23F;  // 1.2e-7, one unit in the last place of 1
  const std::vector<float> nats{1, 1 + step};
  const double x = static_cast<double>(step) / 1e-6;
  const std::vector<float> weights = sample_weights(nats, 2, LossScore::linupper, 1.0);
  EXPECT_NEAR(weights[0], 2 / (1 + std::exp(x)), 1e-6);
  EXPECT_NEAR(weights[1], 2 / (1 + std::exp(-x)), 1e-6);
}

TEST(PublishedWeights, AreFiniteAtAnyTemperature) {
  const std::vector<float> nats{1, 2, 4};
  EXPECT_THAT(sample_weights(nats, 3, LossScore::linupper, 1e-300),
              Pointwise(FloatNear(0), {0.0F, 0.0F, 3.0F}));
  EXPECT_THAT(sample_weights(nats, 3, LossScore::extremes, 1e300), Each(1.0F));
}

// A training ends by its loss then, and no weight hides it.
TEST(PublishedWeights, AreNoNumbersWhereALossIsNone) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    EXPECT_THAT(sample_weights(std::vector<float>{1, bad, 4}, 3, LossScore::quadratic, 1.0),
                Each(IsNan()));
}

// The gradient is that of the weighted loss: with weights of one sequence each, it is the sum of
// the sequences' own gradients times their weights.
TEST(SampleWeights, ScaleTheGradientOfEachSequence) {
  ProxyOptions options = resolved(small_proxy());
  const auto row = static_cast<std::size_t>(options.context + 1);
  const auto batch = synthetic_text(options, 2, 3);
  ProxyOptions two = options;
  two.batch = two.micro_batch = 2;
  Arena arena;
  const Kernels& kernels = kernels_for(options.isa);
  TransformerShared<float> shared(arena, two, kernels);
  for (Index i = 0; i < shared.weights.size(); ++i)
    *shared.weights.at(i) = static_cast<float>(0.1 * std::sin(static_cast<double>(i)));
  TransformerPass<float> pass(arena, shared);
  for (auto* linear : shared.linears())
    linear->products.pack(shared.weights.at(linear->matrix.offset), pass.product_scratch());
  const Buffer together = arena.take(shared.layout.size), first = arena.take(shared.layout.size),
               second = arena.take(shared.layout.size);
  ASSERT_EQ(pass_sequences(two) * static_cast<Index>(row), std::ssize(batch));
  const std::vector<float> both{0.25F, 1.75F}, one{1, 0}, other{0, 1};
  const double nats = pass.learn(batch, 0, together, both);
  EXPECT_EQ(pass.learn(batch, 0, first, one), nats);  // losses are not weighted
  pass.learn(batch, 0, second, other);
  // Each is a sum of terms as large as the largest, rounded to 6e-8 of it.
  float largest = 0;
  for (Index i = 0; i < shared.layout.size; ++i)
    largest = std::max(largest, std::abs(*together.at(i)));
  for (Index i = 0; i < shared.layout.size; ++i)
    ASSERT_NEAR(*together.at(i), 0.25F * *first.at(i) + 1.75F * *second.at(i), 1e-6F * largest);
}

/// Both train alike for two steps and then not.
void expect_to_begin_after_two_steps(const ProxyOptions& plain, ProxyOptions weighted) {
  weighted.reweight_after = 2;
  const auto a = make_model(plain, 7, 1), b = make_model(weighted, 7, 1);
  for (std::uint64_t step = 0; step < 2; ++step) {
    const auto batch = synthetic_text(plain, plain.batch, step);
    a->train_step(batch, small_rate);
    b->train_step(batch, small_rate);
  }
  EXPECT_EQ(a->state(), b->state());
  const auto batch = synthetic_text(plain, plain.batch, 5);
  EXPECT_EQ(a->train_step(batch, small_rate), b->train_step(batch, small_rate));
  EXPECT_NE(a->state(), b->state());
}

TEST(SampleWeights, BeginAfterTheirSteps) {
  const ProxyOptions plain = resolved(small_proxy());
  ProxyOptions weighted = plain;
  weighted.reweight.strength = 3;
  expect_to_begin_after_two_steps(plain, weighted);
}

TEST(PublishedWeights, BeginAfterTheUniformSteps) {
  const ProxyOptions plain = resolved(small_proxy());
  for (const ProxyOptions& weighted : published_proxies())
    expect_to_begin_after_two_steps(plain, weighted);
}

// A step learns from the whole batch's weights, although its micro-batches are two sequences each.
TEST(PublishedWeights, AreTheGradientsOfAStep) {
  for (const ProxyOptions& options : published_proxies()) {
    const Kernels& kernels = kernels_for(options.isa);
    Transformer<float> trained(options, kernels, 7, 1), by_hand(options, kernels, 7, 1);
    const auto batch = synthetic_text(options, options.batch, 3);
    std::vector<float> nats(static_cast<std::size_t>(tokens_per_step(options)));
    by_hand.token_losses(batch, nats);
    by_hand.accumulate_gradient(batch, sample_weights(nats, options.batch, *options.reweight.score,
                                                      *options.reweight_temperature));
    trained.train_step(batch, small_rate);
    const auto a = trained.gradients(), b = by_hand.gradients();
    for (std::size_t m = 0; m < a.size(); ++m)
      EXPECT_TRUE(std::equal(a[m].values.begin(), a[m].values.end(), b[m].values.begin()));
  }
}

TEST(PublishedWeights, GiveTheSameBitsOnAnyNumberOfThreadsAndMembers) {
  for (ProxyOptions options : published_proxies()) {
    options.micro_batch = 1;
    const auto trained = [&](const core::ProcessGroup& group) {
      const auto model = make_model(options, 7, 1, group);
      for (std::uint64_t step = 0; step < 5; ++step)
        model->train_step(synthetic_text(options, options.batch, step), small_rate);
      return model->state();
    };
    const std::string alone = trained({});
    for (const auto& [members, threads] :
         {std::pair{1, 2}, {1, 6}, {2, 1}, {3, 1}, {6, 1}, {2, 3}}) {
      options.threads_per_trial = threads;
      std::vector<std::string> states(static_cast<std::size_t>(members));
      test::run_as_group(members, [&](const core::ProcessGroup& group) {
        states[static_cast<std::size_t>(group.number)] = trained(group);
      });
      EXPECT_THAT(states, Each(alone)) << members << " x " << threads;
    }
  }
}

}  // namespace
}  // namespace bimix::proxy
