#pragma once

#include <bimix/core/random.hpp>
#include <bimix/data/records.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <cstddef>
#include <vector>

/// Functions of the mixture of which no more is known than that near mixtures have near values.
namespace bimix::mix {

/// How far apart two mixtures have to be before their values say little of one another: the reaches
/// that are thought possible, in the distance of Correlations.
const std::vector<double>& reaches();

/// Correlations between values at mixtures, Matern 5/2, for every one of reaches().
///
/// The distance is that of the vectors sqrt(r_k + 0.01): a share matters by its ratio where it is
/// large against a hundredth, and by its difference below.
class Correlations {
 public:
  /// @param seen n mixtures that have values @param points p mixtures where they are asked for
  Correlations(const std::vector<data::Mixture>& seen, const std::vector<data::Mixture>& points);

  std::size_t seen() const { return seen_; }
  std::size_t points() const { return points_; }
  /// (n + p, n + p), those of the seen mixtures first.
  const Eigen::MatrixXd& of(std::size_t reach) const { return all_[reach]; }
  /// A function of variance 1 at the n + p mixtures.
  Eigen::VectorXd draw(std::size_t reach, core::RandomStream& stream) const;

 private:
  std::size_t seen_, points_;
  std::vector<Eigen::MatrixXd> all_{}, root_{};  // by reach; the latter with L L' = all
};

/// What is known before any value.
enum class Level {
  zero,    ///< values scatter about 0
  unknown  ///< they scatter about a constant that may be anything
};

/// A Gaussian process given noisy values at some mixtures: value = scale (f(mixture) + noise).
///
/// Reach and part of the noise are not known: every pair of a grid is weighed by its marginal
/// likelihood, the scale integrated out with Jeffreys' prior.
/// @see Rasmussen and Williams 2006, sections 2.7 and 5.4
class GaussianProcess {
 public:
  /// @param which of the seen mixtures have a value, at least 2 @param value theirs
  /// @param held_out what the values are to a prediction that was made without them; weighs the
  ///        grid, sets the scale, and is what held_out_density is of. The same where there is none
  GaussianProcess(const Correlations& correlations, std::vector<Eigen::Index> which,
                  const Eigen::VectorXd& value, const Eigen::VectorXd& held_out, Level level);

  /// Log density of each held-out value, given the others.
  const Eigen::VectorXd& held_out_density() const { return held_out_density_; }
  /// Of the noise of a value, expected.
  double noise_variance() const { return noise_variance_; }
  /// Expected values at the points.
  Eigen::VectorXd mean() const;
  /// A function that may be the true one, at the points.
  /// @see Wilson et al. 2020, arXiv 2002.09309: Matheron's rule
  Eigen::VectorXd draw(core::RandomStream& stream) const;

 private:
  /// One reach and one part of the noise.
  struct Cell {
    std::size_t reach = 0;
    double noise = 0.0;   ///< part of the variance, 0 to 1
    double weight = 0.0;  ///< sums to 1 over cells
    double scale = 0.0;   ///< variance that is to be expected of a value
    Eigen::LLT<Eigen::MatrixXd> root{};
    Eigen::VectorXd one{};     ///< K^-1 1
    Eigen::VectorXd solved{};  ///< K^-1 (value - level)
    double level = 0.0;
  };
  Eigen::VectorXd at_points(const Cell& cell, const Eigen::VectorXd& solved) const;

  const Correlations& correlations_;
  std::vector<Eigen::Index> which_;
  Eigen::VectorXd value_;
  bool has_level_;
  double freedom_;
  std::vector<Cell> cells_{};
  Eigen::VectorXd held_out_density_{};
  double noise_variance_ = 0.0;
};

}  // namespace bimix::mix
