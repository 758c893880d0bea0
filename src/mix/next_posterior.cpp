#include "next_posterior.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

/// What a run of mixture c would tell of each column, by what it shows.
VectorXd gain_of(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const auto run = unknown.run.col(c);
  const double scale = 1.0 / static_cast<double>(run.rows() - 1);
  return scale * columns.transpose() * run / (scale * run.squaredNorm() + unknown.noise);
}

}  // namespace

void centre(MatrixXd& columns) { columns.rowwise() -= columns.colwise().mean().eval(); }

MatrixXd moves(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const VectorXd shown = unknown.run.col(c) + std::sqrt(unknown.noise) * unknown.error;
  return shown * gain_of(unknown, columns, c).transpose();
}

VectorXd variance(const MatrixXd& columns) {
  return columns.colwise().squaredNorm().transpose() / static_cast<double>(columns.rows() - 1);
}

VectorXd variance_left(const Unknown& unknown, const MatrixXd& columns, Index c) {
  const auto run = unknown.run.col(c);
  const VectorXd with_run = columns.transpose() * run / static_cast<double>(run.rows() - 1);
  const VectorXd told = gain_of(unknown, columns, c).cwiseProduct(with_run);
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
