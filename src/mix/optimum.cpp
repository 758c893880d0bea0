#include "separable.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/mix/optimum.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix {
namespace {

std::span<const double> row_of(const Table& table, std::size_t row) {
  return std::span<const double>(table.values).subspan(row * table.columns, table.columns);
}

bool is_fitted(const Table& coefficient, std::size_t e) {
  const auto row = row_of(coefficient, e);
  return std::none_of(row.begin(), row.end(), [](double c) { return std::isnan(c); });
}

/// What the search is about, the same for the point fit and each bootstrap law.
struct Problem {
  const Law& law;
  const LawFit& fit;
  double tokens;
  std::vector<double> weight{};  ///< E, sums to 1, 0 where not fitted
  Box box{};                     ///< domains that keep their share have no room
  std::vector<bool> kept{};      ///< K: no fitted evaluation domain follows this one
};

std::vector<double> weights(const LawFit& fit, const OptimizeOptions& options) {
  std::vector<double> weight = options.objective == "weighted"
                                   ? options.weights
                                   : std::vector<double>(fit.domains.eval.size(), 1.0);
  for (std::size_t e = 0; e < weight.size(); ++e)
    if (!is_fitted(fit.coefficient, e)) weight[e] = 0.0;
  if (!(stable_sum(weight) > 0.0))
    throw UsageError(Complaint{"optimize.weights", "no fitted domain has a weight",
                               "the objective would be empty", "Weight a domain that was fitted"});
  return normalised(weight);
}

void keep_unfitted_shares(Problem& problem, const Mixture& default_share) {
  const DomainSet& domains = problem.fit.domains;
  problem.kept.assign(domains.train.size(), true);
  for (std::size_t e = 0; e < domains.eval.size(); ++e)
    if (domains.share_of[e] >= 0 && is_fitted(problem.fit.coefficient, e))
      problem.kept[static_cast<std::size_t>(domains.share_of[e])] = false;
  Box& box = problem.box;
  for (std::size_t k = 0; k < domains.train.size(); ++k)
    if (problem.kept[k])
      box.low[k] = box.high[k] = std::clamp(default_share[k], box.low[k], box.high[k]);
  const double low = stable_sum(box.low), high = stable_sum(box.high);
  if (low > 1.0 + simplex_tolerance || high < 1.0 - simplex_tolerance)
    throw UsageError(Complaint{
        "optimize", fmt::format("the shares allowed sum to between {:.6g} and {:.6g}", low, high),
        "domains without a fitted law keep their default share; a mixture sums to 1",
        "Move floors or caps, allow extrapolation, or add mixtures that let the law see "
        "these domains"});
}

/// A law that diverges at 0 has no finite objective where a share is capped there.
void check_caps(const Problem& problem) {
  const DomainSet& domains = problem.fit.domains;
  for (std::size_t e = 0; e < domains.eval.size(); ++e)
    for (std::size_t k = 0; k < domains.train.size(); ++k)
      if (problem.weight[e] > 0.0 && problem.box.high[k] <= 0.0 &&
          problem.law.diverges_without(k, domains.share_of[e]))
        throw UsageError(Complaint{
            "optimize.cap." + domains.train[k], "a share of 0 leaves no finite objective",
            fmt::format("law {} is infinite there", problem.law.name()),
            "Raise the cap, or use objective: weighted with a weight of 0 for what it predicts"});
}

Problem problem_of(const LawFit& fit, const OptimizeOptions& options,
                   const Mixture& default_share) {
  if (default_share.size() != fit.domains.train.size() || !is_on_simplex(default_share))
    throw UsageError(Complaint{
        "domains", fmt::format("the default mixture is ({})", fmt::join(default_share, ", ")),
        "one share for each domain, summing to 1", ""});
  Problem problem{find_law(fit.law), fit, options.tokens};
  problem.box = allowed_box(fit, options);
  problem.weight = weights(fit, options);
  keep_unfitted_shares(problem, default_share);
  check_caps(problem);
  return problem;
}

Mixture solve(const Problem& problem, const Table& coefficient) {
  const DomainSet& domains = problem.fit.domains;
  std::vector<std::vector<PowerTerm>> terms(domains.train.size());
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    if (problem.weight[e] == 0.0) continue;
    const auto section = problem.law.power_section(row_of(coefficient, e), problem.tokens);
    if (!section)
      throw UsageError(Complaint{"optimize",
                                 fmt::format("law {} has no exact optimum", problem.law.name()),
                                 "its loss is no power of the own share alone", "Fit another law"});
    terms[static_cast<std::size_t>(domains.share_of[e])].push_back(
        {problem.weight[e] * section->scale, section->exponent});
  }
  return minimise_separable(terms, problem.box);
}

/// Weighted mean loss; domains of weight 0 do not count, fitted or not.
double objective(const Problem& problem, const Table& coefficient, const Mixture& share) {
  double sum = 0.0;
  for (std::size_t e = 0; e < problem.weight.size(); ++e)
    if (problem.weight[e] > 0.0)
      sum += problem.weight[e] * predict(problem.fit, coefficient, e, share, problem.tokens);
  return sum;
}

/// From the law's own share_gradient, not from the solver's formula.
double kkt_residual(const Problem& problem, const Mixture& share) {
  const std::size_t domains = share.size();
  std::vector<double> gain(domains, 0.0), slope(domains);
  for (std::size_t e = 0; e < problem.weight.size(); ++e) {
    if (problem.weight[e] == 0.0) continue;
    const LawPoint point{share, problem.fit.domains.share_of[e], problem.tokens};
    problem.law.share_gradient(row_of(problem.fit.coefficient, e), point, slope);
    for (std::size_t k = 0; k < domains; ++k) gain[k] -= problem.weight[e] * slope[k];
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double most_wanted = -infinity, least_missed = infinity;
  for (std::size_t k = 0; k < domains; ++k) {
    if (share[k] < problem.box.high[k]) most_wanted = std::max(most_wanted, gain[k]);
    if (share[k] > problem.box.low[k]) least_missed = std::min(least_missed, gain[k]);
  }
  return std::max(0.0, most_wanted - least_missed);
}

void add_region(const Problem& problem, MixtureChoice& choice) {
  const auto& samples = problem.fit.bootstrap;
  const std::size_t domains = choice.share.size();
  choice.bootstrap_share = Table(samples.size(), domains);
  std::vector<double> gains;
  for (std::size_t b = 0; b < samples.size(); ++b) {
    const Mixture optimum = solve(problem, samples[b]);
    for (std::size_t k = 0; k < domains; ++k) choice.bootstrap_share(b, k) = optimum[k];
    gains.push_back(objective(problem, samples[b], choice.default_share) -
                    objective(problem, samples[b], choice.share));
  }
  for (std::size_t k = 0; k < domains; ++k) {
    std::vector<double> shares;
    for (std::size_t b = 0; b < samples.size(); ++b) shares.push_back(choice.bootstrap_share(b, k));
    const Interval interval = central_interval(shares, choice.level);
    choice.share_low.push_back(interval.low);
    choice.share_high.push_back(interval.high);
  }
  const Interval gain = central_interval(gains, choice.level);
  choice.gain_low = gain.low;
  choice.gain_high = gain.high;
}

void flag(MixtureChoice& choice, std::string problem, std::string rule, std::string remedy) {
  choice.flags.push_back(
      to_string(Complaint{"optimum", std::move(problem), std::move(rule), std::move(remedy)}));
}

void add_share_flags(const Problem& problem, const OptimizeOptions& options,
                     MixtureChoice& choice) {
  const LawFit& fit = problem.fit;
  for (std::size_t k = 0; k < choice.share.size(); ++k) {
    const std::string& name = fit.domains.train[k];
    const double share = choice.share[k], low = fit.share_low[k], high = fit.share_high[k];
    if (problem.kept[k])
      flag(choice, fmt::format("the share of '{}' is kept at {:.4g}", name, share),
           "no fitted law follows it", "Add mixtures with another share of it");
    else if (share < low || share > high)
      flag(choice, fmt::format("the share of '{}' is extrapolated to {:.4g}", name, share),
           fmt::format("shares from {:.4g} to {:.4g} were tried", low, high),
           "Train a mixture with such a share before you rely on it");
    else if (!options.extrapolate && low < high && (share == low || share == high))
      flag(choice,
           fmt::format("the share of '{}' stopped at the {} tried, {:.4g}", name,
                       share == high ? "largest" : "smallest", share),
           "the optimum is sought where the law was fitted",
           share == high ? "Add mixtures with more of it" : "Add mixtures with less of it");
  }
}

void add_fit_flags(const Problem& problem, MixtureChoice& choice) {
  const LawFit& fit = problem.fit;
  if (problem.tokens > fit.tokens_high * (1.0 + volume_tolerance))
    flag(choice, fmt::format("losses are extrapolated to {:.3g} tokens", problem.tokens),
         fmt::format("{:.3g} times the largest volume fitted", problem.tokens / fit.tokens_high),
         "");
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e)
    if (problem.weight[e] > 0.0 && std::isinf(choice.predicted_default_nats[e]))
      flag(choice, fmt::format("the default has no predicted loss on '{}'", fit.domains.eval[e]),
           fmt::format("law {} is infinite at its share of 0", fit.law),
           "Give the default mixture a share of it, or fit a law that is finite there");
  std::vector<std::string> left_out;
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e)
    if (!is_fitted(fit.coefficient, e)) left_out.push_back("'" + fit.domains.eval[e] + "'");
  if (!left_out.empty())
    flag(choice, fmt::format("the objective leaves out {}", join_words(left_out)),
         "no law could be fitted", "");
  choice.flags.insert(choice.flags.end(), fit.flags.begin(), fit.flags.end());
}

}  // namespace

MixtureChoice best_mixture(const LawFit& fit, const OptimizeOptions& options,
                           const Mixture& default_share) {
  const Problem problem = problem_of(fit, options, default_share);
  MixtureChoice choice;
  choice.law = fit.law;
  choice.objective = options.objective;
  choice.tokens = options.tokens;
  choice.level = options.level;
  choice.default_share = default_share;
  choice.floor = problem.box.low;
  choice.cap = problem.box.high;
  choice.weight = problem.weight;
  choice.share = solve(problem, fit.coefficient);
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
    choice.predicted_nats.push_back(predict(fit, e, choice.share, options.tokens));
    choice.predicted_default_nats.push_back(predict(fit, e, default_share, options.tokens));
  }
  choice.objective_nats = objective(problem, fit.coefficient, choice.share);
  choice.objective_default_nats = objective(problem, fit.coefficient, default_share);
  choice.gain_nats = choice.objective_default_nats - choice.objective_nats;
  choice.certificate = kkt_residual(problem, choice.share);
  choice.certificate_kind = "KKT residual, nats per unit of share";
  add_region(problem, choice);
  add_share_flags(problem, options, choice);
  add_fit_flags(problem, choice);
  return choice;
}

}  // namespace bimix
