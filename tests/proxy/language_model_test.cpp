#include "synthetic_text.hpp"

#include <bimix/core/error.hpp>
#include <bimix/proxy/language_model.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

// The contract of the plug-in point: every registered model is held to it.

namespace bimix::proxy {
namespace {

class EveryModel : public testing::TestWithParam<std::string> {
 protected:
  ProxyOptions options() const {
    ProxyOptions chosen = small_proxy();
    chosen.model = GetParam();
    return resolved(chosen);
  }
};

std::vector<double> losses_of_training(const ProxyOptions& options, int steps) {
  const auto model = make_model(options, 7, 1);
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step)
    losses.push_back(
        model
            ->train_step(synthetic_text(options, options.batch, static_cast<std::uint64_t>(step)),
                         small_rate)
            .value_or(0));
  losses.push_back(mean_loss(*model, options.context, synthetic_text(options, 5, 99)));
  return losses;
}

std::vector<float> all_parameters(LanguageModel& model) {
  std::vector<float> all;
  for (const ParameterView& view : model.parameters())
    all.insert(all.end(), view.values.begin(), view.values.end());
  return all;
}

TEST_P(EveryModel, StartsNearTheUniformLoss) {
  ProxyOptions bytes{.layers = 2, .width = 64, .heads = 2, .context = 32, .batch = 4};
  bytes.model = GetParam();
  const auto model = make_model(resolved(bytes), 7, 1);
  const double loss = mean_loss(*model, bytes.context, synthetic_text(bytes, 20, 3));
  EXPECT_NEAR(loss, std::log(256), 0.2);
}

TEST_P(EveryModel, LearnsABatchByHeart) {
  const auto model = make_model(options(), 7, 1);
  const auto batch = synthetic_text(options(), options().batch, 3);
  for (int step = 0; step < 150; ++step) model->train_step(batch, small_rate);
  EXPECT_LT(mean_loss(*model, options().context, batch), 0.1 * std::log(options().vocabulary));
}

TEST_P(EveryModel, GivesTheLossBeforeTheStep) {
  const auto model = make_model(options(), 7, 1);
  const auto batch = synthetic_text(options(), options().batch, 3);
  const double before = mean_loss(*model, options().context, batch);
  // Two roundings of each token's loss: the same sums in micro-batches of the same size.
  EXPECT_NEAR(model->train_step(batch, small_rate).value_or(before), before, 1e-6);
  EXPECT_LT(mean_loss(*model, options().context, batch), before);
}

TEST_P(EveryModel, HasTheSameBitsTwice) {
  EXPECT_EQ(losses_of_training(options(), 10), losses_of_training(options(), 10));
}

TEST_P(EveryModel, HasTheSameBitsInParallel) {
  std::vector<double> here, there;
  const ProxyOptions chosen = options();
  std::thread other([&] { there = losses_of_training(chosen, 10); });
  here = losses_of_training(chosen, 10);
  other.join();
  EXPECT_EQ(here, there);
}

TEST_P(EveryModel, StartsFromSeedAndRepeatAlone) {
  if (parameter_count(options()) == 0) GTEST_SKIP() << "it starts blank";
  const auto start = [&](std::uint64_t seed, std::uint64_t repeat) {
    return all_parameters(*make_model(options(), seed, repeat));
  };
  EXPECT_EQ(start(7, 1), start(7, 1));
  EXPECT_NE(start(7, 1), start(8, 1));
  EXPECT_NE(start(7, 1), start(7, 2));
}

TEST_P(EveryModel, HasAsManyParametersAsItSays) {
  const auto model = make_model(options(), 7, 1);
  EXPECT_EQ(static_cast<std::int64_t>(all_parameters(*model).size()), parameter_count(options()));
}

TEST_P(EveryModel, GoesOnFromItsStateWithTheSameBits) {
  const ProxyOptions shape = options();
  const auto step = [&](LanguageModel& model, std::uint64_t number) {
    return model.train_step(synthetic_text(shape, shape.batch, number), small_rate);
  };
  const auto whole = make_model(shape, 1, 0), other = make_model(shape, 2, 5);
  for (std::uint64_t number = 0; number < 4; ++number) step(*whole, number);
  other->restore(whole->state());
  for (std::uint64_t number = 4; number < 8; ++number)
    EXPECT_EQ(step(*other, number), step(*whole, number));
  EXPECT_EQ(other->state(), whole->state());
  const std::string state = whole->state();
  EXPECT_THROW(other->restore(state.substr(1)), core::DataError);
  EXPECT_THROW(other->restore(""), core::DataError);
}

TEST_P(EveryModel, DoesNotSeeTheFuture) {
  const auto model = make_model(options(), 7, 1);
  const auto context = static_cast<std::size_t>(options().context);
  model->train_step(synthetic_text(options(), options().batch, 3), small_rate);
  std::vector<std::int32_t> tokens = synthetic_text(options(), 1, 4);
  std::vector<float> before(context), after(context);
  model->token_losses(tokens, before);
  const std::size_t changed = 6;
  tokens[changed] = (tokens[changed] + 5) % options().vocabulary;
  model->token_losses(tokens, after);
  // Loss t predicts token t + 1 from tokens 0..t: up to t = changed - 2 nothing may differ.
  for (std::size_t t = 0; t + 1 < changed; ++t) EXPECT_EQ(before[t], after[t]) << t;
  EXPECT_NE(before[changed], after[changed]);
}

TEST_P(EveryModel, LooksOnlyWhenItEvaluates) {
  const auto model = make_model(options(), 7, 1);
  model->train_step(synthetic_text(options(), options().batch, 3), small_rate);
  const std::string before = model->state();
  mean_loss(*model, options().context, synthetic_text(options(), 7, 3));
  EXPECT_EQ(model->state(), before);
}

TEST_P(EveryModel, EvaluatesAnyNumberOfSequences) {
  const auto model = make_model(options(), 7, 1);
  const auto context = static_cast<std::size_t>(options().context);
  const auto tokens = synthetic_text(options(), 5, 3);
  std::vector<float> together(5 * context), alone(context);
  model->token_losses(tokens, together);
  model->token_losses({tokens.data() + 4 * (context + 1), context + 1}, alone);
  for (std::size_t t = 0; t < context; ++t) EXPECT_NEAR(together[4 * context + t], alone[t], 1e-5);
}

TEST_P(EveryModel, RefusesForeignTokensAndTornBatches) {
  const auto model = make_model(options(), 7, 1);
  auto batch = synthetic_text(options(), options().batch, 3);
  EXPECT_THROW(model->train_step({batch.data(), batch.size() - 1}, small_rate),
               core::InternalError);
  batch[5] = options().vocabulary;
  EXPECT_THROW(model->train_step(batch, small_rate), core::InternalError);
  batch[5] = -1;
  EXPECT_THROW(model->train_step(batch, small_rate), core::InternalError);
  EXPECT_THROW(mean_loss(*model, options().context, {}), core::InternalError);
}

TEST_P(EveryModel, NamesThePartsOfAStep) {
  const auto model = make_model(options(), 7, 1);
  std::vector<std::string> parts;
  model->observe([&](const char* part, double) { parts.emplace_back(part); });
  model->train_step(synthetic_text(options(), options().batch, 3), small_rate);
  EXPECT_FALSE(parts.empty());
  parts.clear();
  model->observe({});
  model->train_step(synthetic_text(options(), options().batch, 3), small_rate);
  EXPECT_TRUE(parts.empty());
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryModel, testing::ValuesIn(proxy_models()),
                         [](const auto& each) { return each.param; });

TEST(MakeModel, RefusesOptionsWithComplaints) {
  EXPECT_THROW(make_model({.layers = 0}, 1, 0), core::UsageError);
}

}  // namespace
}  // namespace bimix::proxy
