#pragma once

#include <bimix/law/law.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

// L = r^-alpha (P s^-beta + Q). For given (alpha, beta) it is linear in (P, Q), which leaves a
// bounded search over two numbers (variable projection, Golub and Pereyra 1973,
// doi:10.1137/0710036), by damped Newton steps on the reduced problem. Where its Hessian is not
// positive definite, Kaufman's approximation (1975, doi:10.1007/BF01932995) stands in, which leaves
// out the terms that vanish with the residual.
//
// Shares and volumes take few distinct values, so u = r^-alpha is computed once for each mixture
// and v = s^-beta once for each volume; sums over rows are kept for each volume and serve all beta.
namespace bimix::law {

enum BimixParameter : std::size_t { p_index, q_index, alpha_index, beta_index, parameter_count };

// Far beyond any exponent seen in practice (the paper's are below 1); keeps powers finite.
inline constexpr double largest_exponent = 10.0;

/// Where the search for a fit starts. [alpha], [beta]
inline constexpr std::array<double, 8> alpha_grid{0.0, 0.01, 0.03, 0.08, 0.2, 0.5, 1.2, 3.0};
inline constexpr std::array<double, 13> beta_grid{0.01, 0.03, 0.06, 0.1, 0.16, 0.25, 0.4,
                                                  0.6,  0.9,  1.4,  2.5, 5.0,  10.0};

/// The share of the domain that the loss follows.
inline double own_share(const DomainData& data, const data::Mixture& mixture) {
  return mixture[static_cast<std::size_t>(data.own)];
}

/// The least-squares fit of one evaluation domain by P, Q, alpha and beta.
class BimixFitter {
 public:
  explicit BimixFitter(const DomainData& data);
  /// @param start as in Law::fit
  Estimate fit(std::span<const double> start);
  /// The least objective at this alpha. @param beta to start from
  double least_at(double alpha, double beta);

 private:
  using Pair = std::array<double, 2>;  // of alpha and beta

  /// Which of P and Q a search may use. Where the non-negative solution changes from one set to
  /// another the reduced objective has a kink in its curvature that a smooth search crawls along,
  /// so a minimum on the border is sought within it.
  enum class Face { both, only_p, only_q };

  /// The reduced problem at one (alpha, beta): the best P and Q there, half the gradient of the
  /// objective, and half its Hessian or Kaufman's approximation of that.
  struct State {
    Pair theta{0.1, 0.1};
    double P = 0.0, Q = 0.0;
    double objective = std::numeric_limits<double>::infinity();
    Pair gradient{};
    std::array<Pair, 2> hessian{};
    bool converged = false;
    const char* stop_reason = "";
  };

  /// What the sums are for: levels need those of u alone, derivatives those of its slopes as well.
  enum class Sums { of_levels, of_slopes };
  template <Sums Kept>
  void sum_rows(double alpha);
  void solve_linear(const std::vector<double>& v, Face face, State& state) const;
  void add_residuals(State& state);
  std::array<Pair, 2> hessian(const State& state, double residual_part) const;
  State evaluate(Pair theta, Face face);
  State polish(Pair theta, Face face);
  double grid_objective(std::size_t beta) const;
  void search_grid();
  State best_of_grid(State best);
  State best_of_borders(State best);
  State best_of_betas(State best);

  bool hold_alpha_ = false;

  std::size_t volume_count() const { return log_volume_.size(); }

  // Fixed by the data. Logarithms are taken about their means, for conditioning.
  std::vector<double> log_share_;     // D
  std::vector<double> log_volume_;    // V
  std::vector<std::size_t> first_;    // V + 1: rows of a volume are [first_[k], first_[k + 1])
  std::vector<std::size_t> mixture_;  // M
  std::vector<double> loss_;          // M
  std::vector<double> weight_;        // M: what makes a residual relative, and a row's own
  std::array<std::vector<double>, beta_grid.size()> grid_powers_;  // V each
  double mean_log_share_ = 0.0, mean_log_volume_ = 0.0;
  double total_ = 0.0;  // sum of weight * loss^2

  // Of the current alpha: u, and for each volume sums of weight * u^2 * log_share^n and
  // weight * u * loss.
  std::vector<double> u_;  // D
  std::vector<double> uu_, uu_log_, uu_log2_, uy_;

  // Of the current beta.
  std::vector<double> v_;

  // Of the current state: for each volume sums of weight * residual * u * log_share^n.
  std::vector<double> eu_, eu_log_, eu_log2_;

  std::array<std::array<double, beta_grid.size()>, alpha_grid.size()> grid_{};
};

}  // namespace bimix::law
