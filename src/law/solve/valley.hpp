#pragma once

#include "solver.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <span>
#include <vector>

namespace bimix::law {

/// Rows that err together: those of one run share a deviation whose variance is `variance` times
/// that of a row of weight 1.
struct RunEffect {
  std::vector<std::size_t> run{};  ///< M: which run a row is of
  Eigen::VectorXd root_weight{};   ///< M: one over the standard deviation of a row's own error
  double variance = 0.0;
};

/// A bounded least-squares problem without linear parameters, with a prior that is a part of it.
struct ValleyProblem {
  Eigen::VectorXd target{};     ///< M
  Eigen::VectorXd scale{};      ///< M: what each residual is multiplied by
  std::vector<Bound> bounds{};  ///< P
  std::vector<bool> pinned{};   ///< P: these stay where the start has them
  RunEffect effect{};
  Prior prior{};                ///< of strength 1
  Eigen::MatrixXd precision{};  ///< (P, P): prior.rows' prior.rows
};

/// How hard a search tries.
struct ValleyEffort {
  double prior_strength = 1.0;  ///< what the prior's rows are multiplied by
  /// It rests where the next step promises to lower the objective by less than this part.
  double tolerance = 1e-13;
  double damping = 1e-2;  ///< of the first step, in parts of the matrix' diagonal
};

/// What a search found.
struct ValleyRest {
  Estimate estimate{};
  double sum_of_squares = 0.0;        ///< of the rows, without the prior's
  double effective_parameters = 0.0;  ///< trace of (J'J + prior)^-1 J'J over what is not pinned
  double damping = 0.0;               ///< that the search came to
};

/// Minimises sum (scale * (target - predicted))^2 + prior, of rows made independent by their run
/// effect, by a damped Gauss-Newton method that is clipped to the bounds. Coefficients that can
/// nearly stand in for each other make narrow, bent valleys, in which straight steps are short:
/// each step has a second part that follows the bend, from the model's curvature along the first
/// (geodesic acceleration).
///
/// The matrix of a step takes as many products as there are groups (RowModel::groups), not rows.
/// @param start P values, clipped to the bounds
/// @return a parameter at its bound equals it exactly; deterministic
/// @throws InternalError if the model is not finite at the start
/// @see Transtrum and Sethna 2012, arXiv 1201.5885
class ValleySearch {
 public:
  /// Both are referred to.
  ValleySearch(RowModel& model, const ValleyProblem& problem);

  ValleyRest from(const std::vector<double>& start, const ValleyEffort& effort);
  /// What is minimised; infinite where the model is.
  double objective_at(const std::vector<double>& parameter, const ValleyEffort& effort);

 private:
  /// A point with what a step from it needs.
  struct Point {
    std::vector<double> parameter{};
    Eigen::VectorXd predicted{};  // M
    Eigen::VectorXd residual{};   // M, scaled and whitened
    Eigen::VectorXd prior{};      // rows * parameter - target, with the strength
    double objective = 0.0;
  };
  struct Step {
    Eigen::VectorXd move{};  // P, within the bounds
    double promised = 0.0;   // how far the objective falls
    bool fails = false;      // it cannot be taken
  };

  Point at(std::vector<double> parameter, const ValleyEffort& effort);
  void differentiate(const Point& point, const ValleyEffort& effort);
  void form_matrix(const ValleyEffort& effort);
  void add_groups();
  Step step(const Point& point, double damping, const ValleyEffort& effort);
  Eigen::VectorXd within_bounds(const Point& point, const Eigen::VectorXd& move) const;
  Point moved(const Point& point, const Eigen::VectorXd& move, const ValleyEffort& effort);
  std::vector<Eigen::Index> free_at(const Point& point) const;
  Eigen::VectorXd curvature_along(const Point& point, const Eigen::VectorXd& direction);
  Eigen::VectorXd by_rows(const Eigen::VectorXd& rows) const;
  Eigen::VectorXd along(const Eigen::VectorXd& direction) const;
  bool is_rounding(const Point& point, const Eigen::VectorXd& move) const;
  ValleyRest rest_at(const Point& point, double damping, const char* why);
  void whiten(Eigen::Ref<Eigen::MatrixXd> columns) const;

  RowModel& model_;
  const ValleyProblem& problem_;
  std::vector<double> common_part_{};           // by run: see whiten
  std::vector<Eigen::Index> own_{}, shared_{};  // parameters by row, not pinned; and by group
  std::vector<Eigen::Index> own_column_{};      // of these in GroupedSlopes::own
  // Of the point that was differentiated last.
  GroupedSlopes slopes_{};      // scaled and whitened
  Eigen::VectorXd gradient_{};  // P: half of it
  Eigen::MatrixXd of_rows_{};   // (P, P): J'J of the rows
  Eigen::MatrixXd matrix_{};    // the same with the prior
  // Of the last step.
  std::vector<Eigen::Index> free_{};  // parameters that may move
  Eigen::LLT<Eigen::MatrixXd> solver_{};
};

}  // namespace bimix::law
