#include <bimix/core/error.hpp>
#include <bimix/proxy/language_model.hpp>
#include <bimix/proxy/training.hpp>

#include <algorithm>
#include <cmath>

namespace bimix {
namespace {

void check_shapes(const ProxyOptions& options, const TrainingData& data,
                  std::span<const std::int64_t> volumes) {
  require(data.next_batch != nullptr, "training has a batch source");
  require(!volumes.empty() && volumes.front() > 0, "training has at least one positive volume");
  require(
      std::adjacent_find(volumes.begin(), volumes.end(), std::greater_equal<>()) == volumes.end(),
      "volumes ascend");
  const std::int64_t unit = tokens_per_step(options);
  require(std::all_of(volumes.begin(), volumes.end(),
                      [&](std::int64_t volume) { return volume % unit == 0; }),
          "volumes are whole steps");
}

/// Shares of the work: a step's worth and an evaluation's worth, in floating-point operations.
class Progress {
 public:
  Progress(const ProxyOptions& options, const TrainingData& data,
           std::span<const std::int64_t> volumes) {
    std::int64_t evaluated = 0;
    for (const auto& block : data.evaluation) evaluated += static_cast<std::int64_t>(block.size());
    step_ = training_flops(options, tokens_per_step(options));
    evaluation_ = evaluation_flops(options, evaluated);
    total_ =
        training_flops(options, volumes.back()) + evaluation_ * static_cast<double>(volumes.size());
  }
  double after(std::int64_t steps, std::size_t evaluations) const {
    return (step_ * static_cast<double>(steps) + evaluation_ * static_cast<double>(evaluations)) /
           total_;
  }

 private:
  double step_ = 0, evaluation_ = 0, total_ = 0;
};

LossPoint evaluate(LanguageModel& model, const ProxyOptions& options, const TrainingData& data,
                   const TrainingOutcome& so_far) {
  LossPoint point{.tokens = so_far.tokens, .steps = so_far.steps, .loss_nats = {}};
  for (const auto& block : data.evaluation)
    point.loss_nats.push_back(mean_loss(model, options.context, block));
  return point;
}

bool all_finite(const std::vector<double>& losses) {
  return std::all_of(losses.begin(), losses.end(), [](double loss) { return std::isfinite(loss); });
}

}  // namespace

TrainingOutcome train(const ProxyOptions& options, const TrainingData& data,
                      std::span<const std::int64_t> volumes, std::uint64_t seed,
                      std::uint64_t repeat, const TrainingHooks& hooks, const TrainingState* from) {
  check_shapes(options, data, volumes);
  const Progress progress(options, data, volumes);
  const auto model = make_model(options, seed, repeat);
  std::vector<std::int32_t> batch(static_cast<std::size_t>(options.batch) *
                                  static_cast<std::size_t>(options.context + 1));
  TrainingOutcome outcome;
  if (from != nullptr) {
    outcome = from->outcome;
    model->restore(from->model);
    require(outcome.curve.size() < volumes.size(), "a saved training is unfinished");
  }
  const auto save = [&] {
    if (hooks.save) hooks.save({.outcome = outcome, .model = model->state()});
  };
  const auto ended = [&](TrainingEnd end) {
    outcome.end = end;
    return outcome;
  };
  for (const std::int64_t volume : volumes.subspan(outcome.curve.size())) {
    while (outcome.tokens < volume) {
      if (hooks.stop && hooks.stop()) {
        save();
        return ended(TrainingEnd::stopped);
      }
      if (hooks.save_due && hooks.save_due()) save();
      data.next_batch(batch);
      outcome.training_loss_nats = model->train_step(batch);
      outcome.tokens += tokens_per_step(options);
      ++outcome.steps;
      if (!std::isfinite(outcome.training_loss_nats)) return ended(TrainingEnd::diverged);
      if (hooks.progress) hooks.progress(progress.after(outcome.steps, outcome.curve.size()));
    }
    LossPoint point = evaluate(*model, options, data, outcome);
    if (!all_finite(point.loss_nats)) return ended(TrainingEnd::diverged);
    outcome.curve.push_back(std::move(point));
    if (hooks.progress) hooks.progress(progress.after(outcome.steps, outcome.curve.size()));
  }
  return ended(TrainingEnd::finished);
}

}  // namespace bimix
