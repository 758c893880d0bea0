#include "problem.hpp"

#include "descent.hpp"

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
  std::vector<double> weight = find_objective(options.objective, setting_of(options))
                                   .weights(options.weights, fit.domains.eval.size());
  for (std::size_t e = 0; e < weight.size(); ++e)
    if (!is_fitted(fit.coefficient, e)) weight[e] = 0.0;
  if (!(core::stable_sum(weight) > 0.0))
    throw core::UsageError(core::Complaint{"optimize.weights", "no fitted domain has a weight",
                                           "the objective would be empty",
                                           "Weight a domain that was fitted"});
  return core::normalised(weight);
}

/// How far predictions of a set are off, as part of its loss: held out, or where nothing was held
/// out, fitted.
double error_of_prediction(const data::LawFit& fit, std::size_t e) {
  const double held_out =
      e < fit.held_out.error.size() ? fit.held_out.error[e] : fit.domain[e].rmse_relative;
  return std::isfinite(held_out) ? held_out : 0.0;
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

Posed::Posed(const Problem& problem, const data::Table& coefficient)
    : problem_(problem), coefficient_(coefficient), counted_from_(problem.weight.size(), 0.0) {
  if (!problem.objective.counts_rises()) return;
  for (std::size_t e = 0; e < counted_from_.size(); ++e) {
    if (problem.weight[e] == 0.0) continue;
    const double reference = problem.reference.empty() ? least_loss(e) : loss(e, problem.reference);
    counted_from_[e] = reference * (1.0 + problem.margin[e]);
  }
}

double Posed::least_loss(std::size_t e) const {
  std::vector<double> this_set(problem_.weight.size(), 0.0);
  this_set[e] = 1.0;
  const auto objective = [&](const data::Mixture& share, std::vector<double>& slope) {
    add_slope(this_set, share, slope);
    return loss(e, share);
  };
  double least = std::numeric_limits<double>::infinity();
  std::vector<data::Mixture> starts{problem_.default_share};
  for (std::size_t k = 0; k < problem_.default_share.size(); ++k) {
    starts.push_back(problem_.default_share);
    starts.back()[k] += 1.0;
  }
  for (const data::Mixture& start : starts)
    least = std::min(least, descend(objective, problem_.box, start).value);
  return least;
}

std::vector<double> Posed::losses(const data::Mixture& share) const {
  std::vector<double> losses(problem_.weight.size(), 0.0);
  const data::Mixture here = problem_.worth(share);
  for (std::size_t e = 0; e < losses.size(); ++e)
    if (problem_.weight[e] != 0.0)
      losses[e] =
          problem_.law.predict(coefficient_.row(e), point_of(problem_, here, e)) - counted_from_[e];
  return losses;
}

double Posed::loss(std::size_t e, const data::Mixture& share) const {
  return problem_.law.predict(coefficient_.row(e), point_of(problem_, problem_.worth(share), e));
}

double Posed::value(const data::Mixture& share) const {
  return problem_.objective.value(problem_.weight, losses(share));
}

void Posed::add_slope(const std::vector<double>& mean_weight, const data::Mixture& share,
                      std::vector<double>& slope) const {
  std::vector<double> part(share.size());
  const data::Mixture here = problem_.worth(share);
  for (std::size_t e = 0; e < mean_weight.size(); ++e) {
    if (mean_weight[e] == 0.0) continue;
    problem_.law.share_gradient(coefficient_.row(e), point_of(problem_, here, e), part);
    for (std::size_t k = 0; k < part.size(); ++k)
      slope[k] += mean_weight[e] * part[k] * worth_slope(problem_, share, k);
  }
}

bool Posed::is_convex() const {
  if (problem_.law_sees_repeats()) return false;
  const bool repeats = problem_.may_repeat();
  for (std::size_t e = 0; e < problem_.weight.size(); ++e) {
    const auto row = coefficient_.row(e);
    if (problem_.weight[e] > 0.0 &&
        (!problem_.law.convex_in_shares(row) || (repeats && !problem_.law.falls_in_shares(row))))
      return false;
  }
  return true;
}

ObjectiveSetting setting_of(const OptimizeOptions& options) {
  return {options.radius, options.group};
}

std::string words_of_reference(const OptimizeOptions& options) {
  const std::string reference =
      options.reference == best_reference
          ? "the least that each set can have"
          : fmt::format("{}{}'s", options.reference == "default" ? "the " : "", options.reference);
  return options.less_error ? reference + " and the error of its prediction" : reference;
}

Problem problem_of(const data::LawFit& fit, const OptimizeOptions& options,
                   const data::Mixture& default_share) {
  if (default_share.size() != fit.domains.train.size() || !core::is_on_simplex(default_share))
    throw core::UsageError(core::Complaint{
        "domains", fmt::format("the default mixture is ({})", fmt::join(default_share, ", ")),
        "one share for each domain, summing to 1", ""});
  Problem problem{law::law_of(fit), fit, find_objective(options.objective, setting_of(options)),
                  options.tokens,
                  law::FittedLaw(fit).predicted_size(options.model_size, "optimize.parameters")};
  problem.default_share = default_share;
  if (options.reference != best_reference)
    problem.reference = options.reference_share.empty() ? default_share : options.reference_share;
  problem.margin.assign(fit.domains.eval.size(), 0.0);
  if (options.less_error)
    for (std::size_t e = 0; e < problem.margin.size(); ++e)
      problem.margin[e] = error_of_prediction(fit, e);
  problem.box = allowed_box(fit, options);
  problem.repetition = options.repetition;
  if (options.repetition == 0.0) problem.pools = target_pools(fit, options);
  problem.unique_share.assign(default_share.size(), std::numeric_limits<double>::infinity());
  if (options.repetition > 0.0) {
    const data::Pools pools = target_pools(fit, options);
    for (std::size_t k = 0; k < default_share.size(); ++k)
      if (data::is_known(pools[k])) problem.unique_share[k] = pools[k] / options.tokens;
  }
  problem.weight = weights(fit, options);
  keep_unfitted_shares(problem, default_share);
  check_caps(problem);
  return problem;
}

}  // namespace bimix::mix
