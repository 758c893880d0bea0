#include "law/solve/valley.hpp"

#include "law/solve/kernels.hpp"

#include <bimix/core/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The residuals of Rosenbrock's function: (10 (y - x^2), x), whose valley is bent.
class Rosenbrock final : public RowModel {
 public:
  void evaluate(std::span<const double> at, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override {
    ++asked;
    predicted = Eigen::Vector2d(10.0 * (at[1] - at[0] * at[0]), at[0]);
    slope.resize(2, 2);
    slope << -20.0 * at[0], 10.0, 1.0, 0.0;
  }
  int asked = 0;
};

/// 1 + a_0 (b_1 x_g1 + b_2 x_g2) at each row, x by group.
class Grouped : public RowModel {
 public:
  explicit Grouped(const Eigen::MatrixXd& shapes) : shapes_(shapes) {
    for (Eigen::Index m = 0; m < 3 * shapes.rows(); ++m) groups_.of.push_back(m / 3);
    groups_.first = 1;
    groups_.count = 2;
  }
  void evaluate(std::span<const double> at, Eigen::VectorXd& predicted,
                Eigen::MatrixXd& slope) override {
    predicted.resize(3 * shapes_.rows());
    slope.resize(predicted.size(), 3);
    for (Eigen::Index m = 0; m < predicted.size(); ++m) {
      const double scale = at[0] * static_cast<double>(1 + m % 3);
      const Eigen::Vector2d x = shapes_.row(m / 3).transpose();
      const double sum = at[1] * x(0) + at[2] * x(1);
      predicted(m) = 1.0 + scale * sum;
      slope.row(m) << scale / at[0] * sum, scale * x(0), scale * x(1);
    }
  }

 protected:
  Eigen::MatrixXd shapes_;
  RowGroups groups_{};
};

/// The same, and says so.
class SaidGrouped final : public Grouped {
 public:
  using Grouped::Grouped;
  const RowGroups* groups() const override { return &groups_; }
  void grouped_slopes(std::span<const double> at, GroupedSlopes& slopes) override {
    Eigen::VectorXd predicted;
    Eigen::MatrixXd slope;
    evaluate(at, predicted, slope);
    slopes.own = slope.leftCols(1);
    slopes.group = shapes_;
    slopes.factor.resize(predicted.size());
    for (Eigen::Index m = 0; m < predicted.size(); ++m)
      slopes.factor(m) = at[0] * static_cast<double>(1 + m % 3);
  }
};

ValleyProblem plain_problem(const Eigen::VectorXd& target, std::size_t parameters) {
  ValleyProblem problem{.target = target, .scale = Eigen::VectorXd::Ones(target.size())};
  problem.bounds.assign(parameters, {-infinity, infinity});
  problem.pinned.assign(parameters, false);
  problem.effect.root_weight = Eigen::VectorXd::Ones(target.size());
  for (Eigen::Index m = 0; m < target.size(); ++m)
    problem.effect.run.push_back(static_cast<std::size_t>(m));
  return problem;
}

TEST(ValleySearch, DoesNotZigzagAlongABentValley) {
  Rosenbrock model;
  const ValleyProblem problem = plain_problem(Eigen::Vector2d(0.0, 1.0), 2);
  const ValleyRest rest = ValleySearch(model, problem).from({-1.2, 1.0}, {});
  EXPECT_NEAR(rest.estimate.parameter[0], 1.0, 1e-9);
  EXPECT_NEAR(rest.estimate.parameter[1], 1.0, 1e-9);
  EXPECT_LT(model.asked, 80);
}

TEST(ValleySearch, EndsExactlyAtABound) {
  Rosenbrock model;
  ValleyProblem problem = plain_problem(Eigen::Vector2d(0.0, 1.0), 2);
  problem.bounds[0] = {-infinity, 0.5};
  const ValleyRest rest = ValleySearch(model, problem).from({-1.2, 1.0}, {});
  EXPECT_EQ(rest.estimate.parameter[0], 0.5);
  EXPECT_NEAR(rest.estimate.parameter[1], 0.25, 1e-9);
}

TEST(ValleySearch, FindsTheSameWhetherRowsAreGroupedOrNot) {
  core::RandomStream stream(5, core::Purpose::test);
  const Eigen::MatrixXd shapes =
      Eigen::MatrixXd::NullaryExpr(7, 2, [&] { return 1.0 + stream.normal(); });
  Grouped plain(shapes);
  SaidGrouped grouped(shapes);
  ValleyProblem problem =
      plain_problem(Eigen::VectorXd::NullaryExpr(21, [&] { return stream.normal(); }), 3);
  for (std::size_t m = 0; m < 21; ++m) problem.effect.run[m] = m / 3;
  problem.effect.variance = 4.0;
  problem.prior.rows = Eigen::MatrixXd::Identity(3, 3);
  problem.prior.target = Eigen::Vector3d(1.0, 0.3, -0.2);
  problem.precision = Eigen::MatrixXd::Identity(3, 3);
  const ValleyRest a = ValleySearch(plain, problem).from({1.0, 0.0, 0.0}, {});
  const ValleyRest b = ValleySearch(grouped, problem).from({1.0, 0.0, 0.0}, {});
  for (std::size_t p = 0; p < 3; ++p)
    EXPECT_NEAR(a.estimate.parameter[p], b.estimate.parameter[p], 1e-7);
  EXPECT_NEAR(a.effective_parameters, b.effective_parameters, 1e-6);
  EXPECT_NEAR(a.sum_of_squares, b.sum_of_squares, 1e-7);
}

TEST(Exponentials, AreThoseOfTheLibraryInAnyNumber) {
  for (const Eigen::Index count : {1, 3, 4, 7, 1000}) {
    const Eigen::ArrayXd x = Eigen::ArrayXd::LinSpaced(count, -700.0, 700.0);
    Eigen::ArrayXd found = x;
    exponentials(found);
    for (Eigen::Index i = 0; i < count; ++i)
      EXPECT_NEAR(found(i) / std::exp(x(i)), 1.0, 1e-15) << x(i);
  }
}

TEST(Exponentials, OfWhatIsNoNumberAreNone) {
  Eigen::ArrayXd values(2);
  values << std::nan(""), 1.0;
  exponentials(values);
  EXPECT_TRUE(std::isnan(values(0)));
  EXPECT_NEAR(values(1), std::exp(1.0), 1e-15);
}

TEST(Gram, IsTheProductWhateverItsSize) {
  core::RandomStream stream(6, core::Purpose::test);
  for (const Eigen::Index rows : {1, 5, 256, 259, 600})
    for (const Eigen::Index count : {1, 2, 3, 8}) {
      const Eigen::MatrixXd columns =
          Eigen::MatrixXd::NullaryExpr(rows, count, [&] { return stream.normal(); });
      const Eigen::MatrixXd wanted = columns.transpose() * columns;
      EXPECT_LT((gram(columns) - wanted).cwiseAbs().maxCoeff(), 1e-11) << rows << " " << count;
    }
}

}  // namespace
}  // namespace bimix::law
