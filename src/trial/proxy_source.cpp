#include "saved_training.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/corpus/sampler.hpp>
#include <bimix/proxy/schedule.hpp>
#include <bimix/proxy/training.hpp>
#include <bimix/trial/proxy_source.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace bimix {
namespace {

using Clock = std::chrono::steady_clock;

/// Whether a training that visits these volumes comes by this state: one with a volume more in
/// between, or without one of those that were seen, does not.
bool is_on_the_way_to(const std::vector<std::int64_t>& volumes, std::int64_t tokens_per_step,
                      const TrainingState& state) {
  const std::vector<LossPoint>& seen = state.outcome.curve;
  return seen.size() < volumes.size() &&
         std::equal(
             seen.begin(), seen.end(), volumes.begin(),
             [](const LossPoint& point, std::int64_t volume) { return point.tokens == volume; }) &&
         state.run.steps * tokens_per_step <= volumes[seen.size()];
}

}  // namespace

ProxySource::ProxySource(Corpus corpus, ProxyOptions options, std::uint64_t seed)
    : corpus_(std::move(corpus)),
      options_(std::move(options)),
      evaluation_(corpus_, options_.context, options_.eval_sequences, seed) {
  corpus_.require_sequences(options_.context);
}

std::string ProxySource::identity() const {
  return fmt::format("proxy {} corpus {}", canonical_text(options_), corpus_.fingerprint());
}

std::int64_t ProxySource::tokens_per_step() const { return bimix::tokens_per_step(options_); }

double ProxySource::evaluation_cost(const TrialSpec& spec) const {
  std::int64_t sequences = 0;
  for (std::size_t e = 0; e < evaluation_.domain_count(); ++e)
    sequences += evaluation_.sequences(e);
  return evaluation_flops(options_, sequences * options_.context) *
         static_cast<double>(spec.tokens.size());
}

double ProxySource::cost(const TrialSpec& spec) const {
  return training_flops(options_, trained_tokens(options_, spec.tokens)) + evaluation_cost(spec);
}

double ProxySource::evaluation_share(const TrialSpec& spec) const {
  return evaluation_cost(spec) / cost(spec);
}

TrialResult ProxySource::run(const TrialSpec& spec, const TrialHooks& hooks) const {
  MixtureSampler sampler(corpus_, {.mixture = spec.mixture,
                                   .batch = options_.batch,
                                   .context = options_.context,
                                   .seed = spec.seed,
                                   .repeat = spec.repeat});
  TrainingData data{
      .batches = {.next = [&](std::span<std::int32_t> batch) { sampler.next(batch); },
                  .place = [&] { return sampler.state(); },
                  .go_to = [&](std::span<const std::int64_t> place) { sampler.restore(place); }}};
  for (std::size_t e = 0; e < evaluation_.domain_count(); ++e)
    data.evaluation.push_back(evaluation_.tokens(e));

  std::optional<TrainingState> saved;
  // What the leader has: others may see another state of the folder.
  const std::string loaded =
      gathered(hooks.group, hooks.group.is_leader() ? hooks.load() : "").front();
  if (!loaded.empty()) saved = training_state_from(loaded);
  if (saved && !is_on_the_way_to(spec.tokens, tokens_per_step(), *saved)) saved.reset();
  const auto start = Clock::now();
  const auto save_every = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(parse_seconds(options_.checkpoint_every).value()));
  auto next_save = start + save_every;
  TrainingHooks training_hooks{.stop = hooks.stop_requested,
                               .progress = hooks.progress,
                               .save_due = [&] { return Clock::now() >= next_save; },
                               .save =
                                   [&](const TrainingState& state) {
                                     if (hooks.group.is_leader()) hooks.save(bytes_of(state));
                                     next_save = Clock::now() + save_every;
                                   }};
  if (hooks.keep)
    training_hooks.keep = [&](const TrainingState& state) {
      if (hooks.group.is_leader()) hooks.keep(bytes_of(state));
    };
  const TrainingOutcome outcome =
      train(options_, data, spec.tokens, spec.seed, static_cast<std::uint64_t>(spec.repeat),
            training_hooks, saved ? &*saved : nullptr, hooks.group);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const std::int64_t tokens_before = saved ? saved->outcome.trained_tokens : 0;

  if (outcome.end == TrainingEnd::stopped)
    throw Interrupted({.place = "trial " + spec.id, .problem = "stopped on request"});
  TrialResult result{.id = spec.id, .curve = outcome.curve, .tokens_seen = sampler.tokens_drawn()};
  result.parameters = static_cast<double>(parameter_count(options_));
  result.tokens_per_second = static_cast<double>(outcome.trained_tokens - tokens_before) / seconds;
  if (outcome.end == TrainingEnd::diverged) {
    result.status = TrialStatus::diverged;
    result.message = fmt::format(
        "the loss was no longer finite at step {}. Try half of proxy.learning_rate = {:.3g}",
        outcome.steps, options_.learning_rate);
  }
  return result;
}

}  // namespace bimix
