#include "descent.hpp"
#include "separable.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/mix/optimum.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

std::span<const double> row_of(const data::Table& table, std::size_t row) {
  return std::span<const double>(table.values).subspan(row * table.columns, table.columns);
}

bool is_fitted(const data::Table& coefficient, std::size_t e) {
  const auto row = row_of(coefficient, e);
  return std::none_of(row.begin(), row.end(), [](double c) { return std::isnan(c); });
}

/// What the search is about, the same for the point fit and each bootstrap law.
struct Problem {
  const law::Law& law;
  const data::LawFit& fit;
  double tokens;
  double model_size;
  std::vector<double> weight{};  ///< E, sums to 1, 0 where not fitted
  data::Mixture default_share{};
  std::vector<double> unique_share{};  ///< K: without repetition; infinite where repeats are as new
  double repetition = 0.0;             ///< R*
  bool worst = false;        ///< the largest excess over the default instead of the mean loss
  Box box{};                 ///< domains that keep their share have no room
  std::vector<bool> kept{};  ///< K: no fitted evaluation domain depends on this one
};

/// The mixture that was sought, and what is known about it.
struct Solution {
  data::Mixture share{};
  double certificate = 0.0;
  std::string certificate_kind{};
  std::vector<double> weight{};  ///< E: the mean for which this mixture is the best
};

std::vector<double> weights(const data::LawFit& fit, const OptimizeOptions& options) {
  std::vector<double> weight = options.objective == "weighted"
                                   ? options.weights
                                   : std::vector<double>(fit.domains.eval.size(), 1.0);
  for (std::size_t e = 0; e < weight.size(); ++e)
    if (!is_fitted(fit.coefficient, e)) weight[e] = 0.0;
  if (!(core::stable_sum(weight) > 0.0))
    throw core::UsageError(core::Complaint{"optimize.weights", "no fitted domain has a weight",
                                           "the objective would be empty",
                                           "Weight a domain that was fitted"});
  return core::normalised(weight);
}

/// Shares by what their tokens are worth, U / s + U / s R* (1 - exp(-(D / U - 1) / R*)) where a
/// domain is repeated. Concave in the share.
/// @see Muennighoff et al. 2023, arXiv 2305.16264, equation 5
data::Mixture worth(const Problem& problem, const data::Mixture& share) {
  data::Mixture result = share;
  for (std::size_t k = 0; k < share.size(); ++k) {
    const double unique = problem.unique_share[k], R = problem.repetition;
    if (share[k] > unique)
      result[k] = unique * (1.0 - R * std::expm1(-(share[k] / unique - 1.0) / R));
  }
  return result;
}

/// d worth / d share of domain k.
double worth_slope(const Problem& problem, const data::Mixture& share, std::size_t k) {
  const double unique = problem.unique_share[k];
  return share[k] > unique ? std::exp(-(share[k] / unique - 1.0) / problem.repetition) : 1.0;
}

bool may_repeat(const Problem& problem) {
  for (std::size_t k = 0; k < problem.unique_share.size(); ++k)
    if (problem.box.high[k] > problem.unique_share[k]) return true;
  return false;
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
  const double low = core::stable_sum(box.low), high = core::stable_sum(box.high);
  if (low > 1.0 + core::simplex_tolerance || high < 1.0 - core::simplex_tolerance)
    throw core::UsageError(core::Complaint{
        "optimize", fmt::format("the shares allowed sum to between {:.6g} and {:.6g}", low, high),
        "domains without a fitted law keep their default share; a mixture sums to 1",
        "Move floors or caps, allow extrapolation, or add mixtures that let the law see "
        "these domains"});
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

Problem problem_of(const data::LawFit& fit, const OptimizeOptions& options,
                   const data::Mixture& default_share) {
  if (default_share.size() != fit.domains.train.size() || !core::is_on_simplex(default_share))
    throw core::UsageError(core::Complaint{
        "domains", fmt::format("the default mixture is ({})", fmt::join(default_share, ", ")),
        "one share for each domain, summing to 1", ""});
  Problem problem{law::law_of(fit), fit, options.tokens,
                  law::predicted_size(fit, options.model_size, "optimize.parameters")};
  problem.default_share = default_share;
  problem.worst = options.objective == "worst";
  problem.box = allowed_box(fit, options);
  problem.repetition = options.repetition;
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

/// The terms of a separable problem; nothing if the law has no power section, or domains may be
/// repeated: what that is worth is no power.
std::optional<std::vector<std::vector<PowerTerm>>> power_terms(const Problem& problem,
                                                               const data::Table& coefficient) {
  const data::DomainSet& domains = problem.fit.domains;
  if (may_repeat(problem)) return std::nullopt;
  std::vector<std::vector<PowerTerm>> terms(domains.train.size());
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    if (problem.weight[e] == 0.0) continue;
    const auto section =
        problem.law.power_section(row_of(coefficient, e), problem.tokens, problem.model_size);
    if (!section) return std::nullopt;
    terms[static_cast<std::size_t>(domains.share_of[e])].push_back(
        {problem.weight[e] * section->scale, section->exponent});
  }
  return terms;
}

/// @param worth shares by what they are worth
law::LawPoint point_of(const Problem& problem, const data::Mixture& worth, std::size_t e) {
  return {worth, problem.fit.domains.share_of[e], problem.tokens, problem.model_size};
}

/// Losses at a mixture, beyond those at the default if the worst counts; 0 for domains of weight 0,
/// fitted or not.
std::vector<double> losses(const Problem& problem, const data::Table& coefficient,
                           const data::Mixture& share) {
  std::vector<double> loss(problem.weight.size(), 0.0);
  const data::Mixture here = worth(problem, share), there = worth(problem, problem.default_share);
  for (std::size_t e = 0; e < loss.size(); ++e) {
    if (problem.weight[e] == 0.0) continue;
    const auto parameter = row_of(coefficient, e);
    loss[e] = problem.law.predict(parameter, point_of(problem, here, e));
    if (problem.worst) loss[e] -= problem.law.predict(parameter, point_of(problem, there, e));
  }
  return loss;
}

double largest(const Problem& problem, const std::vector<double>& loss) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t e = 0; e < loss.size(); ++e)
    if (problem.weight[e] > 0.0) largest = std::max(largest, loss[e]);
  return largest;
}

/// The weighted mean loss, or the largest excess over the default.
double objective(const Problem& problem, const data::Table& coefficient,
                 const data::Mixture& share) {
  const std::vector<double> loss = losses(problem, coefficient, share);
  if (problem.worst) return largest(problem, loss);
  double sum = 0.0;
  for (std::size_t e = 0; e < loss.size(); ++e) sum += problem.weight[e] * loss[e];
  return sum;
}

/// d (sum_e weight_e L_e) / d share, added to `slope`.
void add_slope(const Problem& problem, const data::Table& coefficient,
               const std::vector<double>& weight, const data::Mixture& share,
               std::vector<double>& slope) {
  std::vector<double> part(share.size());
  const data::Mixture here = worth(problem, share);
  for (std::size_t e = 0; e < weight.size(); ++e) {
    if (weight[e] == 0.0) continue;
    problem.law.share_gradient(row_of(coefficient, e), point_of(problem, here, e), part);
    for (std::size_t k = 0; k < part.size(); ++k)
      slope[k] += weight[e] * part[k] * worth_slope(problem, share, k);
  }
}

bool is_convex(const Problem& problem, const data::Table& coefficient) {
  const bool repeats = may_repeat(problem);
  for (std::size_t e = 0; e < problem.weight.size(); ++e) {
    const auto row = row_of(coefficient, e);
    if (problem.weight[e] > 0.0 &&
        (!problem.law.convex_in_shares(row) || (repeats && !problem.law.falls_in_shares(row))))
      return false;
  }
  return true;
}

/// Where descents begin: the default, the middle of the box, and, where there may be several
/// valleys, towards each domain.
std::vector<data::Mixture> starts(const Problem& problem, bool convex) {
  const std::size_t domains = problem.default_share.size();
  data::Mixture middle(domains);
  for (std::size_t k = 0; k < domains; ++k)
    middle[k] = 0.5 * (problem.box.low[k] + problem.box.high[k]);
  middle = project_to_box(middle, problem.box);
  if (convex) return {middle};
  std::vector<data::Mixture> starts{problem.default_share, middle};
  for (std::size_t k = 0; k < domains; ++k) {
    data::Mixture towards = middle;
    towards[k] = problem.box.high[k];
    starts.push_back(towards);
  }
  return starts;
}

/// exp(loss / temperature), normalised over the domains that count.
std::vector<double> soft_weights(const Problem& problem, const std::vector<double>& loss,
                                 double temperature) {
  const double top = largest(problem, loss);
  std::vector<double> weight(loss.size(), 0.0);
  for (std::size_t e = 0; e < loss.size(); ++e)
    if (problem.weight[e] > 0.0) weight[e] = std::exp((loss[e] - top) / temperature);
  return core::normalised(weight);
}

Rest descend_mean(const Problem& problem, const data::Table& coefficient,
                  const data::Mixture& start) {
  return descend(
      [&](const data::Mixture& share, std::vector<double>& slope) {
        add_slope(problem, coefficient, problem.weight, share, slope);
        return objective(problem, coefficient, share);
      },
      problem.box, start);
}

/// The smooth maximum T log sum exp(loss / T) for falling T. With the last weights p the gap is
/// max loss - min over v of sum p (loss + slope . (v - share)), by weak duality.
/// @param weight written: p
Rest descend_worst(const Problem& problem, const data::Table& coefficient,
                   const data::Mixture& start, std::vector<double>& weight) {
  constexpr double coldest = 1e-6;
  Rest rest{start, 0.0, 0.0};
  for (double temperature = 0.1; temperature >= 0.99 * coldest; temperature *= 0.1) {
    rest = descend(
        [&](const data::Mixture& share, std::vector<double>& slope) {
          const std::vector<double> loss = losses(problem, coefficient, share);
          const double top = largest(problem, loss);
          if (!std::isfinite(top)) return top;
          weight = soft_weights(problem, loss, temperature);
          add_slope(problem, coefficient, weight, share, slope);
          double sum = 0.0;
          for (std::size_t e = 0; e < loss.size(); ++e)
            if (problem.weight[e] > 0.0) sum += std::exp((loss[e] - top) / temperature);
          return top + temperature * std::log(sum);
        },
        problem.box, rest.share);
  }
  const std::vector<double> loss = losses(problem, coefficient, rest.share);
  weight = soft_weights(problem, loss, coldest);
  double mean = 0.0;
  for (std::size_t e = 0; e < loss.size(); ++e) mean += weight[e] * loss[e];
  rest.value = largest(problem, loss);
  rest.gap += rest.value - mean;
  return rest;
}

/// From the law's own share_gradient, not from the solver's formula.
double kkt_residual(const Problem& problem, const data::Table& coefficient,
                    const data::Mixture& share) {
  std::vector<double> slope(share.size(), 0.0);
  add_slope(problem, coefficient, problem.weight, share, slope);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double most_wanted = -infinity, least_missed = infinity;
  for (std::size_t k = 0; k < share.size(); ++k) {
    if (share[k] < problem.box.high[k]) most_wanted = std::max(most_wanted, -slope[k]);
    if (share[k] > problem.box.low[k]) least_missed = std::min(least_missed, -slope[k]);
  }
  return std::max(0.0, most_wanted - least_missed);
}

Solution solve_by_descent(const Problem& problem, const data::Table& coefficient) {
  const bool convex = is_convex(problem, coefficient);
  Solution best;
  double least = std::numeric_limits<double>::infinity();
  for (const data::Mixture& start : starts(problem, convex)) {
    std::vector<double> weight = problem.weight;
    const Rest rest = problem.worst ? descend_worst(problem, coefficient, start, weight)
                                    : descend_mean(problem, coefficient, start);
    if (best.share.empty() || rest.value < least) {
      least = rest.value;
      best = {rest.share, rest.gap, "", weight};
    }
  }
  const std::string_view unit = data::unit_text(problem.fit.domains.loss_unit);
  best.certificate_kind =
      convex ? fmt::format("{} above the best at most (Frank-Wolfe gap)", unit)
             : fmt::format("local (the law is not convex here): Frank-Wolfe gap, {}", unit);
  return best;
}

Solution solve(const Problem& problem, const data::Table& coefficient) {
  if (!problem.worst)
    if (const auto terms = power_terms(problem, coefficient)) {
      const data::Mixture share = minimise_separable(*terms, problem.box);
      return {share, kkt_residual(problem, coefficient, share),
              fmt::format("KKT residual, {} per unit of share",
                          data::unit_text(problem.fit.domains.loss_unit)),
              problem.weight};
    }
  return solve_by_descent(problem, coefficient);
}

void add_region(const Problem& problem, data::MixtureChoice& choice) {
  const auto& samples = problem.fit.bootstrap;
  const std::size_t domains = choice.share.size();
  choice.bootstrap_share = data::Table(samples.size(), domains);
  std::vector<double> gains;
  for (std::size_t b = 0; b < samples.size(); ++b) {
    const data::Mixture optimum = solve(problem, samples[b]).share;
    for (std::size_t k = 0; k < domains; ++k) choice.bootstrap_share(b, k) = optimum[k];
    gains.push_back(objective(problem, samples[b], choice.default_share) -
                    objective(problem, samples[b], choice.share));
  }
  for (std::size_t k = 0; k < domains; ++k) {
    std::vector<double> shares;
    for (std::size_t b = 0; b < samples.size(); ++b) shares.push_back(choice.bootstrap_share(b, k));
    const law::Interval interval = law::central_interval(shares, choice.level);
    choice.share_low.push_back(interval.low);
    choice.share_high.push_back(interval.high);
  }
  const law::Interval gain = law::central_interval(gains, choice.level);
  choice.gain_low = gain.low;
  choice.gain_high = gain.high;
}

void flag(data::MixtureChoice& choice, std::string problem, std::string rule, std::string remedy) {
  choice.flags.push_back(core::to_string(
      core::Complaint{"optimum", std::move(problem), std::move(rule), std::move(remedy)}));
}

void add_share_flags(const Problem& problem, const OptimizeOptions& options,
                     data::MixtureChoice& choice) {
  const data::LawFit& fit = problem.fit;
  for (std::size_t k = 0; k < choice.share.size(); ++k) {
    const std::string& name = fit.domains.train[k];
    const double share = choice.share[k], low = fit.share_low[k], high = fit.share_high[k];
    if (was_never_tried(fit, k))
      flag(choice, fmt::format("the share of '{}' is 0", name),
           "no mixture that was trained has any of it", "Add mixtures with a share of it");
    else if (problem.kept[k])
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

void add_repetition_flags(const Problem& problem, data::MixtureChoice& choice) {
  const data::Mixture counted = worth(problem, choice.share);
  for (std::size_t k = 0; k < choice.share.size(); ++k)
    if (choice.share[k] > problem.unique_share[k])
      flag(choice,
           fmt::format("'{}' is gone through {:.3g} times", problem.fit.domains.train[k],
                       choice.share[k] / problem.unique_share[k]),
           fmt::format("its tokens are worth {:.3g} of as many new ones, at R* = {:g}",
                       counted[k] / choice.share[k], problem.repetition),
           "");
}

void add_fit_flags(const Problem& problem, data::MixtureChoice& choice) {
  const data::LawFit& fit = problem.fit;
  if (problem.tokens > fit.tokens_high * (1.0 + data::volume_tolerance))
    flag(choice, fmt::format("losses are extrapolated to {:.3g} tokens", problem.tokens),
         fmt::format("{:.3g} times the largest volume fitted", problem.tokens / fit.tokens_high),
         "");
  if (problem.model_size > fit.size_high * (1.0 + data::volume_tolerance))
    flag(choice,
         fmt::format("losses are extrapolated to a model of {:.3g} parameters", problem.model_size),
         fmt::format("{:.3g} times the largest model fitted", problem.model_size / fit.size_high),
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
    flag(choice, fmt::format("the objective leaves out {}", core::join_words(left_out)),
         "no law could be fitted", "");
  choice.flags.insert(choice.flags.end(), fit.flags.begin(), fit.flags.end());
}

}  // namespace

data::MixtureChoice best_mixture(const data::LawFit& fit, const OptimizeOptions& options,
                                 const data::Mixture& default_share) {
  const Problem problem = problem_of(fit, options, default_share);
  data::MixtureChoice choice;
  choice.law = fit.law;
  choice.trust = fit.trust;
  choice.objective = options.objective;
  choice.tokens = options.tokens;
  if (problem.law.sees_model_size()) choice.model_size = problem.model_size;
  choice.level = options.level;
  choice.default_share = default_share;
  choice.floor = problem.box.low;
  choice.cap = problem.box.high;
  const Solution solution = solve(problem, fit.coefficient);
  choice.weight = solution.weight;
  choice.share = solution.share;
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
    const auto loss = [&](const data::Mixture& share) {
      return law::predict(fit, e, worth(problem, share), options.tokens, problem.model_size);
    };
    choice.predicted_nats.push_back(loss(choice.share));
    choice.predicted_default_nats.push_back(loss(default_share));
  }
  choice.objective_nats = objective(problem, fit.coefficient, choice.share);
  choice.objective_default_nats = objective(problem, fit.coefficient, default_share);
  choice.gain_nats = choice.objective_default_nats - choice.objective_nats;
  choice.certificate = solution.certificate;
  choice.certificate_kind = solution.certificate_kind;
  add_region(problem, choice);
  add_share_flags(problem, options, choice);
  add_repetition_flags(problem, choice);
  add_fit_flags(problem, choice);
  return choice;
}

}  // namespace bimix::mix
