#include "problem.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/fitted_law.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

std::vector<double> weights(const data::LawFit& fit, const OptimizeOptions& options) {
  std::vector<double> weight = find_objective(options.objective, options.radius)
                                   .weights(options.weights, fit.domains.eval.size());
  for (std::size_t e = 0; e < weight.size(); ++e)
    if (!is_fitted(fit.coefficient, e)) weight[e] = 0.0;
  if (!(core::stable_sum(weight) > 0.0))
    throw core::UsageError(core::Complaint{"optimize.weights", "no fitted domain has a weight",
                                           "the objective would be empty",
                                           "Weight a domain that was fitted"});
  return core::normalised(weight);
}

/// d worth / d share of domain k.
double worth_slope(const Problem& problem, const data::Mixture& share, std::size_t k) {
  const double unique = problem.unique_share[k];
  return share[k] > unique ? std::exp(-(share[k] / unique - 1.0) / problem.repetition) : 1.0;
}

/// @param worth shares by what they are worth
law::LawPoint point_of(const Problem& problem, const data::Mixture& worth, std::size_t e) {
  return {worth, problem.fit.domains.share_of[e], problem.tokens, problem.model_size,
          problem.pools};
}

void keep_unfitted_shares(Problem& problem, const data::Mixture& default_share) {
  const data::DomainSet& domains = problem.fit.domains;
  problem.kept.assign(domains.train.size(), !problem.law.sees_every_share());
  for (std::size_t e = 0; e < domains.eval.size(); ++e)
    if (domains.share_of[e] >= 0 && is_fitted(problem.fit.coefficient, e))
      problem.kept[static_cast<std::size_t>(domains.share_of[e])] = false;
  Box& box = problem.box;
  for (std::size_t k = 0; k < domains.train.size(); ++k)
    if (problem.kept[k])
      box.low[k] = box.high[k] = std::clamp(default_share[k], box.low[k], box.high[k]);
  require_mixture(box, "domains without a fitted law keep their default share; a mixture sums to 1",
                  "Move floors or caps, allow extrapolation, or add mixtures that let the law see "
                  "these domains");
}

/// A law that diverges at 0 has no finite objective where a share is capped there.
void check_caps(const Problem& problem) {
  const data::DomainSet& domains = problem.fit.domains;
  for (std::size_t e = 0; e < domains.eval.size(); ++e)
    for (std::size_t k = 0; k < domains.train.size(); ++k)
      if (problem.weight[e] > 0.0 && problem.box.high[k] <= 0.0 &&
          problem.law.diverges_without(k, domains.share_of[e]))
        throw core::UsageError(core::Complaint{
            "optimize.cap." + domains.train[k], "a share of 0 leaves no finite objective",
            fmt::format("law {} is infinite there", problem.law.name()),
            "Raise the cap, or use objective: weighted with a weight of 0 for what it predicts"});
}

}  // namespace

bool is_fitted(const data::Table& coefficient, std::size_t e) {
  const auto row = coefficient.row(e);
  return std::none_of(row.begin(), row.end(), [](double c) { return std::isnan(c); });
}

data::Mixture Problem::worth(const data::Mixture& share) const {
  data::Mixture result = share;
  for (std::size_t k = 0; k < share.size(); ++k) {
    const double unique = unique_share[k], R = repetition;
    if (share[k] > unique)
      result[k] = unique * (1.0 - R * std::expm1(-(share[k] / unique - 1.0) / R));
  }
  return result;
}

bool Problem::may_repeat() const {
  for (std::size_t k = 0; k < unique_share.size(); ++k)
    if (box.high[k] > unique_share[k]) return true;
  return false;
}

bool Problem::law_sees_repeats() const {
  return law.sees_repetition() && data::most_epochs(box.high, tokens, pools) > 1.0;
}

std::vector<double> Problem::losses(const data::Table& coefficient,
                                    const data::Mixture& share) const {
  std::vector<double> loss(weight.size(), 0.0);
  const data::Mixture here = worth(share), there = worth(default_share);
  for (std::size_t e = 0; e < loss.size(); ++e) {
    if (weight[e] == 0.0) continue;
    const auto parameter = coefficient.row(e);
    loss[e] = law.predict(parameter, point_of(*this, here, e));
    if (objective.counts_rises()) loss[e] -= law.predict(parameter, point_of(*this, there, e));
  }
  return loss;
}

double Problem::loss(const data::Table& coefficient, std::size_t e,
                     const data::Mixture& share) const {
  return law.predict(coefficient.row(e), point_of(*this, worth(share), e));
}

double Problem::value(const data::Table& coefficient, const data::Mixture& share) const {
  return objective.value(weight, losses(coefficient, share));
}

void Problem::add_slope(const data::Table& coefficient, const std::vector<double>& mean_weight,
                        const data::Mixture& share, std::vector<double>& slope) const {
  std::vector<double> part(share.size());
  const data::Mixture here = worth(share);
  for (std::size_t e = 0; e < mean_weight.size(); ++e) {
    if (mean_weight[e] == 0.0) continue;
    law.share_gradient(coefficient.row(e), point_of(*this, here, e), part);
    for (std::size_t k = 0; k < part.size(); ++k)
      slope[k] += mean_weight[e] * part[k] * worth_slope(*this, share, k);
  }
}

bool Problem::is_convex(const data::Table& coefficient) const {
  if (law_sees_repeats()) return false;
  const bool repeats = may_repeat();
  for (std::size_t e = 0; e < weight.size(); ++e) {
    const auto row = coefficient.row(e);
    if (weight[e] > 0.0 && (!law.convex_in_shares(row) || (repeats && !law.falls_in_shares(row))))
      return false;
  }
  return true;
}

Problem problem_of(const data::LawFit& fit, const OptimizeOptions& options,
                   const data::Mixture& default_share) {
  if (default_share.size() != fit.domains.train.size() || !core::is_on_simplex(default_share))
    throw core::UsageError(core::Complaint{
        "domains", fmt::format("the default mixture is ({})", fmt::join(default_share, ", ")),
        "one share for each domain, summing to 1", ""});
  Problem problem{law::law_of(fit), fit, find_objective(options.objective, options.radius),
                  options.tokens,
                  law::FittedLaw(fit).predicted_size(options.model_size, "optimize.parameters")};
  problem.default_share = default_share;
  problem.box = allowed_box(fit, options);
  problem.repetition = options.repetition;
  if (options.repetition == 0.0) problem.pools = target_pools(fit, options);
  problem.unique_share.assign(default_share.size(), std::numeric_limits<double>::infinity());
  if (options.repetition > 0.0)
    for (std::size_t k = 0; k < default_share.size(); ++k)
      if (options.unique_tokens[k] > 0.0)
        problem.unique_share[k] = options.unique_tokens[k] / options.tokens;
  problem.weight = weights(fit, options);
  keep_unfitted_shares(problem, default_share);
  check_caps(problem);
  return problem;
}

}  // namespace bimix::mix
