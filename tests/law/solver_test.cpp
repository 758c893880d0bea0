#include "law/solve/solver.hpp"

#include <bimix/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(NonNegativeLeastSquares, IsPlainLeastSquaresWhereThatIsPositive) {
  Eigen::MatrixXd columns(4, 2);
  columns << 1, 0, 1, 1, 1, 2, 1, 3;
  const Eigen::VectorXd target = columns * Eigen::Vector2d(2.0, 0.5);
  const Eigen::VectorXd found = non_negative_least_squares(columns, target);
  EXPECT_NEAR(found(0), 2.0, 1e-13);
  EXPECT_NEAR(found(1), 0.5, 1e-13);
}

TEST(NonNegativeLeastSquares, IsNeverBeatenByARandomPoint) {
  core::RandomStream stream(3, core::Purpose::test);
  for (int n = 0; n < 200; ++n) {
    const Eigen::MatrixXd columns =
        Eigen::MatrixXd::NullaryExpr(9, 4, [&] { return stream.normal(); });
    const Eigen::VectorXd target = Eigen::VectorXd::NullaryExpr(9, [&] { return stream.normal(); });
    const Eigen::VectorXd found = non_negative_least_squares(columns, target);
    EXPECT_GE(found.minCoeff(), 0.0);
    const double least = (target - columns * found).squaredNorm();
    // The optimum's conditions: no slope where positive, none downhill where 0.
    const Eigen::VectorXd slope = columns.transpose() * (columns * found - target);
    for (Eigen::Index i = 0; i < 4; ++i) {
      EXPECT_GE(slope(i), -1e-12);
      EXPECT_NEAR(slope(i) * found(i), 0.0, 1e-12);
    }
    for (int trial = 0; trial < 20; ++trial) {
      const Eigen::VectorXd other = (found + Eigen::VectorXd::NullaryExpr(4, [&] {
                                       return 0.3 * stream.normal();
                                     })).cwiseMax(0.0);
      EXPECT_LE(least, (target - columns * other).squaredNorm() + 1e-13);
    }
  }
}

TEST(NonNegativeLeastSquares, GivesATwinColumnNothing) {
  Eigen::MatrixXd columns(3, 2);
  columns << 1, 1, 2, 2, 3, 3;
  const Eigen::VectorXd found = non_negative_least_squares(columns, Eigen::Vector3d(2, 4, 6));
  EXPECT_NEAR(found.sum(), 2.0, 1e-13);
  EXPECT_EQ(found.minCoeff(), 0.0);
}

/// y = b1 (1 - exp(-b2 x)): Misra1a of NIST's StRD, with b1 linear.
class Misra1a final : public RowModel {
 public:
  void evaluate(std::span<const double> b, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override {
    predicted.resize(14);
    slope.resize(14, 2);
    for (Eigen::Index i = 0; i < 14; ++i) {
      const double fall = std::exp(-b[1] * x(i));
      predicted(i) = b[0] * (1.0 - fall);
      slope(i, 0) = 1.0 - fall;
      slope(i, 1) = b[0] * x(i) * fall;
    }
  }
  static double x(Eigen::Index i) {
    constexpr double values[14] = {77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                                   378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
    return values[i];
  }
  static LeastSquares problem() {
    LeastSquares problem;
    problem.target.resize(14);
    problem.target << 10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01,
        66.40, 75.47, 81.78;
    problem.scale = Eigen::VectorXd::Ones(14);
    problem.bounds = {{0.0, infinity}, {0.0, infinity}};
    problem.pinned = {false, false};
    problem.linear = {0};
    return problem;
  }
};

// Certified: b1 = 2.3894212918E+02, b2 = 5.5015643181E-04, residual sum 1.2455138894E-01
// (https://www.itl.nist.gov/div898/strd/nls/data/misra1a.shtml), from both of its starts. The
// search rests where a step promises 1e-13 of the sum, which is sqrt(12e-13) standard errors, and
// these are 1.1 % of both coefficients.
TEST(Solve, ReachesTheCertifiedFitOfMisra1a) {
  for (const double start : {1e-4, 5e-4}) {
    Misra1a model;
    const Estimate found = solve(model, Misra1a::problem(), {{500.0, start}});
    EXPECT_NEAR(found.parameter[0] / 2.3894212918e2, 1.0, 1.2e-8);
    EXPECT_NEAR(found.parameter[1] / 5.5015643181e-4, 1.0, 1.2e-8);
    EXPECT_NEAR(found.objective / 1.2455138894e-1, 1.0, 1e-9);
  }
}

TEST(Solve, StopsExactlyAtABound) {
  LeastSquares problem = Misra1a::problem();
  problem.bounds[1] = {6e-4, 1.0};
  Misra1a model;
  const Estimate found = solve(model, problem, {{500.0, 1e-2}});
  EXPECT_EQ(found.parameter[1], 6e-4);
}

TEST(Solve, KeepsWhatIsPinned) {
  LeastSquares problem = Misra1a::problem();
  problem.pinned[1] = true;
  Misra1a model;
  EXPECT_EQ(solve(model, problem, {{0.0, 7e-4}}).parameter[1], 7e-4);
}

TEST(Solve, FollowsAPriorThatOutweighsTheRows) {
  LeastSquares problem = Misra1a::problem();
  problem.prior.rows = Eigen::MatrixXd::Zero(1, 2);
  problem.prior.rows(0, 1) = 1e9;
  problem.prior.target = Eigen::VectorXd::Constant(1, 1e9 * 4e-4);
  Misra1a model;
  EXPECT_NEAR(solve(model, problem, {{500.0, 1e-4}}).parameter[1], 4e-4, 1e-9);
}

}  // namespace
}  // namespace bimix::law
