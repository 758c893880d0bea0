#include <bimix/core/error.hpp>
#include <bimix/proxy/language_model.hpp>
#include <bimix/proxy/schedule.hpp>
#include <bimix/proxy/training.hpp>

#include <algorithm>
#include <cmath>

namespace bimix::proxy {
namespace {

constexpr std::int64_t steps_between_wishes = 8;

void check_shapes(const ProxyOptions& options, const TrainingData& data,
                  std::span<const std::int64_t> volumes) {
  core::require(data.batches.next && data.batches.place && data.batches.go_to,
                "training has a batch source");
  core::require(!volumes.empty() && volumes.front() > 0,
                "training has at least one positive volume");
  core::require(
      std::adjacent_find(volumes.begin(), volumes.end(), std::greater_equal<>()) == volumes.end(),
      "volumes ascend");
  const std::int64_t unit = tokens_per_step(options);
  core::require(std::all_of(volumes.begin(), volumes.end(),
                            [&](std::int64_t volume) { return volume % unit == 0; }),
                "volumes are whole steps");
}

bool all_finite(const std::vector<double>& losses) {
  return std::all_of(losses.begin(), losses.end(), [](double loss) { return std::isfinite(loss); });
}

/// The model on its way, and what was seen so far.
class Training {
 public:
  Training(const ProxyOptions& options, const TrainingData& data, const TrainingTask& task,
           const TrainingHooks& hooks, const core::ProcessGroup& group)
      : options_(options),
        data_(data),
        volumes_(task.volumes),
        hooks_(hooks),
        group_(group),
        model_(make_model(options, task.seed, task.repeat, group)),
        batch_(static_cast<std::size_t>(options.batch) *
               static_cast<std::size_t>(options.context + 1)) {
    std::int64_t evaluated = 0;
    for (const auto& block : data.evaluation) evaluated += static_cast<std::int64_t>(block.size());
    flops_a_token_ = training_flops(options, 1);
    evaluation_flops_ = evaluation_flops(options, evaluated);
    if (task.from != nullptr) restore(*task.from);
  }

  TrainingOutcome go() {
    while (outcome_.curve.size() < volumes_.size()) {
      const bool last = outcome_.curve.size() + 1 == volumes_.size();
      const std::int64_t steps = volumes_[outcome_.curve.size()] / tokens_per_step(options_);
      const std::int64_t shared = trunk_steps(options_, steps);
      if (!train_to(shared, steps)) return outcome_;
      const bool at_the_fork = outcome_.steps == shared && shared < steps;
      if (at_the_fork && !trunk_ && (!last || hooks_.keep)) trunk_ = run_state();
      if (!train_to(steps, steps)) return outcome_;
      if (!evaluate()) return outcome_;
      if (last) break;
      if (trunk_) {
        go_to(*trunk_);
        trunk_.reset();
      }
    }
    if (hooks_.keep && (trunk_ || !rate_decays(options_)))
      hooks_.keep({.outcome = outcome_, .run = trunk_ ? *trunk_ : run_state()});
    return outcome_;
  }

 private:
  void restore(const TrainingState& from) {
    outcome_ = from.outcome;
    core::require(outcome_.curve.size() < volumes_.size(), "a saved training is unfinished");
    go_to(from.run);
    trunk_ = from.trunk;
  }

  RunState run_state() const {
    return {.steps = outcome_.steps, .model = model_->state(), .place = data_.batches.place()};
  }

  void go_to(const RunState& run) {
    outcome_.steps = run.steps;
    model_->restore(run.model);
    data_.batches.go_to(run.place);
  }

  void save() const {
    if (hooks_.save) hooks_.save({.outcome = outcome_, .run = run_state(), .trunk = trunk_});
  }

  bool end(TrainingEnd how) {
    outcome_.end = how;
    return false;
  }

  struct Wishes {
    bool stop = false, save = false;
  };

  /// What any member wishes. A group asks around every few steps only: it takes as long as a
  /// message.
  Wishes agreed_wishes() const {
    if (group_.size > 1 && outcome_.steps % steps_between_wishes != 0) return {};
    const Wishes own{.stop = hooks_.stop.stop_requested(),
                     .save = hooks_.save_due && hooks_.save_due()};
    Wishes all;
    for (const std::string& theirs :
         core::gathered(group_, {own.stop ? '1' : '0', own.save ? '1' : '0'})) {
      all.stop = all.stop || theirs.front() == '1';
      all.save = all.save || theirs.back() == '1';
    }
    return all;
  }

  /// @param whole steps of the run that this is a part of
  /// @return false if the training ends here
  bool train_to(std::int64_t steps, std::int64_t whole) {
    while (outcome_.steps < steps) {
      const Wishes wishes = agreed_wishes();
      if (wishes.stop || wishes.save) save();
      if (wishes.stop) return end(TrainingEnd::stopped);
      data_.batches.next(batch_);
      ++outcome_.steps;
      const std::optional<double> loss =
          model_->train_step(batch_, learning_rate_at(options_, outcome_.steps, whole));
      outcome_.trained_tokens += tokens_per_step(options_);
      if (loss && !std::isfinite(*loss)) return end(TrainingEnd::diverged);
      tell_progress();
    }
    return true;
  }

  bool evaluate() {
    data::LossPoint point{.tokens = outcome_.steps * tokens_per_step(options_),
                          .steps = outcome_.steps,
                          .loss_nats = {}};
    for (const auto& block : data_.evaluation)
      point.loss_nats.push_back(mean_loss(*model_, options_.context, block));
    if (!all_finite(point.loss_nats)) return end(TrainingEnd::diverged);
    outcome_.curve.push_back(std::move(point));
    tell_progress();
    return true;
  }

  /// The share of floating-point operations that are done.
  void tell_progress() const {
    if (!hooks_.progress) return;
    const auto work = [&](std::int64_t tokens, std::size_t evaluations) {
      return flops_a_token_ * static_cast<double>(tokens) +
             evaluation_flops_ * static_cast<double>(evaluations);
    };
    hooks_.progress(work(outcome_.trained_tokens, outcome_.curve.size()) /
                    work(trained_tokens(options_, volumes_), volumes_.size()));
  }

  const ProxyOptions& options_;
  const TrainingData& data_;
  std::span<const std::int64_t> volumes_;
  const TrainingHooks& hooks_;
  const core::ProcessGroup& group_;
  std::unique_ptr<LanguageModel> model_;
  std::vector<std::int32_t> batch_;
  double flops_a_token_ = 0, evaluation_flops_ = 0;
  TrainingOutcome outcome_{};
  std::optional<RunState> trunk_{};  ///< set while on a branch that others do not share
};

}  // namespace

TrainingOutcome train(const ProxyOptions& options, const TrainingData& data,
                      const TrainingTask& task, const TrainingHooks& hooks,
                      const core::ProcessGroup& group) {
  check_shapes(options, data, task.volumes);
  return Training(options, data, task, hooks, group).go();
}

}  // namespace bimix::proxy
