#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/corpus/eval_slices.hpp>
#include <bimix/proxy/options.hpp>
#include <bimix/trial/trial_source.hpp>

#include <optional>

namespace bimix::trial {

SourceTraits traits_of(const proxy::ProxyOptions& options);

/// Trains a proxy on the corpus. Trials of one repeat share initial weights and, for each domain,
/// the stream of training sequences; all trials share the evaluation sequences.
class ProxySource final : public TrialSource {
 public:
  /// @param options resolved
  /// @param seed of the evaluation slices: the campaign's
  /// @throws DataError if a domain is shorter than one sequence
  ProxySource(corpus::Corpus corpus, proxy::ProxyOptions options, std::uint64_t seed);

  std::string identity(const data::TrialSpec& spec) const override;
  SourceTraits traits() const override { return traits_of(options_); }
  double cost(const data::TrialSpec& spec) const override;
  double model_bytes(const data::TrialSpec& spec) const override;
  std::optional<WorkEstimate> estimate(const data::SweepPlan& plan) const override;
  void require_runnable_here() const override { proxy::require_runnable_here(options_); }
  data::TrialResult run(const data::TrialSpec& spec, const TrialHooks& hooks) const override;

  /// What a trial draws from: all of the corpus, or with a target to match a part of it.
  corpus::Corpus corpus_of(const data::TrialSpec& spec) const;

  /// Share of a trial's work that is evaluation.
  double evaluation_share(const data::TrialSpec& spec) const;

 private:
  double evaluation_cost(const data::TrialSpec& spec) const;

  corpus::Corpus corpus_;
  proxy::ProxyOptions options_;
  std::uint64_t seed_;
  corpus::EvalSlices evaluation_;
};

}  // namespace bimix::trial
