#include "saved_training.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/corpus/sampler.hpp>
#include <bimix/proxy/bench.hpp>
#include <bimix/proxy/schedule.hpp>
#include <bimix/proxy/training.hpp>
#include <bimix/trial/proxy_source.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace bimix::trial {
namespace {

using Clock = std::chrono::steady_clock;

/// Whether a training that visits these volumes comes by this state: one with a volume more in
/// between, or without one of those that were seen, does not.
bool is_on_the_way_to(const std::vector<std::int64_t>& volumes, std::int64_t tokens_per_step,
                      const proxy::TrainingState& state) {
  const std::vector<data::LossPoint>& seen = state.outcome.curve;
  return seen.size() < volumes.size() &&
         std::equal(seen.begin(), seen.end(), volumes.begin(),
                    [](const data::LossPoint& point, std::int64_t volume) {
                      return point.tokens == volume;
                    }) &&
         state.run.steps * tokens_per_step <= volumes[seen.size()];
}

}  // namespace

ProxySource::ProxySource(corpus::Corpus corpus, proxy::ProxyOptions options, std::uint64_t seed)
    : corpus_(std::move(corpus)),
      options_(std::move(options)),
      seed_(seed),
      evaluation_(corpus_, options_.context, options_.eval_sequences, seed) {
  corpus_.require_sequences(options_.context);
}

std::string ProxySource::identity(const data::TrialSpec& spec) const {
  std::string text =
      fmt::format("proxy {} corpus {}", proxy::canonical_text(options_), corpus_.fingerprint());
  if (options_.match_target > 0)
    text +=
        fmt::format(" fraction {}", matched_fraction(spec.tokens.back(), options_.match_target));
  return text;
}

corpus::Corpus ProxySource::corpus_of(const data::TrialSpec& spec) const {
  const double fraction = matched_fraction(spec.tokens.back(), options_.match_target);
  if (fraction >= 1.0) return corpus_;
  corpus::Corpus part = corpus_.part(fraction, seed_);
  part.require_sequences(options_.context);
  return part;
}

SourceTraits traits_of(const proxy::ProxyOptions& options) {
  return {.tokens_per_step = proxy::tokens_per_step(options),
          .ranks_per_trial = options.ranks_per_trial,
          .threads_per_trial = options.threads_per_trial,
          // Runs that are matched to a target draw from different parts of the texts.
          .shares_trunk = options.schedule == proxy::Schedule::wsd && options.match_target == 0};
}

double ProxySource::evaluation_cost(const data::TrialSpec& spec) const {
  std::int64_t sequences = 0;
  for (std::size_t e = 0; e < evaluation_.domain_count(); ++e)
    sequences += evaluation_.sequences(e);
  return proxy::evaluation_flops(options_, sequences * options_.context) *
         static_cast<double>(spec.tokens.size());
}

double ProxySource::cost(const data::TrialSpec& spec) const {
  return proxy::training_flops(options_, proxy::trained_tokens(options_, spec.tokens)) +
         evaluation_cost(spec);
}

double ProxySource::model_bytes(const data::TrialSpec& spec) const {
  return proxy::saved_bytes(options_, proxy::trained_tokens(options_, spec.tokens));
}

std::optional<WorkEstimate> ProxySource::estimate(const data::SweepPlan& plan) const {
  constexpr double measured_seconds = 1.0;
  WorkEstimate all{.model = proxy::description(options_),
                   .parameters = proxy::parameter_count(options_),
                   .flops_per_second = proxy::bench_proxy(options_, measured_seconds).gflops * 1e9,
                   .memory_bytes_per_rank =
                       proxy::memory_bytes(options_, proxy::trained_tokens(options_, plan.tokens))};
  for (const data::TrialSpec& trial : plan.trials) {
    all.flops += trial.cost;
    all.evaluation_flops += evaluation_cost(trial);
  }
  return all;
}

double ProxySource::evaluation_share(const data::TrialSpec& spec) const {
  return evaluation_cost(spec) / cost(spec);
}

data::TrialResult ProxySource::run(const data::TrialSpec& spec, const TrialHooks& hooks) const {
  const corpus::Corpus drawn_from = corpus_of(spec);
  corpus::MixtureSampler sampler(drawn_from, {.mixture = spec.mixture,
                                              .batch = options_.batch,
                                              .context = options_.context,
                                              .seed = spec.seed,
                                              .repeat = spec.repeat});
  proxy::TrainingData data{
      .batches = {.next = [&](std::span<std::int32_t> batch) { sampler.next(batch); },
                  .place = [&] { return sampler.state(); },
                  .go_to = [&](std::span<const std::int64_t> place) { sampler.restore(place); }}};
  for (std::size_t e = 0; e < evaluation_.domain_count(); ++e)
    data.evaluation.push_back(evaluation_.tokens(e));

  std::optional<proxy::TrainingState> saved;
  // What the leader has: others may see another state of the folder.
  const std::string loaded =
      core::gathered(hooks.group, hooks.group.is_leader() ? hooks.load() : "").front();
  if (!loaded.empty()) saved = training_state_from(loaded);
  if (saved && !is_on_the_way_to(spec.tokens, traits().tokens_per_step, *saved)) saved.reset();
  const auto start = Clock::now();
  const auto save_every = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(core::parse_seconds(options_.checkpoint_every).value()));
  auto next_save = start + save_every;
  proxy::TrainingHooks training_hooks{.stop = hooks.stop,
                                      .progress = hooks.progress,
                                      .save_due = [&] { return Clock::now() >= next_save; },
                                      .save =
                                          [&](const proxy::TrainingState& state) {
                                            if (hooks.group.is_leader())
                                              hooks.save(bytes_of(state));
                                            next_save = Clock::now() + save_every;
                                          }};
  if (hooks.keep)
    training_hooks.keep = [&](const proxy::TrainingState& state) {
      if (hooks.group.is_leader()) hooks.keep(bytes_of(state));
    };
  const proxy::TrainingOutcome outcome =
      proxy::train(options_, data,
                   {.volumes = spec.tokens,
                    .seed = spec.seed,
                    .repeat = static_cast<std::uint64_t>(spec.repeat),
                    .from = saved ? &*saved : nullptr},
                   training_hooks, hooks.group);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const std::int64_t tokens_before = saved ? saved->outcome.trained_tokens : 0;

  if (outcome.end == proxy::TrainingEnd::stopped)
    throw core::Interrupted({.place = "trial " + spec.id, .problem = "stopped on request"});
  data::TrialResult result{
      .id = spec.id, .curve = outcome.curve, .tokens_seen = sampler.tokens_drawn()};
  result.unique_tokens = drawn_from.pools(options_.context);
  result.parameters = static_cast<double>(proxy::parameter_count(options_));
  result.tokens_per_second = static_cast<double>(outcome.trained_tokens - tokens_before) / seconds;
  if (outcome.end == proxy::TrainingEnd::diverged) {
    result.status = data::TrialStatus::diverged;
    result.message = fmt::format(
        "the loss was no longer finite at step {}. Try half of proxy.learning_rate = {:.3g}",
        outcome.steps, options_.learning_rate);
  }
  return result;
}

}  // namespace bimix::trial
