#include "descent.hpp"

#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/mix/next_mixtures.hpp>
#include <bimix/mix/optimum.hpp>

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

namespace bimix::mix {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::Vector2d;
using Eigen::VectorXd;

constexpr std::size_t fewest_samples = 20, random_candidates = 200, optima_kept = 60;
constexpr std::size_t volumes_kept = 8;
constexpr double beyond_tried = 2.0;

// ---- What may be the best, and what may be run ----

/// A factor of two beyond the shares that were tried.
Box reach_of(const data::LawFit& fit) {
  Box region{fit.share_low, fit.share_high};
  for (double& low : region.low) low /= beyond_tried;
  for (double& high : region.high) high = std::min(1.0, high * beyond_tried);
  return region;
}

void widen(Box& box, const data::Mixture& mixture) {
  for (std::size_t k = 0; k < mixture.size(); ++k) {
    box.low[k] = std::min(box.low[k], mixture[k]);
    box.high[k] = std::max(box.high[k], mixture[k]);
  }
}

bool is_near(const data::Mixture& a, const data::Mixture& b, double tolerance) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [&](double x, double y) { return std::abs(x - y) <= tolerance; });
}

void append_new(std::vector<data::Mixture>& mixtures, const data::Mixture& mixture,
                double tolerance) {
  if (std::none_of(mixtures.begin(), mixtures.end(),
                   [&](const data::Mixture& other) { return is_near(mixture, other, tolerance); }))
    mixtures.push_back(mixture);
}

/// The best mixture and evenly chosen optima of the samples.
void append_optima(const data::MixtureChoice& choice, std::vector<data::Mixture>& optima) {
  constexpr double same = 1e-4;
  append_new(optima, choice.share, same);
  const data::Table& samples = choice.bootstrap_share;
  const std::size_t kept = std::min(optima_kept, samples.rows);
  for (std::size_t n = 0; n < kept; ++n) {
    const auto row = samples.values.begin() +
                     static_cast<std::ptrdiff_t>(n * samples.rows / kept * samples.columns);
    append_new(optima, data::Mixture(row, row + static_cast<std::ptrdiff_t>(samples.columns)),
               same);
  }
}

/// What `optimize` would allow if mixtures a factor of two beyond those tried had been run.
OptimizeOptions widened(const data::LawFit& fit, OptimizeOptions options) {
  if (options.extrapolate) return options;
  const Box region = reach_of(fit);
  const std::size_t domains = region.low.size();
  options.extrapolate = true;
  options.floor.resize(domains, 0.0);
  options.cap.resize(domains, 1.0);
  for (std::size_t k = 0; k < domains; ++k) {
    options.floor[k] = std::max(options.floor[k], region.low[k]);
    options.cap[k] = std::min(options.cap[k], region.high[k]);
  }
  return options;
}

/// The mixture in whole ten-thousandths, by largest remainders; no share becomes 0.
data::Mixture rounded(const data::Mixture& mixture) {
  constexpr int parts = 10'000;
  std::vector<int> count;
  std::vector<std::size_t> order(mixture.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const double share : mixture)
    count.push_back(std::max(static_cast<int>(parts * share), share > 0.0 ? 1 : 0));
  const auto rest = [&](std::size_t k) { return parts * mixture[k] - count[k]; };
  for (int left = parts - std::accumulate(count.begin(), count.end(), 0); left != 0;) {
    const auto k = left > 0 ? *std::max_element(order.begin(), order.end(),
                                                [&](auto a, auto b) { return rest(a) < rest(b); })
                            : *std::max_element(order.begin(), order.end(), [&](auto a, auto b) {
                                return count[a] < count[b];
                              });
    count[k] += left > 0 ? 1 : -1;
    left += left > 0 ? -1 : 1;
  }
  data::Mixture result;
  for (const int n : count) result.push_back(static_cast<double>(n) / parts);
  return result;
}

std::vector<data::Mixture> candidates_of(const data::LawFit& fit, const data::Observations& seen,
                                         const data::Mixture& centre,
                                         const std::vector<data::Mixture>& optima,
                                         std::uint64_t seed) {
  constexpr double same = 1e-6;
  const Box region{fit.share_low, fit.share_high};
  const std::size_t domains = centre.size();
  std::vector<data::Mixture> found;
  const auto add = [&](const data::Mixture& mixture, const Box& within) {
    const data::Mixture candidate = rounded(project_to_box(mixture, within));
    if (std::none_of(seen.mixtures.begin(), seen.mixtures.end(),
                     [&](const data::Mixture& other) { return is_near(candidate, other, same); }))
      append_new(found, candidate, same);
  };
  for (const data::Mixture& optimum : optima) add(optimum, reach_of(fit));
  for (std::size_t k = 0; k < domains; ++k)
    for (const double end : {region.low[k], region.high[k]}) {
      data::Mixture mixture = centre;
      const double others = 1.0 - centre[k];
      for (double& share : mixture) share *= others > 0.0 ? (1.0 - end) / others : 1.0;
      mixture[k] = end;
      add(mixture, region);
    }
  core::RandomStream stream(seed, core::Purpose::next_mixtures);
  for (std::size_t n = 0; n < random_candidates; ++n) {
    const double strength = std::exp(std::log(0.3) + std::log(10.0) * stream.uniform());
    data::Mixture mixture(domains);
    for (std::size_t k = 0; k < domains; ++k)
      mixture[k] = stream.gamma(
          strength * (n % 2 == 0 ? 1.0 : static_cast<double>(domains) * centre[k] + 0.01));
    if (core::stable_sum(mixture) > 0.0) add(core::normalised(mixture), region);
  }
  return found;
}

// ---- What a run shows ----

/// The volumes that a run is summed up over: those that were fitted, thinned out.
struct RunShape {
  std::vector<double> volumes{};  ///< ascending
  std::vector<double> slope{};    ///< weights of log losses in the slope along log volume
  double readings = 0.0;          ///< of a run, on average
  double repeats = 0.0;           ///< runs of a mixture, on average
};

/// Weights that make a slope of values at these volumes; zeros for one volume.
std::vector<double> slope_weights(const std::vector<double>& volumes) {
  std::vector<double> weight;
  double mean = 0.0, square = 0.0;
  for (const double tokens : volumes)
    mean += std::log(tokens) / static_cast<double>(volumes.size());
  for (const double tokens : volumes) weight.push_back(std::log(tokens) - mean);
  for (const double w : weight) square += w * w;
  for (double& w : weight) w = square > 0.0 ? w / square : 0.0;
  return weight;
}

/// True for rows that were fitted, of the model size that the next runs will have.
bool is_fitted(const data::LawFit& fit, const law::Law& law, const data::Observations& seen,
               std::size_t row) {
  const double tokens = seen.tokens[row];
  const double size = seen.model_size.empty() ? fit.last_size : seen.model_size[row];
  return data::is_same_size(size, fit.last_size) &&
         tokens >= (law.last_volume_only() ? fit.tokens_high * (1.0 - data::volume_tolerance)
                                           : fit.tokens_low);
}

RunShape shape_of(const data::LawFit& fit, const law::Law& law, const data::Observations& seen) {
  RunShape shape;
  std::map<std::pair<int, int>, int> runs;
  std::map<int, int> mixtures;
  std::vector<double> all;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    if (!is_fitted(fit, law, seen, row)) continue;
    ++runs[{seen.mixture_id[row], seen.repeat[row]}];
    ++mixtures[seen.mixture_id[row]];
    all.push_back(seen.tokens[row]);
  }
  std::sort(all.begin(), all.end());
  shape.readings = static_cast<double>(all.size()) / static_cast<double>(runs.size());
  shape.repeats = static_cast<double>(runs.size()) / static_cast<double>(mixtures.size());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const std::size_t kept = law.last_volume_only() ? 1 : std::min(volumes_kept, all.size());
  for (std::size_t n = 1; n <= kept; ++n)
    shape.volumes.push_back(
        all[kept == 1 ? all.size() - 1 : (n - 1) * (all.size() - 1) / (kept - 1)]);
  shape.slope = slope_weights(shape.volumes);
  return shape;
}

/// Level and slope of the log loss that a law predicts for a run.
Vector2d run_of(const data::LawFit& fit, const data::Table& coefficient, std::size_t e,
                const RunShape& shape, const data::Mixture& mixture) {
  Vector2d run(0.0, 0.0);
  for (std::size_t v = 0; v < shape.volumes.size(); ++v) {
    const double loss = std::log(law::predict(fit, coefficient, e, mixture, shape.volumes[v]));
    run(0) += loss / static_cast<double>(shape.volumes.size());
    run(1) += shape.slope[v] * loss;
  }
  return run;
}

/// Level and slope of what a mixture's losses are above the law's; NaN without any.
Vector2d residual_of(const data::LawFit& fit, const law::Law& law, const data::Observations& seen,
                     int id, std::size_t e) {
  std::vector<double> volumes, rest;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    if (seen.mixture_id[row] != id || !is_fitted(fit, law, seen, row)) continue;
    const double above = std::log(
        seen.loss_nats(row, e) /
        law::predict(fit, e, seen.mixtures[static_cast<std::size_t>(id)], seen.tokens[row]));
    if (!std::isfinite(above)) continue;
    volumes.push_back(seen.tokens[row]);
    rest.push_back(above);
  }
  Vector2d residual(0.0, 0.0);
  const std::vector<double> weight = slope_weights(volumes);
  for (std::size_t n = 0; n < rest.size(); ++n)
    residual += rest[n] * Vector2d(1.0 / static_cast<double>(rest.size()), weight[n]);
  return rest.empty() ? Vector2d::Constant(std::numeric_limits<double>::quiet_NaN()) : residual;
}

/// Rows are samples, columns the level and the slope of each of the mixtures.
MatrixXd runs_of(const data::LawFit& fit, std::size_t e, const RunShape& shape,
                 const std::vector<data::Mixture>& mixtures) {
  MatrixXd runs(fit.bootstrap.size(), 2 * mixtures.size());
  for (std::size_t b = 0; b < fit.bootstrap.size(); ++b)
    for (std::size_t c = 0; c < mixtures.size(); ++c)
      runs.block<1, 2>(static_cast<Index>(b), static_cast<Index>(2 * c)) =
          run_of(fit, fit.bootstrap[b], e, shape, mixtures[c]).transpose();
  return runs;
}

void centre(MatrixXd& columns) { columns.rowwise() -= columns.colwise().mean().eval(); }

/// Variances of the level and the slope of a run about what the law says, see next_mixtures.
Vector2d noise_of(const data::LawFit& fit, const law::Law& law, const data::Observations& seen,
                  std::size_t e, const RunShape& shape) {
  MatrixXd runs = runs_of(fit, e, shape, seen.mixtures);
  centre(runs);
  Vector2d sum(0.0, 0.0);
  double count = 0.0;
  for (std::size_t m = 0; m < seen.mixtures.size(); ++m) {
    const Vector2d residual = residual_of(fit, law, seen, static_cast<int>(m), e);
    const Vector2d known =
        runs.middleCols<2>(static_cast<Index>(2 * m)).colwise().squaredNorm().transpose() /
        static_cast<double>(runs.rows() - 1);
    const Vector2d both = residual.cwiseAbs2() + known;
    if (!both.allFinite()) continue;
    sum += both;
    count += 1.0;
  }
  const double reading = std::pow(fit.domain[e].noise_reading.value_or(0.0), 2.0);
  const double seeds = std::pow(fit.domain[e].noise_seed.value_or(0.0), 2.0);
  double square = 0.0;  // of the slope's weights, for as many readings as a run has
  for (const double w : shape.slope) square += w * w;
  const double thinned = static_cast<double>(shape.volumes.size()) / shape.readings;
  const Vector2d least((seeds + reading / shape.readings) / shape.repeats,
                       reading * square * std::min(1.0, thinned) / shape.repeats);
  // Without any noise a second look at the same would divide by nothing.
  constexpr double rounding = 1e-16;
  return (count > 0.0 ? Vector2d(sum / count) : sum).cwiseMax(least).array() + rounding;
}

// ---- What is known, and what would be ----

/// What is unknown of one evaluation domain: rows are samples, columns deviations from their mean.
struct Unknown {
  MatrixXd objective{};    ///< its part of the objective at each x
  MatrixXd coefficient{};  ///< P
  MatrixXd run{};          ///< level and slope of each candidate, in turn
  Vector2d noise{};        ///< variances of these
  MatrixXd error{};        ///< two standard normal draws for each sample: how its run errs
};

/// What a run of candidate c would tell of the columns: (columns, 2).
MatrixXd gain_matrix(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const auto run = unknown.run.middleCols<2>(2 * c);
  const double scale = 1.0 / static_cast<double>(run.rows() - 1);
  Eigen::Matrix2d spread = scale * run.transpose() * run;
  spread.diagonal() += unknown.noise;
  return scale * columns.transpose() * run * spread.inverse();
}

/// How the mean of the columns would move if each sample were the truth: (samples, columns).
MatrixXd moves(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const MatrixXd shown =
      unknown.run.middleCols<2>(2 * c) + unknown.error * unknown.noise.cwiseSqrt().asDiagonal();
  return shown * gain_matrix(unknown, columns, c).transpose();
}

VectorXd variance(const MatrixXd& columns) {
  return columns.colwise().squaredNorm().transpose() / static_cast<double>(columns.rows() - 1);
}

/// What is expected to be left of each column's variance.
VectorXd variance_left(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const auto run = unknown.run.middleCols<2>(2 * c);
  const double scale = 1.0 / static_cast<double>(run.rows() - 1);
  const MatrixXd with_run = scale * columns.transpose() * run;
  const VectorXd told = gain_matrix(unknown, columns, c).cwiseProduct(with_run).rowwise().sum();
  return (variance(columns) - told).cwiseMax(0.0);
}

/// Mean over rows of the least of mean + row over the columns that are allowed.
double mean_least(const VectorXd& mean, const MatrixXd& moved, const std::vector<Index>& allowed) {
  double sum = 0.0;
  for (Index b = 0; b < moved.rows(); ++b)
    for (const double sign : {1.0, -1.0}) {
      double least = std::numeric_limits<double>::infinity();
      for (const Index x : allowed) least = std::min(least, mean(x) + sign * moved(b, x));
      sum += 0.5 * least;
    }
  return sum / static_cast<double>(moved.rows());
}

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
  void add_objective(const data::MixtureChoice& today);
  void keep_finite();
  /// The optima that `optimize` would allow, with a run of this candidate or of none (-1).
  std::vector<Index> allowed_with(Index candidate) const;
  MatrixXd moves_of(Index c) const;
  double value_with(Index c) const;
  data::NextMixture explained(Index c, double gain) const;

  const data::LawFit& fit_;
  bool everywhere_ = false;  ///< optima need not lie where shares were tried
  bool above_default_ = false;
  data::Mixture default_share_{};
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
    : fit_(fit),
      everywhere_(options.extrapolate),
      above_default_(options.objective == "worst"),
      default_share_(default_share),
      tried_{fit.share_low, fit.share_high} {
  const data::MixtureChoice today = best_mixture(fit, options, default_share);
  append_optima(today, optima_);
  append_optima(best_mixture(fit, widened(fit, options), default_share), optima_);
  candidates_ = candidates_of(fit, seen, today.share, optima_, seed);
  for (std::size_t e = 0; e < today.weight.size(); ++e)
    if (today.weight[e] > 0.0) domains_.push_back(e);
  const law::Law& law = law::law_of(fit);
  const RunShape shape = shape_of(fit, law, seen);
  for (const std::size_t e : domains_) {
    Unknown unknown;
    unknown.run = runs_of(fit, e, shape, candidates_);
    unknown.noise = noise_of(fit, law, seen, e, shape);
    unknown.coefficient.resize(unknown.run.rows(), static_cast<Index>(fit.parameters.size()));
    for (std::size_t b = 0; b < fit.bootstrap.size(); ++b)
      unknown.coefficient.row(static_cast<Index>(b)) =
          fit.bootstrap[b].view().row(static_cast<Index>(e));
    unknown_.push_back(std::move(unknown));
  }
  add_objective(today);
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

/// Each sample's part of the objective, domain by domain.
void Search::add_objective(const data::MixtureChoice& today) {
  for (std::size_t n = 0; n < domains_.size(); ++n) {
    const std::size_t e = domains_[n];
    MatrixXd& objective = unknown_[n].objective;
    objective.resize(static_cast<Index>(fit_.bootstrap.size()), static_cast<Index>(optima_.size()));
    for (Index b = 0; b < objective.rows(); ++b) {
      const auto loss = [&](const data::Mixture& mixture) {
        return law::predict(fit_, fit_.bootstrap[static_cast<std::size_t>(b)], e, mixture,
                            today.tokens);
      };
      const double from = above_default_ ? loss(default_share_) : 0.0;
      for (Index x = 0; x < objective.cols(); ++x)
        objective(b, x) = today.weight[e] * (loss(optima_[static_cast<std::size_t>(x)]) - from);
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
  double most = -1.0;
  for (std::size_t n = 0; n < unknown_.size(); ++n) {
    const Unknown& unknown = unknown_[n];
    const MatrixXd differences =
        unknown.objective.colwise() - unknown.objective.rowwise().mean().eval();
    const double before = variance(differences).sum();
    const double told = before - variance_left(unknown, differences, c).sum();
    if (!(told > most)) continue;
    most = told;
    next.domain = fit_.domains.eval[domains_[n]];
    next.domain_fall = before > 0.0 ? 1.0 - std::sqrt(1.0 - told / before) : 0.0;
    const VectorXd all = variance(unknown.coefficient);
    const VectorXd left = variance_left(unknown, unknown.coefficient, c);
    next.coefficient_fall = 0.0;
    for (Index p = 0; p < all.size(); ++p) {
      const double fall = all(p) > 0.0 ? 1.0 - std::sqrt(left(p) / all(p)) : 0.0;
      if (next.coefficient.empty() || fall > next.coefficient_fall) {
        next.coefficient = fit_.parameters[static_cast<std::size_t>(p)];
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
                                 int count, std::uint64_t seed) {
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
    if (std::isnan(fit.coefficient(e, 0)))
      flag(fmt::format("what helps '{}' is not seen", fit.domains.eval[e]),
           "no law could be fitted to it", "Add mixtures with other shares of it");
  return result;
}

}  // namespace bimix::mix
