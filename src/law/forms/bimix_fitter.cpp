#include "bimix_fitter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

constexpr int polished_starts = 3;

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The damped (Levenberg-Marquardt) step, clipped to the bounds. Coordinates that are held, or rest
/// at a bound and are pushed against it, stay there.
std::array<double, 2> damped_step(const std::array<double, 2>& theta,
                                  const std::array<double, 2>& gradient,
                                  const std::array<std::array<double, 2>, 2>& hessian,
                                  double damping, bool hold_first) {
  std::array<bool, 2> free{};
  for (int i = hold_first ? 1 : 0; i < 2; ++i)
    free[i] = !(theta[i] <= 0.0 && gradient[i] >= 0.0) &&
              !(theta[i] >= largest_exponent && gradient[i] <= 0.0) && hessian[i][i] > 0.0;
  const double a = hessian[0][0] * (1.0 + damping), b = hessian[1][1] * (1.0 + damping);
  const double c = free[0] && free[1] ? hessian[0][1] : 0.0;
  const double determinant = a * b - c * c;
  std::array<double, 2> step{};
  if (free[0] && free[1] && determinant > 0.0) {
    step = {-(b * gradient[0] - c * gradient[1]) / determinant,
            -(a * gradient[1] - c * gradient[0]) / determinant};
  } else {
    if (free[0]) step[0] = -gradient[0] / a;
    if (free[1]) step[1] = -gradient[1] / b;
  }
  for (int i = 0; i < 2; ++i)
    step[i] = std::clamp(theta[i] + step[i], 0.0, largest_exponent) - theta[i];
  return step;
}

}  // namespace

BimixFitter::BimixFitter(const DomainData& data)
    : first_(data.volumes.size() + 1, 0), mixture_(data.mixture), loss_(data.loss_nats) {
  for (const data::Mixture& mixture : data.mixtures)
    log_share_.push_back(std::log(own_share(data, mixture)));
  for (const double tokens : data.volumes) log_volume_.push_back(std::log(tokens));
  mean_log_share_ = mean_of(log_share_);
  mean_log_volume_ = mean_of(log_volume_);
  for (double& x : log_share_) x -= mean_log_share_;
  for (double& x : log_volume_) x -= mean_log_volume_;
  for (const std::size_t volume : data.volume) ++first_[volume + 1];
  for (std::size_t k = 0; k < data.volumes.size(); ++k) first_[k + 1] += first_[k];
  for (std::size_t m = 0; m < loss_.size(); ++m) {
    weight_.push_back(data.residual == Residual::plain ? 1.0 : 1.0 / (loss_[m] * loss_[m]));
    if (!data.weight.empty()) weight_.back() *= data.weight[m];
    total_ += weight_.back() * loss_[m] * loss_[m];
  }
  for (std::size_t j = 0; j < beta_grid.size(); ++j)
    for (const double log_volume : log_volume_)
      grid_powers_[j].push_back(std::exp(-beta_grid[j] * log_volume));
  u_.resize(log_share_.size());
  for (auto* sums : {&uu_, &uu_log_, &uu_log2_, &uy_, &v_, &eu_, &eu_log_, &eu_log2_})
    sums->resize(volume_count());
}

template <BimixFitter::Sums Kept>
void BimixFitter::sum_rows(double alpha) {
  for (std::size_t d = 0; d < u_.size(); ++d) u_[d] = std::exp(-alpha * log_share_[d]);
  for (std::size_t k = 0; k < volume_count(); ++k) {
    double uu = 0.0, uu_log = 0.0, uu_log2 = 0.0, uy = 0.0;
    for (std::size_t m = first_[k]; m < first_[k + 1]; ++m) {
      const double u = u_[mixture_[m]];
      const double wu = weight_[m] * u;
      uu += wu * u;
      uy += wu * loss_[m];
      if constexpr (Kept == Sums::of_slopes) {
        const double log_share = log_share_[mixture_[m]];
        uu_log += wu * u * log_share;
        uu_log2 += wu * u * log_share * log_share;
      }
    }
    uu_[k] = uu;
    uu_log_[k] = uu_log;
    uu_log2_[k] = uu_log2;
    uy_[k] = uy;
  }
}

/// Two-column non-negative least squares. With v taken about its weighted mean the columns are
/// orthogonal. Losses are positive, so at most one of P and Q can be pushed to zero, and then the
/// one-column solution is the constrained optimum.
void BimixFitter::solve_linear(const std::vector<double>& v, Face face, State& state) const {
  double uu = 0.0, uy = 0.0, uuv = 0.0, uuvv = 0.0, uyv = 0.0;
  for (std::size_t k = 0; k < volume_count(); ++k) {
    uu += uu_[k];
    uy += uy_[k];
    uuv += uu_[k] * v[k];
    uuvv += uu_[k] * v[k] * v[k];
    uyv += uy_[k] * v[k];
  }
  const double center = uuv / uu;
  double spread = 0.0, slope = 0.0;
  for (std::size_t k = 0; k < volume_count(); ++k) {
    spread += uu_[k] * (v[k] - center) * (v[k] - center);
    slope += uy_[k] * (v[k] - center);
  }
  // Below this the powers of all volumes are equal to rounding, as at beta = 0: one column, which
  // is given to P, for Q would hide from the search that a larger beta may do better.
  const bool flat = spread <= 1e-20 * uuvv;
  if (face == Face::only_q) {
    state.Q = uy / uu;
  } else if (face == Face::both && !flat) {
    state.P = std::max(0.0, slope / spread);
    state.Q = uy / uu - state.P * center;
  }
  if (face == Face::only_p || (face == Face::both && (flat || state.Q < 0.0))) {
    state.P = uyv / uuvv;
    state.Q = 0.0;
  }
}

/// Residuals row by row: from the sums they would lose half their digits where the fit is good.
void BimixFitter::add_residuals(State& state) {
  state.objective = 0.0;
  state.gradient = {};
  for (std::size_t k = 0; k < volume_count(); ++k) {
    const double profile = state.P * v_[k] + state.Q;
    double eu = 0.0, eu_log = 0.0, eu_log2 = 0.0;
    for (std::size_t m = first_[k]; m < first_[k + 1]; ++m) {
      const double u = u_[mixture_[m]], log_share = log_share_[mixture_[m]];
      const double error = loss_[m] - u * profile;
      const double weighted = weight_[m] * error;
      state.objective += weighted * error;
      eu += weighted * u;
      eu_log += weighted * u * log_share;
      eu_log2 += weighted * u * log_share * log_share;
    }
    eu_[k] = eu;
    eu_log_[k] = eu_log;
    eu_log2_[k] = eu_log2;
    state.gradient[0] += profile * eu_log;
    state.gradient[1] += log_volume_[k] * state.P * v_[k] * eu;
  }
}

/// Half the Hessian of the reduced problem: the block of (alpha, beta) in the full Hessian, with
/// the linear coefficients that are in use eliminated.
/// @param residual_part 1 for the Hessian, 0 for Kaufman's approximation
std::array<BimixFitter::Pair, 2> BimixFitter::hessian(const State& state,
                                                      double residual_part) const {
  // With d0 = -dL/dalpha = log r * L and d1 = -dL/dbeta = log s * P u v; the columns of the linear
  // part are u * v and u.
  double d00 = 0.0, d01 = 0.0, d11 = 0.0, uu = 0.0, uuv = 0.0, uuvv = 0.0;
  Pair du{}, duv{};
  for (std::size_t k = 0; k < volume_count(); ++k) {
    const double v = v_[k], log_volume = log_volume_[k];
    const double profile = state.P * v + state.Q, fall = log_volume * state.P * v;
    const double eu = residual_part * eu_[k], eu_log = residual_part * eu_log_[k];
    const double eu_log2 = residual_part * eu_log2_[k];
    d00 += uu_log2_[k] * profile * profile - eu_log2 * profile;
    d01 += uu_log_[k] * profile * fall - eu_log * fall;
    d11 += uu_[k] * fall * fall - eu * log_volume * fall;
    du[0] += uu_log_[k] * profile - eu_log;
    du[1] += uu_[k] * fall;
    duv[0] += (uu_log_[k] * profile - eu_log) * v;
    duv[1] += (uu_[k] * fall - eu * log_volume) * v;
    uu += uu_[k];
    uuv += uu_[k] * v;
    uuvv += uu_[k] * v * v;
  }
  const auto eliminate = [&](double a, double b, double norm2) {
    d00 -= a * a / norm2;
    d01 -= a * b / norm2;
    d11 -= b * b / norm2;
  };
  if (state.Q > 0.0) eliminate(du[0], du[1], uu);
  if (state.P > 0.0) {
    const double center = state.Q > 0.0 ? uuv / uu : 0.0;
    const double norm2 = uuvv - center * uuv;
    if (norm2 > 0.0) eliminate(duv[0] - center * du[0], duv[1] - center * du[1], norm2);
  }
  return {Pair{d00, d01}, Pair{d01, d11}};
}

BimixFitter::State BimixFitter::evaluate(Pair theta, Face face) {
  State state;
  state.theta = theta;
  sum_rows<Sums::of_slopes>(theta[0]);
  for (std::size_t k = 0; k < volume_count(); ++k) v_[k] = std::exp(-theta[1] * log_volume_[k]);
  solve_linear(v_, face, state);
  add_residuals(state);
  state.hessian = hessian(state, 1.0);
  const auto& [row0, row1] = state.hessian;
  const bool definite = row0[0] > 0.0 && row0[0] * row1[1] > row0[1] * row1[0];
  if (!definite) state.hessian = hessian(state, 0.0);
  return state;
}

BimixFitter::State BimixFitter::polish(Pair theta, Face face) {
  constexpr int iteration_limit = 60;
  constexpr double step_tolerance = 1e-13, decrease_tolerance = 1e-14;
  State state = evaluate(theta, face);
  double damping = 1e-3;
  for (int iteration = 0; iteration < iteration_limit; ++iteration) {
    const Pair step = damped_step(state.theta, state.gradient, state.hessian, damping, hold_alpha_);
    const bool still = std::abs(step[0]) <= step_tolerance * (step_tolerance + state.theta[0]) &&
                       std::abs(step[1]) <= step_tolerance * (step_tolerance + state.theta[1]);
    if (still) {
      state.converged = true;
      state.stop_reason = "converged: the step is at rounding";
      return state;
    }
    const double promised = -(step[0] * state.gradient[0] + step[1] * state.gradient[1]);
    const State next = evaluate({state.theta[0] + step[0], state.theta[1] + step[1]}, face);
    // Without P the objective does not depend on beta: a step into that plain never comes back.
    const bool lost = face == Face::both && state.P > 0.0 && next.P == 0.0;
    const bool better = next.objective < state.objective && !lost;
    // Clipping can turn a step uphill; more damping turns it back.
    const bool settled = promised >= 0.0 && promised <= decrease_tolerance * state.objective;
    if (better) state = next;
    if (settled) {
      state.converged = true;
      state.stop_reason = "converged: the objective is at rounding";
      return state;
    }
    damping = better ? std::max(damping * 0.1, 1e-12) : damping * 10.0;
  }
  state.stop_reason = "iteration limit";
  return state;
}

/// Objective at one beta of the grid and the current alpha, from the sums alone: accurate enough
/// to choose where to start. Infinite where P = 0: best_of_borders goes there.
double BimixFitter::grid_objective(std::size_t beta) const {
  const std::vector<double>& v = grid_powers_[beta];
  State state;
  solve_linear(v, Face::both, state);
  if (state.P == 0.0) return std::numeric_limits<double>::infinity();
  double objective = total_;
  for (std::size_t k = 0; k < volume_count(); ++k) {
    const double profile = state.P * v[k] + state.Q;
    objective += profile * (profile * uu_[k] - 2.0 * uy_[k]);
  }
  return objective;
}

void BimixFitter::search_grid() {
  for (std::size_t i = 0; i < alpha_grid.size(); ++i) {
    sum_rows<Sums::of_levels>(alpha_grid[i]);
    for (std::size_t j = 0; j < beta_grid.size(); ++j) grid_[i][j] = grid_objective(j);
  }
}

/// Polishes the best local minima of the grid that lie below `best`.
BimixFitter::State BimixFitter::best_of_grid(State best) {
  struct Cell {
    double objective;
    Pair theta;
  };
  std::array<Cell, alpha_grid.size() * beta_grid.size()> minima{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < alpha_grid.size(); ++i)
    for (std::size_t j = 0; j < beta_grid.size(); ++j) {
      bool lowest = true;
      for (std::size_t a = i > 0 ? i - 1 : 0; a < std::min(i + 2, alpha_grid.size()); ++a)
        for (std::size_t b = j > 0 ? j - 1 : 0; b < std::min(j + 2, beta_grid.size()); ++b)
          lowest = lowest && grid_[i][j] <= grid_[a][b];
      if (lowest && std::isfinite(grid_[i][j]))
        minima[count++] = {grid_[i][j], {alpha_grid[i], beta_grid[j]}};
    }
  std::stable_sort(minima.begin(), minima.begin() + static_cast<std::ptrdiff_t>(count),
                   [](const Cell& a, const Cell& b) { return a.objective < b.objective; });
  // Cells above the best so far are followed only while there is none: a cell's minimum lies below
  // the cell, but a warm start that beats every cell has found the valley already.
  const double known = best.objective;
  for (std::size_t n = 0; n < std::min<std::size_t>(count, polished_starts); ++n) {
    if (minima[n].objective >= known) break;
    const State found = polish(minima[n].theta, Face::both);
    if (found.objective < best.objective) best = found;
  }
  return best;
}

/// Unless the best so far lies well inside, P = 0 and Q = 0 are searched by themselves.
BimixFitter::State BimixFitter::best_of_borders(State best) {
  const bool inside = best.P > 0.0 && best.Q > 0.0 && best.theta[1] < largest_exponent;
  if (best.converged && inside) return best;
  const Pair theta{best.theta[0], std::min(best.theta[1], 0.1)};
  for (const Face face : {Face::only_p, Face::only_q}) {
    const State found = polish(theta, face);
    if (found.objective <= best.objective) best = found;
  }
  return best;
}

/// Where losses hardly fall, a beta shows only at the right alpha: looks along the grid's betas
/// there.
BimixFitter::State BimixFitter::best_of_betas(State best) {
  sum_rows<Sums::of_levels>(best.theta[0]);
  std::size_t lowest = 0;
  std::array<double, beta_grid.size()> objective{};
  for (std::size_t j = 0; j < beta_grid.size(); ++j) {
    objective[j] = grid_objective(j);
    if (objective[j] < objective[lowest]) lowest = j;
  }
  if (!(objective[lowest] < best.objective)) return best;
  const State found = polish({best.theta[0], beta_grid[lowest]}, Face::both);
  return found.objective < best.objective ? found : best;
}

Estimate BimixFitter::fit(std::span<const double> start) {
  State best;
  if (!start.empty()) best = polish({start[alpha_index], start[beta_index]}, Face::both);
  search_grid();
  best = best_of_betas(best_of_borders(best_of_grid(best)));

  if (best.theta[1] == 0.0) {  // P s^0 is part of the floor
    best.Q += best.P;
    best.P = 0.0;
  }
  const double alpha = best.theta[0];
  const double beta = best.P > 0.0 ? best.theta[1] : 0.0;  // without P there is no beta
  Estimate estimate;
  estimate.parameter.resize(parameter_count);
  estimate.parameter[p_index] =
      best.P * std::exp(alpha * mean_log_share_ + beta * mean_log_volume_);
  estimate.parameter[q_index] = best.Q * std::exp(alpha * mean_log_share_);
  estimate.parameter[alpha_index] = alpha;
  estimate.parameter[beta_index] = beta;
  estimate.objective = best.objective;
  estimate.stop_reason = best.stop_reason;
  return estimate;
}

double BimixFitter::least_at(double alpha, double beta) {
  hold_alpha_ = true;
  return best_of_betas(best_of_borders(polish({alpha, beta}, Face::both))).objective;
}

}  // namespace bimix::law
