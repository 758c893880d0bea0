#include "next_posterior.hpp"

#include <bimix/data/pools.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/fitted_law.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace bimix::mix {
namespace {

constexpr std::size_t volumes_kept = 8;

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
bool was_fitted(const law::FittedLaw& law, const data::Observations& seen, std::size_t row) {
  const double tokens = seen.tokens[row];
  const double size = seen.model_size.empty() ? law.fit().last_size : seen.model_size[row];
  return data::is_same_size(size, law.fit().last_size) &&
         tokens >= (law.law().last_volume_only()
                        ? law.fit().tokens_high * (1.0 - data::volume_tolerance)
                        : law.fit().tokens_low);
}

/// Level and slope of the log loss that a law predicts for a run.
Vector2d run_of(const law::FittedLaw& law, const data::Table& coefficient, std::size_t e,
                const RunShape& shape, const data::Mixture& mixture) {
  Vector2d run(0.0, 0.0);
  for (std::size_t v = 0; v < shape.volumes.size(); ++v) {
    const double loss = std::log(law.predict(coefficient, e, {mixture, shape.volumes[v]}));
    run(0) += loss / static_cast<double>(shape.volumes.size());
    run(1) += shape.slope[v] * loss;
  }
  return run;
}

/// Level and slope of what a mixture's losses are above the law's; NaN without any.
Vector2d residual_of(const law::FittedLaw& law, const data::Observations& seen, int id,
                     std::size_t e) {
  std::vector<double> volumes, rest;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    if (seen.mixture_id[row] != id || !was_fitted(law, seen, row)) continue;
    const double above =
        std::log(seen.loss_nats(row, e) /
                 law.predict(e, {.mixture = seen.mixtures[static_cast<std::size_t>(id)],
                                 .tokens = seen.tokens[row],
                                 .unique_tokens = data::pools_of(seen, row)}));
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

/// What a run of candidate c would tell of the columns: (columns, 2).
MatrixXd gain_matrix(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const auto run = unknown.run.middleCols<2>(2 * c);
  const double scale = 1.0 / static_cast<double>(run.rows() - 1);
  Eigen::Matrix2d spread = scale * run.transpose() * run;
  spread.diagonal() += unknown.noise;
  return scale * columns.transpose() * run * spread.inverse();
}

}  // namespace

RunShape shape_of(const law::FittedLaw& law, const data::Observations& seen) {
  RunShape shape;
  std::map<std::pair<int, int>, int> runs;
  std::map<int, int> mixtures;
  std::vector<double> all;
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    if (!was_fitted(law, seen, row)) continue;
    ++runs[{seen.mixture_id[row], seen.repeat[row]}];
    ++mixtures[seen.mixture_id[row]];
    all.push_back(seen.tokens[row]);
  }
  std::sort(all.begin(), all.end());
  shape.readings = static_cast<double>(all.size()) / static_cast<double>(runs.size());
  shape.repeats = static_cast<double>(runs.size()) / static_cast<double>(mixtures.size());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const std::size_t kept = law.law().last_volume_only() ? 1 : std::min(volumes_kept, all.size());
  for (std::size_t n = 1; n <= kept; ++n)
    shape.volumes.push_back(
        all[kept == 1 ? all.size() - 1 : (n - 1) * (all.size() - 1) / (kept - 1)]);
  shape.slope = slope_weights(shape.volumes);
  return shape;
}

MatrixXd runs_of(const law::FittedLaw& law, std::size_t e, const RunShape& shape,
                 const std::vector<data::Mixture>& mixtures) {
  MatrixXd runs(law.fit().bootstrap.size(), 2 * mixtures.size());
  for (std::size_t b = 0; b < law.fit().bootstrap.size(); ++b)
    for (std::size_t c = 0; c < mixtures.size(); ++c)
      runs.block<1, 2>(static_cast<Index>(b), static_cast<Index>(2 * c)) =
          run_of(law, law.fit().bootstrap[b], e, shape, mixtures[c]).transpose();
  return runs;
}

void centre(MatrixXd& columns) { columns.rowwise() -= columns.colwise().mean().eval(); }

Vector2d noise_of(const law::FittedLaw& law, const data::Observations& seen, std::size_t e,
                  const RunShape& shape) {
  MatrixXd runs = runs_of(law, e, shape, seen.mixtures);
  centre(runs);
  Vector2d sum(0.0, 0.0);
  double count = 0.0;
  for (std::size_t m = 0; m < seen.mixtures.size(); ++m) {
    const Vector2d residual = residual_of(law, seen, static_cast<int>(m), e);
    const Vector2d known =
        runs.middleCols<2>(static_cast<Index>(2 * m)).colwise().squaredNorm().transpose() /
        static_cast<double>(runs.rows() - 1);
    const Vector2d both = residual.cwiseAbs2() + known;
    if (!both.allFinite()) continue;
    sum += both;
    count += 1.0;
  }
  const double reading = std::pow(law.fit().domain[e].noise_reading.value_or(0.0), 2.0);
  const double seeds = std::pow(law.fit().domain[e].noise_seed.value_or(0.0), 2.0);
  double square = 0.0;  // of the slope's weights, for as many readings as a run has
  for (const double w : shape.slope) square += w * w;
  const double thinned = static_cast<double>(shape.volumes.size()) / shape.readings;
  const Vector2d least((seeds + reading / shape.readings) / shape.repeats,
                       reading * square * std::min(1.0, thinned) / shape.repeats);
  // Without any noise a second look at the same would divide by nothing.
  constexpr double rounding = 1e-16;
  return (count > 0.0 ? Vector2d(sum / count) : sum).cwiseMax(least).array() + rounding;
}

MatrixXd moves(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const MatrixXd shown =
      unknown.run.middleCols<2>(2 * c) + unknown.error * unknown.noise.cwiseSqrt().asDiagonal();
  return shown * gain_matrix(unknown, columns, c).transpose();
}

VectorXd variance(const MatrixXd& columns) {
  return columns.colwise().squaredNorm().transpose() / static_cast<double>(columns.rows() - 1);
}

VectorXd variance_left(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const auto run = unknown.run.middleCols<2>(2 * c);
  const double scale = 1.0 / static_cast<double>(run.rows() - 1);
  const MatrixXd with_run = scale * columns.transpose() * run;
  const VectorXd told = gain_matrix(unknown, columns, c).cwiseProduct(with_run).rowwise().sum();
  return (variance(columns) - told).cwiseMax(0.0);
}

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

}  // namespace bimix::mix
