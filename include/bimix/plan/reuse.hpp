#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <vector>

/// Trials of an earlier campaign whose domains were others, as trials of this one.
namespace bimix::plan {

/// Domains as they were, or are.
struct DomainsOfRun {
  data::DomainSet domains{};
  /// K: of each domain's texts, training and evaluation; empty: not known, and a name stands for
  /// the same texts
  std::vector<std::string> fingerprints{};
  data::Pools unique_tokens{};  ///< K or empty; 0: not known
};

/// A campaign that was run.
struct FormerRun {
  std::string name{};  ///< of its folder, for labels and messages
  DomainsOfRun of{};
  std::vector<data::TrialSpec> trials{};
  std::vector<data::TrialResult> results{};
};

/// What is left of it. Of each trial the mixture has the shares of today's domains, its losses are
/// those of today's evaluation sets, NaN where it has none of them, and `reused` names the run.
struct Reused {
  std::vector<data::TrialSpec> trials{};
  std::vector<data::TrialResult> results{};
  std::vector<std::string> words{};  ///< what changed, what is reused and what is not, and why
};

/// A domain of the same name and texts keeps its share and its losses. One that is new had a share
/// of 0. Where a domain became a node (data/domain_tree.hpp), each domain in it had the share times
/// its part of the node's pool; the pools must come to the old one within a twentieth, which is all
/// that tells that the texts are the same. A trial with a share of a domain that is gone, or whose
/// texts changed, or that became a node of unknown pools, says nothing of today's mixtures and is
/// left out, as are those without a result that is ok.
/// @return deterministic; trials in their order
/// @see Olmix, arXiv 2602.12237, for the reuse of runs
Reused reused_trials(const FormerRun& former, const DomainsOfRun& now);

/// The plan behind those of the trials that are reused: what is known already comes first. Mixtures
/// of both are one, with the plan's label; a trial of the plan's own is not there twice.
data::SweepPlan with_reused(const data::SweepPlan& plan,
                            const std::vector<data::TrialSpec>& trials);

}  // namespace bimix::plan
