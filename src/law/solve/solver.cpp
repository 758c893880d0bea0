#include "solver.hpp"

#include "../limits.hpp"

#include <bimix/core/error.hpp>

#include <Eigen/Cholesky>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>

namespace bimix::law {
namespace {

constexpr int screening_steps = 8, polishing_steps = 300;
constexpr std::size_t polished_starts = 2;

/// A point of the search with all that a step from it needs.
struct State {
  std::vector<double> parameter{};
  double objective = infinity;
  Eigen::VectorXd gradient{};  // half of it, in the nonlinear parameters
  Eigen::MatrixXd hessian{};   // half of Kaufman's
  double damping = 1e-2;
  bool rests = false;
  const char* stop_reason = "iteration limit";
};

class Search {
 public:
  Search(RowModel& model, const LeastSquares& problem);

  State begin(const std::vector<double>& start);
  void advance(State& state, int steps);

 private:
  void evaluate(State& state);
  void differentiate(State& state);
  Eigen::VectorXd step(const State& state) const;
  bool is_rounding(const Eigen::VectorXd& step, const State& state) const;
  State moved(const State& state, const Eigen::VectorXd& step);

  RowModel& model_;
  const LeastSquares& problem_;
  std::vector<std::size_t> nonlinear_{};  // T parameters that the search moves
  Eigen::MatrixXd prior_{};               // columns of these
  // Workspace.
  Eigen::VectorXd predicted_{}, residual_{};
  Eigen::MatrixXd slope_{}, columns_{}, projected_{};
};

Search::Search(RowModel& model, const LeastSquares& problem) : model_(model), problem_(problem) {
  for (std::size_t p = 0; p < problem.bounds.size(); ++p)
    if (!problem.pinned[p] &&
        std::find(problem.linear.begin(), problem.linear.end(), p) == problem.linear.end())
      nonlinear_.push_back(p);
  if (problem.prior.rows.rows() > 0) prior_ = problem.prior.rows(Eigen::all, nonlinear_);
}

State Search::begin(const std::vector<double>& start) {
  State state;
  state.parameter = start;
  for (std::size_t p = 0; p < start.size(); ++p)
    if (!problem_.pinned[p])
      state.parameter[p] = std::clamp(start[p], problem_.bounds[p].low, problem_.bounds[p].high);
  // Slopes of linear parameters do not depend on them; 0 makes the prediction their offset.
  for (const std::size_t p : problem_.linear) state.parameter[p] = 0.0;
  evaluate(state);
  if (std::isfinite(state.objective)) differentiate(state);
  return state;
}

/// Solves for the linear parameters and sets the objective; infinite where the model is.
void Search::evaluate(State& state) {
  model_.evaluate(state.parameter, predicted_, slope_);
  for (const std::size_t p : problem_.linear)
    if (state.parameter[p] != 0.0)
      predicted_ -= state.parameter[p] * slope_.col(static_cast<Eigen::Index>(p));
  residual_ = problem_.scale.cwiseProduct(problem_.target - predicted_);
  columns_.resize(residual_.size(), static_cast<Eigen::Index>(problem_.linear.size()));
  for (std::size_t n = 0; n < problem_.linear.size(); ++n)
    columns_.col(static_cast<Eigen::Index>(n)) =
        problem_.scale.cwiseProduct(slope_.col(static_cast<Eigen::Index>(problem_.linear[n])));
  state.objective = infinity;
  if (!residual_.allFinite() || !columns_.allFinite()) return;
  const Eigen::VectorXd solution = non_negative_least_squares(columns_, residual_);
  residual_ -= columns_ * solution;
  for (std::size_t n = 0; n < problem_.linear.size(); ++n)
    state.parameter[problem_.linear[n]] = solution(static_cast<Eigen::Index>(n));
  double objective = residual_.squaredNorm();
  if (prior_.rows() > 0) {
    const Eigen::Map<const Eigen::VectorXd> all(state.parameter.data(),
                                                static_cast<Eigen::Index>(state.parameter.size()));
    objective += (problem_.prior.rows * all - problem_.prior.target).squaredNorm();
  }
  if (std::isfinite(objective)) state.objective = objective;
}

/// Gradient and Kaufman's Hessian at a state that was just evaluated.
void Search::differentiate(State& state) {
  // Slopes of what stands beside linear parameters change with them.
  if (!problem_.linear.empty()) model_.evaluate(state.parameter, predicted_, slope_);
  projected_.resize(residual_.size(), static_cast<Eigen::Index>(nonlinear_.size()));
  for (std::size_t t = 0; t < nonlinear_.size(); ++t)
    projected_.col(static_cast<Eigen::Index>(t)) =
        problem_.scale.cwiseProduct(slope_.col(static_cast<Eigen::Index>(nonlinear_[t])));
  std::vector<Eigen::Index> active;
  for (std::size_t n = 0; n < problem_.linear.size(); ++n)
    if (state.parameter[problem_.linear[n]] > 0.0) active.push_back(static_cast<Eigen::Index>(n));
  if (!active.empty()) {
    const auto count = static_cast<Eigen::Index>(active.size());
    Eigen::MatrixXd basis = columns_(Eigen::all, active);
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(basis);
    basis = qr.householderQ() * Eigen::MatrixXd::Identity(basis.rows(), count);
    projected_ -= basis * (basis.transpose() * projected_).eval();
  }
  state.gradient = -projected_.transpose() * residual_;
  state.hessian.setZero(projected_.cols(), projected_.cols());
  state.hessian.selfadjointView<Eigen::Lower>().rankUpdate(projected_.transpose());
  state.hessian.triangularView<Eigen::StrictlyUpper>() = state.hessian.transpose();
  if (prior_.rows() > 0) {
    const Eigen::Map<const Eigen::VectorXd> all(state.parameter.data(),
                                                static_cast<Eigen::Index>(state.parameter.size()));
    state.gradient +=
        prior_.transpose() * (problem_.prior.rows * all - problem_.prior.target).eval();
    state.hessian += prior_.transpose() * prior_;
  }
}

/// The damped step, clipped to the bounds. Parameters that rest at a bound and are pushed against
/// it stay there, as do those that change nothing.
Eigen::VectorXd Search::step(const State& state) const {
  std::vector<Eigen::Index> free;
  for (std::size_t t = 0; t < nonlinear_.size(); ++t) {
    const auto i = static_cast<Eigen::Index>(t);
    const Bound& bound = problem_.bounds[nonlinear_[t]];
    const double value = state.parameter[nonlinear_[t]];
    if (!(value <= bound.low && state.gradient(i) >= 0.0) &&
        !(value >= bound.high && state.gradient(i) <= 0.0) && state.hessian(i, i) > 0.0)
      free.push_back(i);
  }
  Eigen::VectorXd step = Eigen::VectorXd::Zero(state.gradient.size());
  if (free.empty()) return step;
  Eigen::MatrixXd damped = state.hessian(free, free);
  damped.diagonal() *= 1.0 + state.damping;
  step(free) = -damped.ldlt().solve(state.gradient(free));
  for (std::size_t t = 0; t < nonlinear_.size(); ++t) {
    const auto i = static_cast<Eigen::Index>(t);
    const Bound& bound = problem_.bounds[nonlinear_[t]];
    const double value = state.parameter[nonlinear_[t]];
    step(i) = std::clamp(value + step(i), bound.low, bound.high) - value;
  }
  return step;
}

/// True if the step changes nothing but last digits.
bool Search::is_rounding(const Eigen::VectorXd& step, const State& state) const {
  constexpr double tolerance = 1e-13;
  for (std::size_t t = 0; t < nonlinear_.size(); ++t)
    if (std::abs(step(static_cast<Eigen::Index>(t))) >
        tolerance * (tolerance + std::abs(state.parameter[nonlinear_[t]])))
      return false;
  return true;
}

State Search::moved(const State& state, const Eigen::VectorXd& step) {
  State next;
  next.parameter = state.parameter;
  for (std::size_t t = 0; t < nonlinear_.size(); ++t) {
    const Bound& bound = problem_.bounds[nonlinear_[t]];
    double& value = next.parameter[nonlinear_[t]];
    value = std::clamp(value + step(static_cast<Eigen::Index>(t)), bound.low, bound.high);
  }
  next.damping = state.damping;
  evaluate(next);
  return next;
}

void Search::advance(State& state, int steps) {
  constexpr double largest_damping = 1e12;
  for (int n = 0; n < steps && !state.rests; ++n) {
    const Eigen::VectorXd step = this->step(state);
    const double promised = -step.dot(state.gradient);
    if (!step.allFinite() || is_rounding(step, state)) {
      state.rests = true;
      state.stop_reason = "converged: the step is at rounding";
      return;
    }
    const bool settled = promised >= 0.0 && promised <= problem_.tolerance * state.objective;
    State next = moved(state, step);
    const bool better = next.objective < state.objective;
    const double damping = state.damping;
    if (better) {
      differentiate(next);
      next.damping = std::max(damping * 0.2, 1e-12);
      state = std::move(next);
    } else {
      state.damping = damping * 8.0;
    }
    state.rests = settled || state.damping > largest_damping;
    if (state.rests) state.stop_reason = "converged: the objective falls no more";
  }
}

}  // namespace

void RowModel::predict(std::span<const double> parameter, Eigen::VectorXd& predicted) {
  Eigen::MatrixXd slope;
  evaluate(parameter, predicted, slope);
}

void RowModel::grouped_slopes(std::span<const double> parameter, GroupedSlopes& slopes) {
  Eigen::VectorXd predicted;
  evaluate(parameter, predicted, slopes.own);
}

void LogRows::predict(std::span<const double> parameter, Eigen::VectorXd& predicted) {
  rows_.predict(parameter, predicted);
  predicted = predicted.array().log();
}

void LogRows::grouped_slopes(std::span<const double> parameter, GroupedSlopes& slopes) {
  Eigen::VectorXd predicted;
  rows_.predict(parameter, predicted);
  rows_.grouped_slopes(parameter, slopes);
  slopes.own.array().colwise() /= predicted.array();
  if (groups() != nullptr) slopes.factor.array() /= predicted.array();
}

void LogRows::evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                       Eigen::MatrixXd& slope) {
  rows_.evaluate(parameter, predicted, slope);
  slope.array().colwise() /= predicted.array();
  predicted = predicted.array().log();
}

Estimate solve(RowModel& model, const LeastSquares& problem,
               const std::vector<std::vector<double>>& starts) {
  Search search(model, problem);
  std::vector<State> states;
  for (const std::vector<double>& start : starts) {
    State state = search.begin(start);
    if (!std::isfinite(state.objective)) continue;
    search.advance(state, screening_steps);
    states.push_back(std::move(state));
  }
  core::require(!states.empty(), "a law is finite at one of its starting points");
  std::stable_sort(states.begin(), states.end(),
                   [](const State& a, const State& b) { return a.objective < b.objective; });
  states.resize(std::min(states.size(), polished_starts));
  for (State& state : states) search.advance(state, polishing_steps);
  const State& best =
      *std::min_element(states.begin(), states.end(),
                        [](const State& a, const State& b) { return a.objective < b.objective; });
  return {best.parameter, best.objective, best.stop_reason};
}

Eigen::VectorXd non_negative_least_squares(const Eigen::MatrixXd& columns,
                                           const Eigen::VectorXd& target) {
  const Eigen::Index count = columns.cols();
  Eigen::VectorXd best = Eigen::VectorXd::Zero(count);
  if (count == 0) return best;
  // All subsets see the same triangle: that of the scaled columns beside the target.
  Eigen::VectorXd length = columns.colwise().norm();
  for (double& value : length)
    if (!(value > 0.0)) value = 1.0;
  Eigen::MatrixXd beside(columns.rows(), count + 1);
  beside << columns * length.cwiseInverse().asDiagonal(), target;
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(beside);
  const Eigen::Index kept = std::min(columns.rows(), count + 1);
  const Eigen::MatrixXd triangle =
      qr.matrixQR().topRows(kept).template triangularView<Eigen::Upper>();

  double least = triangle.col(count).squaredNorm();
  for (int chosen = (1 << count) - 1; chosen > 0; --chosen) {
    std::vector<Eigen::Index> set;
    for (Eigen::Index n = 0; n < count; ++n)
      if (chosen & (1 << n)) set.push_back(n);
    const Eigen::MatrixXd used = triangle(Eigen::all, set);
    Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(used);
    solver.setThreshold(1e-10);
    if (solver.rank() < used.cols()) continue;
    const Eigen::VectorXd solution = solver.solve(triangle.col(count));
    if (solution.minCoeff() < 0.0) continue;
    const double objective = (triangle.col(count) - used * solution).squaredNorm();
    if (objective < least) {
      least = objective;
      best.setZero();
      for (std::size_t n = 0; n < set.size(); ++n)
        best(set[n]) = solution(static_cast<Eigen::Index>(n)) / length(set[n]);
    }
    if (set.size() == static_cast<std::size_t>(count)) break;  // none can be better
  }
  return best;
}

}  // namespace bimix::law
