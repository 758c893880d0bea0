#include "gaussian_process.hpp"

#include <bimix/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace bimix::mix {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double share_unit = 0.01;  // below, a share counts by its difference
constexpr double jitter = 1e-8;      // of a correlation: what rounding may take from it

/// Parts of the variance that may be noise.
constexpr double noise_parts[]{0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.99};

/// Matern 5/2. @param distance in reaches
double matern(double distance) {
  const double x = std::sqrt(5.0) * distance;
  return (1.0 + x + x * x / 3.0) * std::exp(-x);
}

MatrixXd places_of(const std::vector<data::Mixture>& seen,
                   const std::vector<data::Mixture>& points) {
  const std::size_t domains = seen.empty() ? points.front().size() : seen.front().size();
  MatrixXd places(domains, seen.size() + points.size());
  Index column = 0;
  for (const auto* mixtures : {&seen, &points})
    for (const data::Mixture& mixture : *mixtures) {
      for (std::size_t k = 0; k < domains; ++k)
        places(static_cast<Index>(k), column) = std::sqrt(mixture[k] + share_unit);
      ++column;
    }
  return places;
}

/// Weights that are in proportion to the exponentials.
std::vector<double> weights_of(const std::vector<double>& logarithm) {
  const double most = *std::max_element(logarithm.begin(), logarithm.end());
  std::vector<double> weight;
  double sum = 0.0;
  for (const double log : logarithm) sum += weight.emplace_back(std::exp(log - most));
  for (double& w : weight) w /= sum;
  return weight;
}

}  // namespace

const std::vector<double>& reaches() {
  static const std::vector<double> all{0.15, 0.3, 0.6, 1.2, 2.4};
  return all;
}

Correlations::Correlations(const std::vector<data::Mixture>& seen,
                           const std::vector<data::Mixture>& points)
    : seen_(seen.size()), points_(points.size()) {
  const MatrixXd places = places_of(seen, points);
  const Index count = places.cols();
  MatrixXd distance(count, count);
  for (Index j = 0; j < count; ++j)
    for (Index i = 0; i <= j; ++i)
      distance(i, j) = distance(j, i) = (places.col(i) - places.col(j)).norm();
  for (const double reach : reaches()) {
    MatrixXd all = distance.unaryExpr([&](double d) { return matern(d / reach); });
    all.diagonal().array() += jitter;
    root_.push_back(all.llt().matrixL());
    all_.push_back(std::move(all));
  }
}

VectorXd Correlations::draw(std::size_t reach, core::RandomStream& stream) const {
  VectorXd standard(root_[reach].rows());
  for (double& value : standard) value = stream.normal();
  return root_[reach].triangularView<Eigen::Lower>() * standard;
}

GaussianProcess::GaussianProcess(const Correlations& correlations, std::vector<Index> which,
                                 const VectorXd& value, const VectorXd& held_out, Level level)
    : correlations_(correlations),
      which_(std::move(which)),
      value_(value),
      has_level_(level == Level::unknown) {
  const Index count = value_.size();
  core::require(count >= 2 && held_out.size() == count, "a process is given two values at least");
  freedom_ = static_cast<double>(count) - (has_level_ ? 1.0 : 0.0);
  const VectorXd ones = VectorXd::Ones(count);
  std::vector<double> likelihood;
  std::vector<VectorXd> densities;
  for (std::size_t reach = 0; reach < reaches().size(); ++reach) {
    const MatrixXd smooth = correlations_.of(reach)(which_, which_);
    for (const double noise : noise_parts) {
      MatrixXd covariance = (1.0 - noise) * smooth;
      covariance.diagonal().array() += noise;
      Cell cell{.reach = reach, .noise = noise, .root = covariance.llt()};
      cell.one = cell.root.solve(ones);
      // The inverse, without what an unknown level makes unknown.
      MatrixXd inverse = cell.root.solve(MatrixXd::Identity(count, count));
      const double one = cell.one.sum();
      if (has_level_) inverse -= cell.one * cell.one.transpose() / one;
      const VectorXd alone = inverse * held_out;
      // Nothing scatters less than rounding does.
      const double squares = std::max(held_out.dot(alone), 1e-20 * freedom_);
      cell.scale = squares / freedom_;
      double log_root = 0.0;
      for (Index i = 0; i < count; ++i) log_root += std::log(cell.root.matrixLLT()(i, i));
      likelihood.push_back(-log_root - 0.5 * freedom_ * std::log(squares) -
                           (has_level_ ? 0.5 * std::log(one) : 0.0));
      VectorXd density(count);
      for (Index m = 0; m < count; ++m) {
        const double precision = inverse(m, m) / cell.scale, error = alone(m) / inverse(m, m);
        density(m) =
            0.5 * std::log(precision / (2.0 * std::numbers::pi)) - 0.5 * precision * error * error;
      }
      densities.push_back(std::move(density));
      cell.level = has_level_ ? cell.one.dot(value_) / one : 0.0;
      cell.solved = cell.root.solve(value_ - cell.level * ones);
      cells_.push_back(std::move(cell));
    }
  }
  const std::vector<double> weight = weights_of(likelihood);
  held_out_density_ = VectorXd::Zero(count);
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    cells_[c].weight = weight[c];
    held_out_density_ += weight[c] * densities[c].array().exp().matrix();
    noise_variance_ += weight[c] * cells_[c].noise * cells_[c].scale;
  }
  held_out_density_ = held_out_density_.array().max(1e-300).log();
}

VectorXd GaussianProcess::at_points(const Cell& cell, const VectorXd& solved) const {
  const MatrixXd& all = correlations_.of(cell.reach);
  const auto seen = static_cast<Index>(correlations_.seen());
  const auto points = static_cast<Index>(correlations_.points());
  VectorXd spread = VectorXd::Zero(seen);
  for (std::size_t i = 0; i < which_.size(); ++i)
    spread(which_[i]) += solved(static_cast<Index>(i));
  return (1.0 - cell.noise) * (all.bottomLeftCorner(points, seen) * spread);
}

VectorXd GaussianProcess::mean() const {
  VectorXd sum = VectorXd::Zero(static_cast<Index>(correlations_.points()));
  constexpr double least_weight = 1e-4;
  double weight = 0.0;
  for (const Cell& cell : cells_) {
    if (cell.weight < least_weight) continue;
    sum += cell.weight * (at_points(cell, cell.solved).array() + cell.level).matrix();
    weight += cell.weight;
  }
  return sum / weight;
}

VectorXd GaussianProcess::draw(core::RandomStream& stream) const {
  double place = stream.uniform();
  std::size_t chosen = 0;
  while (chosen + 1 < cells_.size() && place >= cells_[chosen].weight)
    place -= cells_[chosen++].weight;
  const Cell& cell = cells_[chosen];
  const double half = 0.5 * freedom_;
  const double deviation = std::sqrt(cell.scale * half / stream.gamma(half));
  const VectorXd prior =
      deviation * std::sqrt(1.0 - cell.noise) * correlations_.draw(cell.reach, stream);
  VectorXd missed(value_.size());  // what the draw lacks to what was seen
  for (Index i = 0; i < missed.size(); ++i)
    missed(i) = value_(i) - prior(which_[static_cast<std::size_t>(i)]) -
                deviation * std::sqrt(cell.noise) * stream.normal();
  double level = 0.0;
  if (has_level_) {
    level = cell.one.dot(missed) / cell.one.sum();
    missed.array() -= level;
  }
  const VectorXd solved = cell.root.solve(missed);
  return (prior.tail(static_cast<Index>(correlations_.points())) + at_points(cell, solved))
             .array() +
         level;
}

}  // namespace bimix::mix
