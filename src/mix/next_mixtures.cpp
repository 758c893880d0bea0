#include "next_candidates.hpp"
#include "next_posterior.hpp"
#include "problem.hpp"

#include <bimix/core/random.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/law/law.hpp>
#include <bimix/mix/next_mixtures.hpp>
#include <bimix/mix/optimum.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace bimix::mix {
namespace {

constexpr std::size_t fewest_samples = 20;

/// The search: which candidates were taken, and what is known then.
class Search {
 public:
  Search(const data::LawFit& fit, const data::Observations& seen, const OptimizeOptions& options,
         const data::Mixture& default_share, std::uint64_t seed);
  /// Of today's best mixture, expected.
  double regret() const { return regret_; }
  /// Takes the best candidate that is left; nothing if there is none.
  std::optional<data::NextMixture> take(core::RandomStream& stream);

 private:
  void add_objective(Problem problem, const std::vector<double>& mean_weight);
  void keep_finite();
  /// The optima that `optimize` would allow, with a run of this candidate or of none (-1).
  std::vector<Index> allowed_with(Index candidate) const;
  MatrixXd moves_of(Index c) const;
  double value_with(Index c) const;
  data::NextMixture explained(Index c, double gain) const;

  const law::FittedLaw law_;
  bool everywhere_ = false;  ///< optima need not lie where shares were tried
  Box tried_{};
  std::vector<std::size_t> domains_{};  ///< evaluation domains with a weight
  std::vector<data::Mixture> optima_{}, candidates_{};
  std::vector<bool> taken_{};
  std::vector<Unknown> unknown_{};  ///< one for each of domains_
  VectorXd mean_{};                 ///< of the objective at each optimum
  MatrixXd moved_{};                ///< (samples, optima): how it moves by what was taken
  double value_ = 0.0;              ///< expected objective of the mixture recommended then
  double regret_ = 0.0;
};

Search::Search(const data::LawFit& fit, const data::Observations& seen,
               const OptimizeOptions& options, const data::Mixture& default_share,
               std::uint64_t seed)
    : law_(fit), everywhere_(options.extrapolate), tried_{fit.share_low, fit.share_high} {
  const data::MixtureChoice today = best_mixture(fit, options, default_share);
  append_optima(today, optima_);
  append_optima(best_mixture(fit, widened(fit, options), default_share), optima_);
  candidates_ = candidates_of(fit, seen, today.share, optima_, seed);
  for (std::size_t e = 0; e < today.weight.size(); ++e)
    if (today.weight[e] > 0.0) domains_.push_back(e);
  const RunShape shape = shape_of(law_, seen);
  for (const std::size_t e : domains_) {
    Unknown unknown;
    unknown.run = runs_of(law_, e, shape, candidates_);
    unknown.noise = noise_of(law_, seen, e, shape);
    unknown.coefficient.resize(unknown.run.rows(), static_cast<Index>(fit.parameters.size()));
    for (std::size_t b = 0; b < fit.bootstrap.size(); ++b)
      unknown.coefficient.row(static_cast<Index>(b)) =
          fit.bootstrap[b].view().row(static_cast<Index>(e));
    unknown_.push_back(std::move(unknown));
  }
  add_objective(problem_of(fit, options, default_share), today.weight);
  keep_finite();
  MatrixXd all =
      MatrixXd::Zero(static_cast<Index>(fit.bootstrap.size()), static_cast<Index>(optima_.size()));
  for (Unknown& unknown : unknown_) {
    all += unknown.objective;
    for (MatrixXd* columns : {&unknown.objective, &unknown.coefficient, &unknown.run})
      centre(*columns);
  }
  mean_ = all.colwise().mean().transpose();
  moved_ = MatrixXd::Zero(all.rows(), all.cols());
  taken_.assign(candidates_.size(), false);
  value_ = mean_least(mean_, moved_, allowed_with(-1));
  centre(all);
  std::vector<Index> every(optima_.size());
  std::iota(every.begin(), every.end(), Index{0});
  regret_ = std::max(0.0, value_ - mean_least(mean_, all, every));
}

/// Each sample's part of the objective, domain by domain: as the optimum counts it, for the model
/// that it is for and with repeated tokens at what they are worth.
void Search::add_objective(Problem problem, const std::vector<double>& mean_weight) {
  problem.weight = mean_weight;
  const std::vector<data::Table>& samples = law_.fit().bootstrap;
  for (Unknown& unknown : unknown_)
    unknown.objective.resize(static_cast<Index>(samples.size()),
                             static_cast<Index>(optima_.size()));
  for (std::size_t b = 0; b < samples.size(); ++b) {
    const Posed posed(problem, samples[b]);
    for (std::size_t x = 0; x < optima_.size(); ++x) {
      const std::vector<double> loss = posed.losses(optima_[x]);
      for (std::size_t n = 0; n < domains_.size(); ++n)
        unknown_[n].objective(static_cast<Index>(b), static_cast<Index>(x)) =
            mean_weight[domains_[n]] * loss[domains_[n]];
    }
  }
}

/// Drops optima and candidates for which some sample has no finite loss.
void Search::keep_finite() {
  std::vector<Index> optima, columns;
  std::vector<data::Mixture> kept_optima, kept_candidates;
  const auto is_finite = [&](auto block_of) {
    return std::all_of(unknown_.begin(), unknown_.end(),
                       [&](const Unknown& unknown) { return block_of(unknown).allFinite(); });
  };
  for (std::size_t x = 0; x < optima_.size(); ++x) {
    const auto column = static_cast<Index>(x);
    if (!is_finite([&](const Unknown& unknown) { return unknown.objective.col(column); })) continue;
    optima.push_back(column);
    kept_optima.push_back(optima_[x]);
  }
  for (std::size_t c = 0; c < candidates_.size(); ++c) {
    const auto column = static_cast<Index>(2 * c);
    if (!is_finite([&](const Unknown& unknown) { return unknown.run.middleCols<2>(column); }))
      continue;
    columns.insert(columns.end(), {column, column + 1});
    kept_candidates.push_back(candidates_[c]);
  }
  for (Unknown& unknown : unknown_) {
    unknown.objective = unknown.objective(Eigen::all, optima).eval();
    unknown.run = unknown.run(Eigen::all, columns).eval();
  }
  optima_ = std::move(kept_optima);
  candidates_ = std::move(kept_candidates);
  if (optima_.empty() || !unknown_.front().coefficient.allFinite())
    throw core::TooLittleData(
        core::Complaint{"plan --next", "some bootstrap law has no finite loss",
                        "what to run next follows from how the samples differ",
                        "Fit another law, or add mixtures by hand"});
}

std::vector<Index> Search::allowed_with(Index candidate) const {
  constexpr double rounding = 1e-9;
  Box tried = tried_;
  if (candidate >= 0) widen(tried, candidates_[static_cast<std::size_t>(candidate)]);
  std::vector<Index> allowed;
  for (std::size_t x = 0; x < optima_.size(); ++x) {
    bool inside = true;
    for (std::size_t k = 0; k < tried.low.size(); ++k)
      inside = inside && optima_[x][k] >= tried.low[k] - rounding &&
               optima_[x][k] <= tried.high[k] + rounding;
    if (everywhere_ || inside) allowed.push_back(static_cast<Index>(x));
  }
  return allowed;
}

/// How the objective at each optimum would move by a run of this candidate: (samples, optima).
MatrixXd Search::moves_of(Index c) const {
  MatrixXd sum = MatrixXd::Zero(moved_.rows(), moved_.cols());
  for (const Unknown& unknown : unknown_) sum += moves(unknown, unknown.objective, c);
  return sum;
}

/// The expected objective of the mixture recommended after a run of this candidate.
double Search::value_with(Index c) const {
  const MatrixXd next = moves_of(c);
  const std::vector<Index> allowed = allowed_with(c);
  // Both signs of what was moved before and of this move: as likely, and their mean never rises.
  return 0.5 *
         (mean_least(mean_, moved_ + next, allowed) + mean_least(mean_, moved_ - next, allowed));
}

data::NextMixture Search::explained(Index c, double gain) const {
  data::NextMixture next{.share = candidates_[static_cast<std::size_t>(c)], .gain_nats = gain};
  next.most_epochs =
      data::most_epochs(next.share, law_.fit().tokens_high, law_.fit().unique_tokens);
  double most = -1.0;
  for (std::size_t n = 0; n < unknown_.size(); ++n) {
    const Unknown& unknown = unknown_[n];
    const MatrixXd differences =
        unknown.objective.colwise() - unknown.objective.rowwise().mean().eval();
    const double before = variance(differences).sum();
    const double told = before - variance_left(unknown, differences, c).sum();
    if (!(told > most)) continue;
    most = told;
    next.domain = law_.fit().domains.eval[domains_[n]];
    next.domain_fall = before > 0.0 ? 1.0 - std::sqrt(1.0 - told / before) : 0.0;
    const VectorXd all = variance(unknown.coefficient);
    const VectorXd left = variance_left(unknown, unknown.coefficient, c);
    next.coefficient_fall = 0.0;
    for (Index p = 0; p < all.size(); ++p) {
      const double fall = all(p) > 0.0 ? 1.0 - std::sqrt(left(p) / all(p)) : 0.0;
      if (next.coefficient.empty() || fall > next.coefficient_fall) {
        next.coefficient = law_.fit().parameters[static_cast<std::size_t>(p)];
        next.coefficient_fall = fall;
      }
    }
  }
  return next;
}

std::optional<data::NextMixture> Search::take(core::RandomStream& stream) {
  for (Unknown& unknown : unknown_) {
    unknown.error.resize(moved_.rows(), 2);
    for (double& value : unknown.error.reshaped()) value = stream.normal();
  }
  Index best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < candidates_.size(); ++c) {
    if (taken_[c]) continue;
    const double value = value_with(static_cast<Index>(c));
    if (value < least) {
      least = value;
      best = static_cast<Index>(c);
    }
  }
  if (best < 0) return std::nullopt;
  data::NextMixture next = explained(best, std::max(0.0, value_ - least));
  value_ = std::min(value_, least);
  taken_[static_cast<std::size_t>(best)] = true;
  widen(tried_, next.share);
  moved_ += moves_of(best);
  for (Unknown& unknown : unknown_) {
    const MatrixXd objective = moves(unknown, unknown.objective, best);
    const MatrixXd coefficient = moves(unknown, unknown.coefficient, best);
    const MatrixXd run = moves(unknown, unknown.run, best);
    unknown.objective -= objective;
    unknown.coefficient -= coefficient;
    unknown.run -= run;
  }
  return next;
}

}  // namespace

data::NextMixtures next_mixtures(const data::LawFit& fit, const data::Observations& seen,
                                 const OptimizeOptions& options, const data::Mixture& default_share,
                                 const NextOptions& asked) {
  const auto [count, seed] = asked;
  if (fit.bootstrap.size() < fewest_samples)
    throw core::TooLittleData(core::Complaint{
        "plan --next", fmt::format("the law has {} bootstrap samples", fit.bootstrap.size()),
        fmt::format("what to run next follows from how they differ; it takes {} at least",
                    fewest_samples),
        "Set fit.bootstrap to 200"});
  Search search(fit, seen, options, default_share, seed);
  core::RandomStream stream(seed, core::Purpose::next_mixtures, 1);
  data::NextMixtures result{.regret_nats = search.regret()};
  result.regret_after_nats = result.regret_nats;
  for (int n = 0; n < count; ++n) {
    const auto next = search.take(stream);
    if (!next) break;
    result.regret_after_nats = std::max(0.0, result.regret_after_nats - next->gain_nats);
    result.mixtures.push_back(*next);
  }
  if (!fit.trust.doubt.empty()) result.flags.push_back(fit.trust.doubt);
  const auto flag = [&](std::string problem, std::string rule, std::string remedy) {
    result.flags.push_back(core::to_string(
        core::Complaint{"plan --next", std::move(problem), std::move(rule), std::move(remedy)}));
  };
  if (static_cast<int>(result.mixtures.size()) < count)
    flag(fmt::format("only {} mixtures are left to propose", result.mixtures.size()),
         "all others worth a look have been run", "");
  constexpr double nothing = 1e-6;
  if (!result.mixtures.empty() && result.mixtures.front().gain_nats < nothing)
    flag(fmt::format("no mixture promises more than {:.1g} {}", nothing,
                     data::unit_text(fit.domains.loss_unit)),
         "given this law, the best mixture is known",
         "Spend the runs on repeats or larger volumes");
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e)
    if (!is_fitted(fit.coefficient, e))
      flag(fmt::format("what helps '{}' is not seen", fit.domains.eval[e]),
           "no law could be fitted to it", "Add mixtures with other shares of it");
  return result;
}

}  // namespace bimix::mix
