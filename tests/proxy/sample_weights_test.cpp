#include "proxy/sample_weights.hpp"

#include "proxy/transformer.hpp"
#include "synthetic_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::proxy {
namespace {

using testing::Each;
using testing::FloatNear;

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
  TransformerShared shared(arena, two, kernels);
  for (Index i = 0; i < shared.weights.size(); ++i)
    *shared.weights.at(i) = static_cast<float>(0.1 * std::sin(static_cast<double>(i)));
  for (auto* linear : shared.linears())
    linear->products.pack(shared.weights.at(linear->matrix.offset));
  TransformerPass pass(arena, shared);
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

TEST(SampleWeights, BeginAfterTheirSteps) {
  ProxyOptions plain = resolved(small_proxy()), weighted = plain;
  weighted.reweight = 3;
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

}  // namespace
}  // namespace bimix::proxy
