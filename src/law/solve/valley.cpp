#include "valley.hpp"

#include "kernels.hpp"

#include <bimix/core/error.hpp>

#include <Eigen/Cholesky>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace bimix::law {
namespace {

Eigen::Map<const Eigen::VectorXd> values_of(const std::vector<double>& parameter) {
  return {parameter.data(), static_cast<Eigen::Index>(parameter.size())};
}

/// Sums of the rows of each group. @param columns (M, n) @return (G, n)
Eigen::MatrixXd sums_by_group(const std::vector<Eigen::Index>& group, Eigen::Index groups,
                              const Eigen::MatrixXd& columns) {
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(groups, columns.cols());
  for (Eigen::Index c = 0; c < columns.cols(); ++c)
    for (Eigen::Index m = 0; m < columns.rows(); ++m)
      sums(group[static_cast<std::size_t>(m)], c) += columns(m, c);
  return sums;
}

}  // namespace

ValleySearch::ValleySearch(RowModel& model, const ValleyProblem& problem)
    : model_(model), problem_(problem) {
  const RunEffect& effect = problem.effect;
  std::vector<double> weight;
  for (std::size_t m = 0; m < effect.run.size(); ++m) {
    if (effect.run[m] >= weight.size()) weight.resize(effect.run[m] + 1, 0.0);
    const double u = effect.root_weight(static_cast<Eigen::Index>(m));
    weight[effect.run[m]] += u * u;
  }
  for (const double n : weight)
    common_part_.push_back((1.0 - 1.0 / std::sqrt(1.0 + effect.variance * n)) / n);
  const RowGroups* groups = model.groups();
  const std::size_t first = groups != nullptr ? groups->first : problem.bounds.size();
  const std::size_t count = groups != nullptr ? groups->count : 0;
  for (std::size_t p = 0; p < problem.bounds.size(); ++p) {
    const auto i = static_cast<Eigen::Index>(p);
    if (p >= first && p < first + count) {
      shared_.push_back(i);
    } else if (!problem.pinned[p]) {
      own_.push_back(i);
      own_column_.push_back(static_cast<Eigen::Index>(p < first ? p : p - count));
    }
  }
}

/// Takes what the rows of a run have in common out of them, but for what independent rows would
/// have: the result has the unit covariance that the errors are believed to have.
/// @param columns scaled
void ValleySearch::whiten(Eigen::Ref<Eigen::MatrixXd> columns) const {
  const RunEffect& effect = problem_.effect;
  std::vector<double> sum(common_part_.size());
  for (Eigen::Index c = 0; c < columns.cols(); ++c) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (Eigen::Index m = 0; m < columns.rows(); ++m)
      sum[effect.run[static_cast<std::size_t>(m)]] += effect.root_weight(m) * columns(m, c);
    for (std::size_t run = 0; run < sum.size(); ++run) sum[run] *= common_part_[run];
    for (Eigen::Index m = 0; m < columns.rows(); ++m)
      columns(m, c) -= effect.root_weight(m) * sum[effect.run[static_cast<std::size_t>(m)]];
  }
}

ValleySearch::Point ValleySearch::at(std::vector<double> parameter, const ValleyEffort& effort) {
  Point point{.parameter = std::move(parameter)};
  model_.predict(point.parameter, point.predicted);
  point.residual = problem_.scale.cwiseProduct(problem_.target - point.predicted);
  whiten(point.residual);
  point.objective = point.residual.squaredNorm();
  if (problem_.prior.rows.rows() > 0) {
    point.prior = effort.prior_strength *
                  (problem_.prior.rows * values_of(point.parameter) - problem_.prior.target);
    point.objective += point.prior.squaredNorm();
  }
  if (!std::isfinite(point.objective)) point.objective = std::numeric_limits<double>::infinity();
  return point;
}

double ValleySearch::objective_at(const std::vector<double>& parameter,
                                  const ValleyEffort& effort) {
  return at(parameter, effort).objective;
}

/// J' times rows that are scaled and whitened: P.
Eigen::VectorXd ValleySearch::by_rows(const Eigen::VectorXd& rows) const {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(problem_.bounds.size()));
  result(own_) = slopes_.own.transpose() * rows;
  if (shared_.empty()) return result;
  const Eigen::VectorXd sums =
      sums_by_group(model_.groups()->of, slopes_.group.rows(), slopes_.factor.cwiseProduct(rows));
  result(shared_) = slopes_.group.transpose() * sums;
  return result;
}

/// J times a direction, scaled and whitened: M.
Eigen::VectorXd ValleySearch::along(const Eigen::VectorXd& direction) const {
  Eigen::VectorXd rows = slopes_.own * direction(own_);
  if (shared_.empty()) return rows;
  const Eigen::VectorXd by_group = slopes_.group * direction(shared_);
  return rows + slopes_.factor.cwiseProduct(by_group(model_.groups()->of));
}

/// The gradient, and what the matrix is made of.
void ValleySearch::differentiate(const Point& point, const ValleyEffort& effort) {
  model_.grouped_slopes(point.parameter, slopes_);
  slopes_.own = slopes_.own(Eigen::all, own_column_).eval();
  slopes_.own.array().colwise() *= problem_.scale.array();
  whiten(slopes_.own);
  if (!shared_.empty()) {
    // Rows of a run are of one group, so that whitening leaves a factor a factor.
    slopes_.factor.array() *= problem_.scale.array();
    whiten(slopes_.factor);
  }
  gradient_ = -by_rows(point.residual);
  if (problem_.prior.rows.rows() > 0)
    gradient_ += effort.prior_strength * (problem_.prior.rows.transpose() * point.prior);
}

/// The matrix of the point that was differentiated last.
void ValleySearch::form_matrix(const ValleyEffort& effort) {
  const auto count = static_cast<Eigen::Index>(problem_.bounds.size());
  of_rows_.setZero(count, count);
  of_rows_(own_, own_) = slopes_.own.transpose() * slopes_.own;
  if (!shared_.empty()) add_groups();
  matrix_ = of_rows_;
  if (problem_.prior.rows.rows() > 0)
    matrix_ += effort.prior_strength * effort.prior_strength * problem_.precision;
}

/// The part of J'J that groups have in common.
void ValleySearch::add_groups() {
  const std::vector<Eigen::Index>& group = model_.groups()->of;
  const Eigen::Index groups = slopes_.group.rows();
  const Eigen::MatrixXd own_sums =
      sums_by_group(group, groups, slopes_.factor.asDiagonal() * slopes_.own);
  const Eigen::MatrixXd across = own_sums.transpose() * slopes_.group;
  of_rows_(own_, shared_) = across;
  of_rows_(shared_, own_) = across.transpose();
  const Eigen::VectorXd length =
      sums_by_group(group, groups, slopes_.factor.cwiseAbs2()).cwiseSqrt();
  const Eigen::MatrixXd scaled = length.asDiagonal() * slopes_.group;
  of_rows_(shared_, shared_) = gram(scaled);
}

/// Parameters that rest at a bound and are pushed against it stay there, as do those that change
/// nothing.
std::vector<Eigen::Index> ValleySearch::free_at(const Point& point) const {
  std::vector<Eigen::Index> free;
  for (std::size_t p = 0; p < problem_.bounds.size(); ++p) {
    const auto i = static_cast<Eigen::Index>(p);
    const Bound& bound = problem_.bounds[p];
    const double value = point.parameter[p];
    if (!problem_.pinned[p] && !(value <= bound.low && gradient_(i) >= 0.0) &&
        !(value >= bound.high && gradient_(i) <= 0.0) && matrix_(i, i) > 0.0)
      free.push_back(i);
  }
  return free;
}

/// Second derivative of the rows along a direction, scaled and whitened: M. By a difference: its
/// error is of the third order in a step that is itself small.
Eigen::VectorXd ValleySearch::curvature_along(const Point& point,
                                              const Eigen::VectorXd& direction) {
  constexpr double part = 0.1;
  std::vector<double> further = point.parameter;
  for (std::size_t p = 0; p < further.size(); ++p)
    further[p] += part * direction(static_cast<Eigen::Index>(p));
  Eigen::VectorXd rows;
  model_.predict(further, rows);
  rows = problem_.scale.cwiseProduct(rows - point.predicted);
  whiten(rows);
  return 2.0 / part * (rows / part - along(direction));
}

/// The step by a matrix of this point, with its bend.
ValleySearch::Step ValleySearch::step(const Point& point, double damping,
                                      const ValleyEffort& effort) {
  constexpr double most_bent = 0.75;  // of the straight part's length
  Step step{.move = Eigen::VectorXd::Zero(gradient_.size())};
  free_ = free_at(point);
  if (free_.empty()) return step;
  Eigen::MatrixXd damped = matrix_(free_, free_);
  const Eigen::VectorXd unit = damped.diagonal();
  damped.diagonal() *= 1.0 + damping;
  solver_.compute(damped);
  step.fails = solver_.info() != Eigen::Success;
  if (step.fails) return step;
  const Eigen::VectorXd slope = gradient_(free_);
  Eigen::VectorXd move = -solver_.solve(slope);
  step.promised = -move.dot(slope);
  if (step.promised > effort.tolerance * point.objective) {
    step.move(free_) = move;
    const Eigen::VectorXd bend =
        -0.5 * solver_.solve(by_rows(curvature_along(point, step.move))(free_));
    const auto length = [&](const Eigen::VectorXd& of) {
      return std::sqrt(of.cwiseAbs2().dot(unit));
    };
    if (bend.allFinite()) {
      step.fails = 2.0 * length(bend) > most_bent * length(move);
      move += bend;
    }
  }
  step.move = within_bounds(point, move);
  return step;
}

/// @param move of what is free @return P
Eigen::VectorXd ValleySearch::within_bounds(const Point& point, const Eigen::VectorXd& move) const {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(gradient_.size());
  for (std::size_t n = 0; n < free_.size(); ++n) {
    const auto p = static_cast<std::size_t>(free_[n]);
    const double value = point.parameter[p];
    result(free_[n]) = std::clamp(value + move(static_cast<Eigen::Index>(n)),
                                  problem_.bounds[p].low, problem_.bounds[p].high) -
                       value;
  }
  return result;
}

/// The point after a step; bounds are met exactly.
ValleySearch::Point ValleySearch::moved(const Point& point, const Eigen::VectorXd& move,
                                        const ValleyEffort& effort) {
  std::vector<double> further = point.parameter;
  for (const Eigen::Index i : free_) {
    const auto p = static_cast<std::size_t>(i);
    further[p] = std::clamp(further[p] + move(i), problem_.bounds[p].low, problem_.bounds[p].high);
  }
  return at(std::move(further), effort);
}

/// True if the step changes nothing but last digits.
bool ValleySearch::is_rounding(const Point& point, const Eigen::VectorXd& move) const {
  constexpr double tolerance = 1e-13;
  for (std::size_t p = 0; p < point.parameter.size(); ++p)
    if (std::abs(move(static_cast<Eigen::Index>(p))) >
        tolerance * (tolerance + std::abs(point.parameter[p])))
      return false;
  return true;
}

ValleyRest ValleySearch::from(const std::vector<double>& start, const ValleyEffort& effort) {
  constexpr int most_steps = 1000;
  constexpr double largest_damping = 1e12, least_damping = 1e-12;
  std::vector<double> parameter = start;
  for (std::size_t p = 0; p < parameter.size(); ++p)
    if (!problem_.pinned[p])
      parameter[p] = std::clamp(parameter[p], problem_.bounds[p].low, problem_.bounds[p].high);
  Point point = at(std::move(parameter), effort);
  core::require(std::isfinite(point.objective), "a law is finite at its starting point");
  differentiate(point, effort);
  double damping = effort.damping;
  const char* why = "iteration limit";
  bool is_current = false;
  for (int n = 0; n < most_steps; ++n) {
    if (!is_current) form_matrix(effort);
    is_current = true;
    const Step step = this->step(point, damping, effort);
    if (!step.fails && (!step.move.allFinite() || is_rounding(point, step.move))) {
      why = "converged: the step is at rounding";
      break;
    }
    const bool settled = !step.fails && step.promised <= effort.tolerance * point.objective;
    Point next{.objective = std::numeric_limits<double>::infinity()};
    if (!step.fails) next = moved(point, step.move, effort);
    if (next.objective < point.objective) {
      const double kept = (point.objective - next.objective) / step.promised;
      damping = std::max(damping * std::clamp(1.0 - std::pow(2.0 * kept - 1.0, 3.0), 0.1, 2.0),
                         least_damping);
      point = std::move(next);
      differentiate(point, effort);
      is_current = false;
    } else {
      damping *= 8.0;
    }
    if (settled || damping > largest_damping) {
      why = "converged: the objective falls no more";
      break;
    }
  }
  if (!is_current) form_matrix(effort);
  return rest_at(point, damping, why);
}

/// @param point the one that was differentiated last
ValleyRest ValleySearch::rest_at(const Point& point, double damping, const char* why) {
  std::vector<Eigen::Index> moving;
  for (std::size_t p = 0; p < problem_.pinned.size(); ++p)
    if (!problem_.pinned[p]) moving.push_back(static_cast<Eigen::Index>(p));
  const Eigen::MatrixXd rows = of_rows_(moving, moving), all = matrix_(moving, moving);
  ValleyRest rest{.estimate = {point.parameter, point.objective, why},
                  .sum_of_squares = point.residual.squaredNorm(),
                  .damping = damping};
  const Eigen::LLT<Eigen::MatrixXd> solver(all);
  // Directions that nothing determines count for nothing.
  rest.effective_parameters = solver.info() == Eigen::Success
                                  ? solver.solve(rows).trace()
                                  : all.completeOrthogonalDecomposition().solve(rows).trace();
  return rest;
}

}  // namespace bimix::law
