#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/fitted_law.hpp>

#include <Eigen/Dense>

#include <vector>

/// What is known from the bootstrap samples, and what a run would add to it.
namespace bimix::mix {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::Vector2d;
using Eigen::VectorXd;

/// The volumes that a run is summed up over: those that were fitted, thinned out.
struct RunShape {
  std::vector<double> volumes{};  ///< ascending
  std::vector<double> slope{};    ///< weights of log losses in the slope along log volume
  double readings = 0.0;          ///< of a run, on average
  double repeats = 0.0;           ///< runs of a mixture, on average
};

/// That of the runs that were fitted.
RunShape shape_of(const law::FittedLaw& law, const data::Observations& seen);

/// Level and slope of each mixture by each bootstrap sample: rows are samples, columns the level
/// and the slope of each of the mixtures.
MatrixXd runs_of(const law::FittedLaw& law, std::size_t e, const RunShape& shape,
                 const std::vector<data::Mixture>& mixtures);

/// Variances of the level and the slope of a run about what the law says, see next_mixtures.
Vector2d noise_of(const law::FittedLaw& law, const data::Observations& seen, std::size_t e,
                  const RunShape& shape);

/// What is unknown of one evaluation domain: rows are samples, columns deviations from their mean.
struct Unknown {
  MatrixXd objective{};    ///< its part of the objective at each x
  MatrixXd coefficient{};  ///< P
  MatrixXd run{};          ///< level and slope of each candidate, in turn
  Vector2d noise{};        ///< variances of these
  MatrixXd error{};        ///< two standard normal draws for each sample: how its run errs
};

/// Makes the mean of each column 0.
void centre(MatrixXd& columns);

/// How the mean of the columns would move if each sample were the truth: (samples, columns).
MatrixXd moves(const Unknown& unknown, const MatrixXd& columns, Index c);

VectorXd variance(const MatrixXd& columns);

/// What is expected to be left of each column's variance.
VectorXd variance_left(const Unknown& unknown, const MatrixXd& columns, Index c);

/// Mean over rows of the least of mean + row over the columns that are allowed.
double mean_least(const VectorXd& mean, const MatrixXd& moved, const std::vector<Index>& allowed);

}  // namespace bimix::mix
