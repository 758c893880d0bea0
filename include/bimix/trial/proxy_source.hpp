#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/corpus/eval_slices.hpp>
#include <bimix/proxy/options.hpp>
#include <bimix/trial/trial_source.hpp>

#include <memory>

namespace bimix::trial {

/// Trains a proxy on the corpus. Trials of one repeat share initial weights and, for each domain,
/// the stream of training sequences; all trials share the evaluation sequences.
class ProxySource final : public TrialSource {
 public:
  /// @param options resolved
  /// @param seed of the evaluation slices: the campaign's
  /// @throws DataError if a domain is shorter than one sequence
  ProxySource(corpus::Corpus corpus, proxy::ProxyOptions options, std::uint64_t seed);

  std::string identity() const override;
  std::int64_t tokens_per_step() const override;
  double cost(const data::TrialSpec& spec) const override;
  std::string cost_unit() const override { return "FLOP"; }
  int ranks_per_trial() const override { return options_.ranks_per_trial; }
  bool shares_trunk() const override { return options_.schedule == proxy::Schedule::wsd; }
  data::TrialResult run(const data::TrialSpec& spec, const TrialHooks& hooks) const override;

  /// Share of a trial's work that is evaluation.
  double evaluation_share(const data::TrialSpec& spec) const;

 private:
  double evaluation_cost(const data::TrialSpec& spec) const;

  corpus::Corpus corpus_;
  proxy::ProxyOptions options_;
  corpus::EvalSlices evaluation_;
};

}  // namespace bimix::trial
