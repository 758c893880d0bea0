#pragma once

#include "beliefs.hpp"

#include <Eigen/Core>

#include <vector>

/// What a run would add to what is believed.
namespace bimix::mix {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// What is unknown of one evaluation set: rows are functions, columns deviations from their mean.
struct Unknown {
  MatrixXd objective{};  ///< its part of the objective at each mixture
  MatrixXd run{};        ///< what a run of each mixture would show
  double noise = 0.0;    ///< variance of what a run shows about that
  VectorXd error{};      ///< a standard normal draw for each function: how its run errs
};

/// Makes the mean of each column 0.
void centre(MatrixXd& columns);

/// How the mean of the columns would move by a run of mixture c, if each function were the truth:
/// (functions, columns).
MatrixXd moves(const Unknown& unknown, const MatrixXd& columns, Index c);

VectorXd variance(const MatrixXd& columns);

/// What is expected to be left of each column's variance.
VectorXd variance_left(const Unknown& unknown, const MatrixXd& columns, Index c);

/// Mean over rows of the least of mean + row over the columns that are allowed.
double mean_least(const VectorXd& mean, const MatrixXd& moved, const std::vector<Index>& allowed);

}  // namespace bimix::mix
