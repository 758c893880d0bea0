#include "support/synthetic.hpp"

#include <gtest/gtest.h>
#include <mix/gaussian_process.hpp>

#include <cmath>
#include <numeric>

namespace bimix::mix {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Values at random mixtures of three domains, and points where they are asked for.
struct Case {
  Case(int seen_count, int point_count, double noise)
      : seen(mixtures(seen_count, 1)), points(mixtures(point_count, 2)), value(seen_count) {
    core::RandomStream stream(3, core::Purpose::test);
    for (int m = 0; m < seen_count; ++m)
      value(m) = smooth(seen[static_cast<std::size_t>(m)]) + noise * stream.normal();
    which.resize(static_cast<std::size_t>(seen_count));
    std::iota(which.begin(), which.end(), Index{0});
  }
  static std::vector<data::Mixture> mixtures(int count, std::uint64_t seed) {
    core::RandomStream stream(seed, core::Purpose::test);
    std::vector<data::Mixture> all;
    for (int m = 0; m < count; ++m) all.push_back(synthetic::random_mixture(stream, 3, 0.02));
    return all;
  }
  static double smooth(const data::Mixture& share) {
    return 3.0 + std::sin(3.0 * share[0]) + share[1] * share[1];
  }

  std::vector<data::Mixture> seen, points;
  VectorXd value;
  std::vector<Index> which{};
};

TEST(GaussianProcess, GivesBackASmoothFunctionBetweenWhatWasSeen) {
  const Case made(40, 30, 0.0);
  const Correlations correlations(made.seen, made.points);
  const GaussianProcess process(correlations, made.which, made.value, made.value, Level::unknown);
  const VectorXd mean = process.mean();
  for (Index p = 0; p < mean.size(); ++p)
    EXPECT_NEAR(mean(p), Case::smooth(made.points[static_cast<std::size_t>(p)]), 0.03);
  EXPECT_LT(std::sqrt(process.noise_variance()), 0.03);
}

TEST(GaussianProcess, TellsNoiseFromWhatIsToBeLearnt) {
  const Case made(60, 20, 0.2);
  const Correlations correlations(made.seen, made.points);
  const GaussianProcess process(correlations, made.which, made.value, made.value, Level::unknown);
  EXPECT_NEAR(std::sqrt(process.noise_variance()), 0.2, 0.06);
  const VectorXd mean = process.mean();
  double square = 0.0;
  for (Index p = 0; p < mean.size(); ++p)
    square += std::pow(mean(p) - Case::smooth(made.points[static_cast<std::size_t>(p)]), 2.0);
  EXPECT_LT(std::sqrt(square / 20.0), 0.15) << "less than the noise";
}

// Of its own draws: their mean is the expected value, and they hold the truth as often as they say.
TEST(GaussianProcess, DrawsFunctionsAroundWhatItExpects) {
  const Case made(25, 40, 0.05);
  const Correlations correlations(made.seen, made.points);
  const GaussianProcess process(correlations, made.which, made.value, made.value, Level::unknown);
  core::RandomStream stream(5, core::Purpose::test);
  constexpr int draws = 2000;
  Eigen::MatrixXd all(draws, 40);
  for (int n = 0; n < draws; ++n) all.row(n) = process.draw(stream).transpose();
  const VectorXd mean = process.mean();
  int inside = 0;
  for (Index p = 0; p < 40; ++p) {
    const double expected = all.col(p).mean();
    const double deviation =
        std::sqrt((all.col(p).array() - expected).square().sum() / (draws - 1.0));
    EXPECT_NEAR(expected, mean(p), 6.0 * deviation / std::sqrt(draws));
    inside += std::abs(Case::smooth(made.points[static_cast<std::size_t>(p)]) - expected) <
              1.645 * deviation;
  }
  EXPECT_GE(inside, 30) << "of 40, at 90 %";
}

// The density of a value by the others, against processes that never saw it.
TEST(GaussianProcess, JudgesEachValueByTheOthers) {
  const Case made(15, 5, 0.05);
  const Correlations correlations(made.seen, made.points);
  const GaussianProcess process(correlations, made.which, made.value, made.value, Level::unknown);
  VectorXd shuffled = made.value;
  std::swap(shuffled(2), shuffled(9));
  const GaussianProcess wrong(correlations, made.which, shuffled, shuffled, Level::unknown);
  EXPECT_GT(process.held_out_density().sum(), wrong.held_out_density().sum());
  // Densities integrate to 1: of a law that leaves half as much they are twice as high.
  const GaussianProcess half(correlations, made.which, 0.5 * made.value, 0.5 * made.value,
                             Level::unknown);
  EXPECT_NEAR(half.held_out_density().mean() - process.held_out_density().mean(), std::log(2.0),
              1e-9);
}

}  // namespace
}  // namespace bimix::mix
