#include "beliefs.hpp"
#include "nested_box.hpp"
#include "next_candidates.hpp"
#include "next_posterior.hpp"
#include "problem.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/quantile.hpp>
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
/// Distinct optima that laws' samples may give, all laws together.
constexpr std::size_t most_optima = 60;

/// The search: which mixtures were taken, and what is known then.
class Search {
 public:
  Search(const std::vector<data::LawFit>& laws, const data::Observations& seen,
         const OptimizeOptions& options, const data::Mixture& default_share,
         const NextOptions& asked);
  /// What is known today of the best mixture there is.
  data::BestKnown best_known(double level) const;
  /// Counts a run of this mixture as one that will have been seen.
  void expect(const data::Mixture& mixture);
  /// Takes the best candidate that is left; nothing if there is none.
  std::optional<data::NextMixture> take();
  /// Of each law, and of no law: mean over the sets that count.
  std::vector<std::pair<std::string, double>> law_weights() const;

 private:
  void keep_finite();
  /// The mixtures that `optimize` would allow, with a run of this one or of none (-1).
  std::vector<Index> allowed_with(Index candidate) const;
  MatrixXd moves_of(Index c) const;
  double value_with(Index c) const;
  data::NextMixture explained(Index c, double gain) const;
  void draw_errors();
  void settle(Index c);

  const std::vector<data::LawFit>& laws_;
  bool everywhere_ = false;  ///< optima need not lie where shares were tried
  Box tried_{}, limits_{};
  core::RandomStream stream_;
  std::vector<data::Mixture> points_{};  ///< what may be best
  std::vector<bool> may_run_{};          ///< which of them may be run, and were not taken
  Beliefs beliefs_{};
  std::vector<Unknown> unknown_{};  ///< one for each set that counts
  VectorXd mean_{};                 ///< of the objective at each point
  MatrixXd today_{};                ///< (functions, points): the objective by each, as known today
  MatrixXd moved_{};                ///< (functions, points): how it moves by what was taken
  double value_ = 0.0;              ///< expected objective of the mixture recommended then
  double regret_ = 0.0;
  Index best_ = 0;
};

/// Where the laws have their optima, and those of their samples.
std::vector<data::Mixture> optima_of(const std::vector<data::LawFit>& laws,
                                     const OptimizeOptions& options,
                                     const data::Mixture& default_share) {
  std::vector<data::Mixture> optima;
  const std::size_t of_each = std::max<std::size_t>(1, most_optima / laws.size());
  for (const data::LawFit& fit : laws)
    for (const OptimizeOptions& where : {options, widened(fit, options)})
      append_optima(best_mixture(fit, where, default_share), of_each, optima);
  return optima;
}

/// Floors, caps and epochs alone, the latter as far as the optimum may go.
Box limits_of(const data::LawFit& fit, OptimizeOptions options) {
  const double epochs = allowed_box(fit, options).max_epochs;
  if (epochs > epochs_asked(fit, options)) options.max_epochs = {epochs};
  options.extrapolate = true;
  return allowed_box(fit, options);
}

Search::Search(const std::vector<data::LawFit>& laws, const data::Observations& seen,
               const OptimizeOptions& options, const data::Mixture& default_share,
               const NextOptions& asked)
    : laws_(laws),
      everywhere_(options.extrapolate),
      tried_{laws.front().share_low, laws.front().share_high},
      limits_(limits_of(laws.front(), options)),
      stream_(asked.seed, core::Purpose::next_mixtures, 1) {
  const data::MixtureChoice today = best_mixture(laws.front(), options, default_share);
  points_ = optima_of(laws, options, default_share);
  const std::vector<data::Mixture> candidates =
      candidates_of(laws.front(), seen, today.share, points_, asked.seed);
  may_run_.assign(points_.size(), false);
  points_.insert(points_.end(), candidates.begin(), candidates.end());
  may_run_.resize(points_.size(), true);
  // What was run may be the best, also where laws do not see why.
  for (const auto* mixtures : {&asked.under_way, &seen.mixtures})
    points_.insert(points_.end(), mixtures->begin(), mixtures->end());
  may_run_.resize(points_.size(), false);
  beliefs_ =
      beliefs_at(laws, seen, options, default_share, today.weight, points_, {.seed = asked.seed});
  keep_finite();
  MatrixXd all =
      MatrixXd::Zero(beliefs_.of.front().objective.rows(), static_cast<Index>(points_.size()));
  for (const SetBelief& belief : beliefs_.of) {
    all += belief.objective;
    Unknown unknown{.objective = belief.objective, .run = belief.run, .noise = belief.noise};
    centre(unknown.objective);
    centre(unknown.run);
    unknown_.push_back(std::move(unknown));
  }
  mean_ = VectorXd::Zero(all.cols());
  for (const SetBelief& belief : beliefs_.of) mean_ += belief.expected;
  moved_ = MatrixXd::Zero(all.rows(), all.cols());
  const std::vector<Index> allowed = allowed_with(-1);
  core::require(!allowed.empty(), "the optimum of the first law may be recommended");
  best_ = *std::min_element(allowed.begin(), allowed.end(),
                            [&](Index a, Index b) { return mean_(a) < mean_(b); });
  value_ = mean_(best_);
  centre(all);
  std::vector<Index> every(points_.size());
  std::iota(every.begin(), every.end(), Index{0});
  regret_ = std::max(0.0, value_ - mean_least(mean_, all, every));
  today_ = all.rowwise() + mean_.transpose();
}

data::BestKnown Search::best_known(double level) const {
  const std::size_t domains = points_.front().size();
  std::vector<double> regret;
  std::vector<std::vector<double>> share(domains);  // of the best mixture by each function
  for (Index b = 0; b < today_.rows(); ++b) {
    Index least = 0;
    today_.row(b).minCoeff(&least);
    regret.push_back(today_(b, best_) - today_(b, least));
    for (std::size_t k = 0; k < domains; ++k)
      share[k].push_back(points_[static_cast<std::size_t>(least)][k]);
  }
  data::BestKnown known{.share = points_[static_cast<std::size_t>(best_)],
                        .regret_nats = regret_,
                        .regret_high_nats = law::quantile(std::move(regret), level),
                        .laws = law_weights()};
  for (const std::vector<double>& values : share) {
    const law::Interval interval = law::central_interval(values, level);
    known.low.push_back(interval.low);
    known.high.push_back(interval.high);
  }
  return known;
}

/// Drops mixtures for which some function has no finite loss.
void Search::keep_finite() {
  std::vector<Index> columns;
  std::vector<data::Mixture> kept;
  std::vector<bool> may_run;
  for (std::size_t x = 0; x < points_.size(); ++x) {
    const auto column = static_cast<Index>(x);
    if (!std::all_of(beliefs_.of.begin(), beliefs_.of.end(), [&](const SetBelief& belief) {
          return belief.objective.col(column).allFinite() && belief.run.col(column).allFinite();
        }))
      continue;
    columns.push_back(column);
    kept.push_back(points_[x]);
    may_run.push_back(may_run_[x]);
  }
  for (SetBelief& belief : beliefs_.of) {
    belief.objective = belief.objective(Eigen::all, columns).eval();
    belief.run = belief.run(Eigen::all, columns).eval();
    belief.expected = belief.expected(columns).eval();
  }
  points_ = std::move(kept);
  may_run_ = std::move(may_run);
  if (points_.empty())
    throw core::TooLittleData(
        core::Complaint{"plan --next", "some bootstrap law has no finite loss",
                        "what to run next follows from how the samples differ",
                        "Fit another law, or add mixtures by hand"});
}

/// Points that may be recommended once a candidate has been run: within floors and caps, where
/// shares were tried.
std::vector<Index> Search::allowed_with(Index candidate) const {
  Box tried = tried_;
  if (candidate >= 0) widen(tried, points_[static_cast<std::size_t>(candidate)]);
  std::vector<Index> allowed;
  for (std::size_t x = 0; x < points_.size(); ++x)
    if ((everywhere_ || is_in_box(tried, points_[x])) && is_in_box(limits_, points_[x]))
      allowed.push_back(static_cast<Index>(x));
  return allowed;
}

/// How the objective at each point would move by a run of this candidate: (functions, points).
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
  const data::LawFit& fit = laws_.front();
  data::NextMixture next{.share = points_[static_cast<std::size_t>(c)], .gain_nats = gain};
  next.most_epochs = data::most_epochs(next.share, fit.tokens_high, fit.unique_tokens);
  double most = -1.0;
  for (std::size_t n = 0; n < unknown_.size(); ++n) {
    const Unknown& unknown = unknown_[n];
    const MatrixXd differences =
        unknown.objective.colwise() - unknown.objective.rowwise().mean().eval();
    const double before = variance(differences).sum();
    const double told = before - variance_left(unknown, differences, c).sum();
    if (!(told > most)) continue;
    most = told;
    next.domain = fit.domains.eval[beliefs_.sets[n]];
    next.domain_fall = before > 0.0 ? 1.0 - std::sqrt(1.0 - told / before) : 0.0;
  }
  return next;
}

void Search::draw_errors() {
  for (Unknown& unknown : unknown_) {
    unknown.error.resize(moved_.rows());
    for (double& value : unknown.error) value = stream_.normal();
  }
}

/// From here on a run of this mixture will have been seen.
void Search::settle(Index c) {
  may_run_[static_cast<std::size_t>(c)] = false;
  widen(tried_, points_[static_cast<std::size_t>(c)]);
  moved_ += moves_of(c);
  for (Unknown& unknown : unknown_) {
    const MatrixXd objective = moves(unknown, unknown.objective, c);
    const MatrixXd run = moves(unknown, unknown.run, c);
    unknown.objective -= objective;
    unknown.run -= run;
  }
}

void Search::expect(const data::Mixture& mixture) {
  const auto found = std::find(points_.begin(), points_.end(), mixture);
  if (found == points_.end()) return;  // some function has no loss there
  const Index c = found - points_.begin();
  draw_errors();
  value_ = std::min(value_, value_with(c));
  settle(c);
}

std::optional<data::NextMixture> Search::take() {
  draw_errors();
  Index best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < points_.size(); ++c) {
    if (!may_run_[c]) continue;
    const double value = value_with(static_cast<Index>(c));
    if (value < least) {
      least = value;
      best = static_cast<Index>(c);
    }
  }
  if (best < 0) return std::nullopt;
  data::NextMixture next = explained(best, std::max(0.0, value_ - least));
  value_ = std::min(value_, least);
  settle(best);
  return next;
}

std::vector<std::pair<std::string, double>> Search::law_weights() const {
  std::vector<std::pair<std::string, double>> weights;
  for (std::size_t l = 0; l <= laws_.size(); ++l) {
    double sum = 0.0;
    for (const SetBelief& belief : beliefs_.of) sum += belief.law_weight[l];
    weights.emplace_back(l < laws_.size() ? laws_[l].law : "no law",
                         sum / static_cast<double>(beliefs_.of.size()));
  }
  return weights;
}

void refuse_too_few_samples(const std::vector<data::LawFit>& laws) {
  std::size_t most = 0;
  for (const data::LawFit& fit : laws) most = std::max(most, fit.bootstrap.size());
  if (most >= fewest_samples) return;
  throw core::TooLittleData(core::Complaint{
      "plan --next", fmt::format("the law has {} bootstrap samples", most),
      fmt::format("what to run next follows from how they differ; it takes {} at least",
                  fewest_samples),
      "Set fit.bootstrap to 200"});
}

}  // namespace

data::NextMixtures next_mixtures(const std::vector<data::LawFit>& laws,
                                 const data::Observations& seen, const OptimizeOptions& options,
                                 const data::Mixture& default_share, const NextOptions& asked) {
  refuse_too_few_samples(laws);
  const data::LawFit& fit = laws.front();
  Search search(laws, seen, options, default_share, asked);
  for (const data::Mixture& mixture : asked.under_way) search.expect(mixture);
  data::NextMixtures result{.known = search.best_known(asked.level)};
  result.regret_after_nats = result.known.regret_nats;
  for (int n = 0; n < asked.count; ++n) {
    const auto next = search.take();
    if (!next) break;
    result.regret_after_nats = std::max(0.0, result.regret_after_nats - next->gain_nats);
    result.mixtures.push_back(*next);
  }
  if (!fit.trust.doubt.empty()) result.flags.push_back(fit.trust.doubt);
  const auto flag = [&](std::string problem, std::string rule, std::string remedy) {
    result.flags.push_back(core::to_string(
        core::Complaint{"plan --next", std::move(problem), std::move(rule), std::move(remedy)}));
  };
  if (static_cast<int>(result.mixtures.size()) < asked.count)
    flag(fmt::format("only {} mixtures are left to propose", result.mixtures.size()),
         "all others worth a look have been run", "");
  constexpr double nothing = 1e-6;
  if (!result.mixtures.empty() && result.mixtures.front().gain_nats < nothing)
    flag(fmt::format("no mixture promises more than {:.1g} {}", nothing,
                     data::unit_text(fit.domains.loss_unit)),
         "the best mixture is known as well as runs can tell",
         "Spend the runs on repeats or larger volumes");
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e)
    if (std::none_of(laws.begin(), laws.end(),
                     [&](const data::LawFit& one) { return is_fitted(one.coefficient, e); }))
      flag(fmt::format("what helps '{}' is not seen", fit.domains.eval[e]),
           "no law could be fitted to it", "Add mixtures with other shares of it");
  return result;
}

}  // namespace bimix::mix
