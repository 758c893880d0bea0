#pragma once

#include <bimix/law/law.hpp>

#include <Eigen/Core>

#include <span>
#include <vector>

namespace bimix::law {

/// Rows in groups: by `count` parameters from `first` on, the slope of a row is a factor of its own
/// times one of its group, as that of a run's volumes is by what only the mixture enters.
struct RowGroups {
  std::size_t first = 0, count = 0;
  std::vector<Eigen::Index> of{};  ///< M: the group of each row
};

/// Slopes of all rows by parameter.
struct GroupedSlopes {
  Eigen::MatrixXd own{};     ///< (M, P - count): by the parameters that are no group's, in order
  Eigen::VectorXd factor{};  ///< M; unset without groups, as the next
  Eigen::MatrixXd group{};   ///< (G, count)
};

/// Predictions for all observations of one domain, with their derivatives.
class RowModel {
 public:
  virtual ~RowModel() = default;
  /// @param predicted M, written
  /// @param slope (M, P) d predicted / d parameter, written
  virtual void evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                        Eigen::MatrixXd& slope) = 0;
  /// The predictions alone.
  virtual void predict(std::span<const double> parameter, Eigen::VectorXd& predicted);
  /// Null: the rows have nothing in common.
  virtual const RowGroups* groups() const { return nullptr; }
  /// The slopes alone; all are `own` without groups.
  virtual void grouped_slopes(std::span<const double> parameter, GroupedSlopes& slopes);
};

/// Log of what another model predicts: no parameter is linear in it.
class LogRows final : public RowModel {
 public:
  explicit LogRows(RowModel& rows) : rows_(rows) {}
  void evaluate(std::span<const double> parameter, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override;
  void predict(std::span<const double> parameter, Eigen::VectorXd& predicted) override;
  const RowGroups* groups() const override { return rows_.groups(); }
  void grouped_slopes(std::span<const double> parameter, GroupedSlopes& slopes) override;

 private:
  RowModel& rows_;
};

/// A quadratic prior on the nonlinear parameters: |rows * parameter - target|^2 is added to the
/// sum of squares. No rows: none.
struct Prior {
  Eigen::MatrixXd rows{};    ///< (n, P); zero in the columns of linear parameters
  Eigen::VectorXd target{};  ///< n
};

/// A bounded, weighted least-squares problem in which some parameters enter linearly.
struct LeastSquares {
  Eigen::VectorXd target{};           ///< M
  Eigen::VectorXd scale{};            ///< M: what each residual is multiplied by
  std::vector<Bound> bounds{};        ///< P; linear parameters: [0, infinity)
  std::vector<bool> pinned{};         ///< P: these stay where the starts have them
  std::vector<std::size_t> linear{};  ///< at most a handful
  Prior prior{};
  /// A search rests where the next step promises to lower the objective by less than this part.
  double tolerance = 1e-13;
};

/// Minimises sum (scale * (target - predicted))^2 + prior by variable projection: for given
/// nonlinear parameters the linear ones are a non-negative least-squares problem that is solved
/// exactly; the others are sought by a damped Gauss-Newton method on the reduced problem with
/// Kaufman's Jacobian, clipped to the bounds. All starts take a few steps, the best two go on until
/// they rest.
/// @param starts each P values; linear entries are ignored, others are clipped to the bounds
/// @return the best of all; a parameter at its bound equals it exactly; deterministic
/// @throws InternalError if every start predicts something infinite or NaN
/// @see Golub and Pereyra 1973, doi:10.1137/0710036; Kaufman 1975, doi:10.1007/BF01932995
Estimate solve(RowModel& model, const LeastSquares& problem,
               const std::vector<std::vector<double>>& starts);

/// min |columns x - target|^2 over x >= 0, for a handful of columns: exact, by trying the sets of
/// positive entries. Columns that the others span to rounding get 0.
Eigen::VectorXd non_negative_least_squares(const Eigen::MatrixXd& columns,
                                           const Eigen::VectorXd& target);

}  // namespace bimix::law
