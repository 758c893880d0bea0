#pragma once

#include <bimix/data/records.hpp>
#include <bimix/mix/options.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What may be true of the losses at some mixtures, by functions that agree with what was seen.
namespace bimix::mix {

/// Functions of one evaluation set: rows are functions, columns mixtures.
struct SetBelief {
  Eigen::MatrixXd objective{};       ///< the set's part of the objective
  Eigen::VectorXd expected{};        ///< of it, at each mixture
  Eigen::MatrixXd run{};             ///< log loss that a run to the last fitted volume would show
  double noise = 0.0;                ///< variance of what a run shows about that
  std::vector<double> law_weight{};  ///< of each law, and of no law; sums to 1
};

/// Functions of all sets that count; those of different sets are independent.
struct Beliefs {
  std::vector<std::size_t> sets{};  ///< evaluation domains with a weight
  std::vector<SetBelief> of{};      ///< one for each of `sets`
};

/// For beliefs_at.
struct BeliefOptions {
  int functions = 200;  ///< of each set
  std::uint64_t seed = 0;
};

/// Functions that may be the true ones, each a law's under one of its bootstrap samples times
/// exp(d), d a Gaussian process given what that law left of the logs of the losses at the last
/// volume. One more "law" is none: a level and such a process alone.
///
/// Each law has as many of the functions of a set as its held-out losses make likely: pseudo-BMA
/// with the Bayesian bootstrap, from the densities of each held-out loss by the law with its
/// process. So a law that is wrong, or surer than it should be, counts for little, and what no law
/// says can still be learnt.
///
/// @param laws fits with bootstrap and held-out losses, at least one; one that could not be fitted
///        to a set, or has no bootstrap, takes no part there
/// @param weight E, of the mean of losses that is made least
/// @param points mixtures that are asked about
/// @return deterministic in its arguments
/// @see Yao, Vehtari, Simpson and Gelman 2018, doi:10.1214/17-BA1091
Beliefs beliefs_at(const std::vector<data::LawFit>& laws, const data::Observations& seen,
                   const OptimizeOptions& options, const data::Mixture& default_share,
                   const std::vector<double>& weight, const std::vector<data::Mixture>& points,
                   const BeliefOptions& asked);

}  // namespace bimix::mix
