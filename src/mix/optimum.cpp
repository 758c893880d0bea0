#include "descent.hpp"
#include "problem.hpp"
#include "separable.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>
#include <bimix/mix/optimum.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace bimix::mix {
namespace {

/// The mixture that was sought, and what is known about it.
struct Solution {
  data::Mixture share{};
  double certificate = 0.0;
  std::string certificate_kind{};
  std::vector<double> weight{};  ///< E: the mean for which this mixture is the best
};

/// The terms of a separable problem; nothing if the law has no power section, or domains may be
/// repeated: what that is worth is no power.
std::optional<std::vector<std::vector<PowerTerm>>> power_terms(const Problem& problem,
                                                               const data::Table& coefficient) {
  const data::DomainSet& domains = problem.fit.domains;
  if (problem.may_repeat()) return std::nullopt;
  std::vector<std::vector<PowerTerm>> terms(domains.train.size());
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    if (problem.weight[e] == 0.0) continue;
    const auto section =
        problem.law.power_section(coefficient.row(e), problem.tokens, problem.model_size);
    if (!section) return std::nullopt;
    terms[static_cast<std::size_t>(domains.share_of[e])].push_back(
        {problem.weight[e] * section->scale, section->exponent});
  }
  return terms;
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

/// Descends to the objective by its smooth stand-ins, coarse ones first. With the slopes p of the
/// last one, and the plane of height h below the objective, the gap is value - min over v of
/// h + sum p slope . (v - share).
/// @param weight written: p
Rest descend_from(const Problem& problem, const Posed& posed, const data::Mixture& start,
                  std::vector<double>& weight) {
  const Objective& objective = problem.objective;
  Rest rest{start, 0.0, 0.0};
  double softness = 0.0;
  const auto smooth = [&](const std::vector<double>& loss) {
    return objective.smooth(problem.weight, loss, softness, weight);
  };
  for (const double next : objective.softness()) {
    softness = next;
    rest = descend(
        [&](const data::Mixture& share, std::vector<double>& slope) {
          const double value = smooth(posed.losses(share));
          posed.add_slope(weight, share, slope);
          return value;
        },
        problem.box, rest.share);
  }
  const std::vector<double> loss = posed.losses(rest.share);
  smooth(loss);
  rest.value = objective.value(problem.weight, loss);
  if (std::isfinite(rest.value))
    rest.gap += rest.value - objective.plane(problem.weight, loss, weight);
  return rest;
}

/// From the law's own share_gradient, not from the solver's formula.
double kkt_residual(const Problem& problem, const Posed& posed, const data::Mixture& share) {
  std::vector<double> slope(share.size(), 0.0);
  posed.add_slope(problem.weight, share, slope);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double most_wanted = -infinity, least_missed = infinity;
  for (std::size_t k = 0; k < share.size(); ++k) {
    if (share[k] < problem.box.high[k]) most_wanted = std::max(most_wanted, -slope[k]);
    if (share[k] > problem.box.low[k]) least_missed = std::min(least_missed, -slope[k]);
  }
  return std::max(0.0, most_wanted - least_missed);
}

Solution solve_by_descent(const Problem& problem, const Posed& posed) {
  const bool convex = posed.is_convex();
  Solution best;
  double least = std::numeric_limits<double>::infinity();
  for (const data::Mixture& start : starts(problem, convex)) {
    std::vector<double> weight = problem.weight;
    const Rest rest = descend_from(problem, posed, start, weight);
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
  const Posed posed(problem, coefficient);
  if (problem.objective.is_mean() && problem.box.groups.empty())
    if (const auto terms = power_terms(problem, coefficient)) {
      const data::Mixture share = minimise_separable(*terms, problem.box);
      return {share, kkt_residual(problem, posed, share),
              fmt::format("KKT residual, {} per unit of share",
                          data::unit_text(problem.fit.domains.loss_unit)),
              problem.weight};
    }
  return solve_by_descent(problem, posed);
}

data::Table optima_of_samples(const Problem& problem, const std::function<void()>& after_sample) {
  const auto& samples = problem.fit.bootstrap;
  const std::size_t domains = problem.default_share.size();
  data::Table optima(samples.size(), domains);
  for (std::size_t b = 0; b < samples.size(); ++b) {
    const data::Mixture optimum = solve(problem, samples[b]).share;
    for (std::size_t k = 0; k < domains; ++k) optima(b, k) = optimum[k];
    after_sample();
  }
  return optima;
}

data::Mixture between(std::span<const double> from, const data::Mixture& to, double part) {
  data::Mixture share(from.begin(), from.end());
  for (std::size_t k = 0; k < share.size(); ++k) share[k] += part * (to[k] - share[k]);
  return share;
}

/// How far the optimum is best drawn to a prior mixture: the fit stands for the truth and the
/// optima of the bootstrap laws for what other samples would have recommended, so that the part a
/// that makes mean_b f((1 - a) r_b + a prior) least weighs their scatter against the prior's own
/// loss.
/// @see Mixed Semi-Supervised Generalized-Linear-Regression, arXiv 2302.09526, which weighs two
///      estimators against each other by their variances and bias
double shrinkage(const Problem& problem, const data::Table& optima, const data::Mixture& prior) {
  constexpr int steps = 50;
  const Posed fitted(problem, problem.fit.coefficient);
  double best = 0.0, least = std::numeric_limits<double>::infinity();
  for (int n = 0; n <= steps; ++n) {
    const double part = static_cast<double>(n) / steps;
    std::vector<double> losses;
    for (std::size_t b = 0; b < optima.rows; ++b)
      losses.push_back(fitted.value(between(optima.row(b), prior, part)));
    const double mean = core::stable_sum(losses) / static_cast<double>(losses.size());
    if (mean < least) {
      least = mean;
      best = part;
    }
  }
  return best;
}

/// Draws the optimum, and with it those of the samples, to the prior of the options.
void shrink(const Problem& problem, const OptimizeOptions& options, data::MixtureChoice& choice) {
  if (options.prior_share.empty() || choice.bootstrap_share.rows == 0) return;
  const data::Mixture prior = project_to_box(options.prior_share, problem.box);
  choice.prior = options.prior;
  choice.prior_weight = shrinkage(problem, choice.bootstrap_share, prior);
  choice.unshrunk_share = choice.share;
  choice.share = between(choice.share, prior, choice.prior_weight);
  data::Table& optima = choice.bootstrap_share;
  for (std::size_t b = 0; b < optima.rows; ++b) {
    const data::Mixture drawn = between(optima.row(b), prior, choice.prior_weight);
    for (std::size_t k = 0; k < drawn.size(); ++k) optima(b, k) = drawn[k];
  }
}

void add_region(const Problem& problem, data::MixtureChoice& choice) {
  const auto& samples = problem.fit.bootstrap;
  const std::size_t domains = choice.share.size();
  std::vector<double> gains;
  for (const data::Table& sample : samples) {
    const Posed posed(problem, sample);
    gains.push_back(posed.value(choice.default_share) - posed.value(choice.share));
  }
  if (!gains.empty())
    choice.gain_expected = core::stable_sum(gains) / static_cast<double>(gains.size());
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

/// Without floors, caps and epochs, beyond the shares that were tried; empty if nothing bounds it,
/// or nothing finite is left. A diagnosis: what a law says out there is not measured.
data::Mixture free_optimum(const Problem& problem) {
  Problem free = problem;
  bool is_bounded = false;
  for (std::size_t k = 0; k < free.box.low.size(); ++k) {
    if (problem.kept[k] || was_never_tried(problem.fit, k)) continue;
    is_bounded = is_bounded || free.box.low[k] > 0.0 || free.box.high[k] < 1.0;
    free.box.low[k] = 0.0;
    free.box.high[k] = 1.0;
  }
  is_bounded = is_bounded || !free.box.groups.empty();
  free.box.groups.clear();
  if (!is_bounded) return {};
  const data::Mixture share = solve(free, problem.fit.coefficient).share;
  return std::isfinite(Posed(free, problem.fit.coefficient).value(share)) ? share : data::Mixture();
}

/// The sum of these mixtures, each by its weight.
data::Mixture blend(const std::vector<const data::Mixture*>& runs, const data::Mixture& weight) {
  data::Mixture sum(runs.front()->size(), 0.0);
  for (std::size_t m = 0; m < runs.size(); ++m)
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += weight[m] * (*runs[m])[k];
  return sum;
}

/// Weights of these runs whose mixture comes nearest to `share` (Euclidean).
/// @param start that the descent begins at
data::Mixture nearest_weights(const std::vector<const data::Mixture*>& runs,
                              const data::Mixture& share, const data::Mixture& start) {
  const auto half_square = [&](const std::vector<double>& weight, std::vector<double>& slope) {
    data::Mixture off = blend(runs, weight);
    double sum = 0.0;
    for (std::size_t k = 0; k < off.size(); ++k) {
      off[k] -= share[k];
      sum += 0.5 * off[k] * off[k];
    }
    for (std::size_t m = 0; m < runs.size(); ++m)
      slope[m] = std::inner_product(off.begin(), off.end(), runs[m]->begin(), 0.0);
    return sum;
  };
  const Box weights{std::vector<double>(runs.size(), 0.0), std::vector<double>(runs.size(), 1.0)};
  return descend(half_square, weights, start).share;
}

/// The mixture of the runs' mixtures that comes nearest to `share` (Euclidean). Of many runs few
/// have a weight in it: those that have one, and in turn the run that would bring it nearer still.
/// @see von Hohenbalken 1977, doi:10.1007/BF01584323 (simplicial decomposition)
data::Mixture nearest_in_hull(const std::vector<data::Mixture>& all, const data::Mixture& share) {
  constexpr std::size_t first = 256, most_rounds = 1000;
  constexpr double gap_tolerance = 1e-13;  // as that of the descent
  std::vector<const data::Mixture*> runs;
  for (std::size_t m = 0; m < std::min(first, all.size()); ++m) runs.push_back(&all[m]);
  data::Mixture weight(runs.size(), 1.0 / static_cast<double>(runs.size()));
  for (std::size_t round = 0;; ++round) {
    weight = nearest_weights(runs, share, weight);
    data::Mixture nearest = blend(runs, weight);
    if (all.size() <= first || round == most_rounds) return nearest;
    data::Mixture off = nearest;
    for (std::size_t k = 0; k < off.size(); ++k) off[k] -= share[k];
    const auto slope_of = [&](const data::Mixture& run) {
      return std::inner_product(off.begin(), off.end(), run.begin(), 0.0);
    };
    const data::Mixture* least = &all.front();
    double least_slope = slope_of(*least);
    for (const data::Mixture& run : all)
      if (const double slope = slope_of(run); slope < least_slope) {
        least = &run;
        least_slope = slope;
      }
    if (slope_of(nearest) - least_slope <= gap_tolerance ||
        std::find(runs.begin(), runs.end(), least) != runs.end())
      return nearest;
    std::size_t kept = 0;
    for (std::size_t m = 0; m < runs.size(); ++m) {
      if (!(weight[m] > 0.0)) continue;
      runs[kept] = runs[m];
      weight[kept++] = weight[m];
    }
    runs.resize(kept);
    weight.resize(kept);
    runs.push_back(least);
    weight.push_back(0.0);
  }
}

}  // namespace

void add_distance_from_runs(const data::SweepPlan& plan, const data::LawFit& fit,
                            const OptimizeOptions& options, data::MixtureChoice& choice) {
  if (plan.mixtures.empty()) return;
  const Problem problem = problem_of(fit, options, choice.default_share);
  const Posed fitted(problem, fit.coefficient);
  const double reached = fitted.value(nearest_in_hull(plan.mixtures, choice.share));
  if (choice.gain_nats > 0.0 && std::isfinite(reached))
    choice.gain_beyond_runs =
        std::clamp((reached - choice.objective_nats) / choice.gain_nats, 0.0, 1.0);
  for (std::size_t m = 0; m < plan.mixtures.size(); ++m) {
    const double distance = core::total_variation(plan.mixtures[m], choice.share);
    if (choice.nearest_distance && distance >= *choice.nearest_distance) continue;
    choice.nearest_distance = distance;
    choice.nearest_run = plan.labels[m];
  }
}

data::MixtureChoice best_mixture(const data::LawFit& fit, const OptimizeOptions& options,
                                 const data::Mixture& default_share,
                                 const std::function<void()>& after_sample) {
  const Problem problem = problem_of(fit, options, default_share);
  data::MixtureChoice choice;
  choice.law = fit.law;
  choice.trust = fit.trust;
  choice.objective = options.objective;
  choice.objective_words =
      words_of(problem.objective, problem.weight, fit.domains, words_of_reference(options));
  choice.tokens = options.tokens;
  if (problem.law.sees_model_size()) choice.model_size = problem.model_size;
  choice.level = options.level;
  choice.default_share = default_share;
  choice.floor = problem.box.low;
  choice.cap = problem.box.high;
  choice.unique_tokens = target_pools(fit, options);
  choice.max_epochs = problem.box.max_epochs;
  const Solution solution = solve(problem, fit.coefficient);
  choice.weight = solution.weight;
  choice.share = solution.share;
  choice.bootstrap_share = optima_of_samples(problem, after_sample);
  shrink(problem, options, choice);
  choice.free_share = free_optimum(problem);
  constexpr double same = 0.005;
  // What a prior drew is not what a limit held back.
  const data::Mixture& within = choice.prior.empty() ? choice.share : choice.unshrunk_share;
  if (!choice.free_share.empty() && core::total_variation(choice.free_share, within) < same)
    choice.free_share.clear();
  const Posed fitted(problem, fit.coefficient);
  const auto losses = [&](const data::Mixture& share) {
    std::vector<double> nats;
    for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) nats.push_back(fitted.loss(e, share));
    return nats;
  };
  choice.predicted_nats = losses(choice.share);
  choice.predicted_default_nats = losses(default_share);
  choice.objective_nats = fitted.value(choice.share);
  choice.objective_default_nats = fitted.value(default_share);
  choice.gain_nats = choice.objective_default_nats - choice.objective_nats;
  choice.certificate = solution.certificate;
  choice.certificate_kind = solution.certificate_kind;
  if (choice.prior_weight > 0.0)
    choice.certificate_kind += ", of the optimum before it was drawn to " + choice.prior;
  add_region(problem, choice);
  choice.caution = epochs_caution(problem, options, choice);
  choice.flags = choice_flags(problem, options, choice);
  return choice;
}

}  // namespace bimix::mix
