#include "law/noise.hpp"

#include "support/synthetic.hpp"

#include <bimix/law/fit.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace bimix::law {
namespace {

/// Losses of three domains that err by `seed` together in a run and by `reading` each.
data::Observations noisy(int mixtures, int repeats, double seed, double reading) {
  data::Observations seen = synthetic::observations(synthetic::three_domains(),
                                                    {.mixtures = mixtures, .repeats = repeats});
  core::RandomStream stream(7, core::Purpose::test);
  std::vector<double> run(3);
  for (std::size_t row = 0; row < seen.tokens.size(); ++row) {
    if (row == 0 || seen.tokens[row] < seen.tokens[row - 1])
      for (double& error : run) error = seed * stream.normal();
    for (std::size_t e = 0; e < 3; ++e)
      seen.loss_nats(row, e) *= std::exp(run[e] + reading * stream.normal());
  }
  return seen;
}

// An estimate of a standard deviation from n squares errs by 1 / sqrt(2 n): here below 4 % within
// runs (100 runs less 50 means, 6 readings each) and 10 % between. Three such errors are allowed.
TEST(Noise, OfReadingsAndOfSeedsComesFromRepeats) {
  const data::LawFit fit = fit_law(noisy(50, 2, 0.004, 0.002), {});
  for (const data::DomainFit& domain : fit.domain) {
    EXPECT_NEAR(domain.noise_reading.value() / 0.002, 1.0, 3 * 0.041);
    EXPECT_NEAR(domain.noise_seed.value() / 0.004, 1.0, 3 * 0.104);
    EXPECT_EQ(domain.noise_source, "2 repeats of 50 mixtures");
  }
}

// 50 runs have 250 triples; neighbouring ones overlap, which at worst triples the variance.
TEST(Noise, OfReadingsComesFromRoughnessWhereNothingIsRepeated) {
  const data::LawFit fit = fit_law(noisy(50, 1, 0.004, 0.002), {});
  for (const data::DomainFit& domain : fit.domain) {
    EXPECT_NEAR(domain.noise_reading.value() / 0.002, 1.0, 3 * 0.078);
    EXPECT_FALSE(domain.noise_seed);
    EXPECT_EQ(domain.noise_source, "roughness of 50 curves");
  }
}

TEST(Noise, IsNoneWhereLossesFollowTheLaw) {
  const data::LawFit fit = fit_law(noisy(12, 1, 0.0, 0.0), {});
  for (const data::DomainFit& domain : fit.domain) EXPECT_LT(domain.noise_reading, 1e-9);
}

/// By hand: one mixture, two repeats, two volumes.
DomainData two_by_two(const std::vector<double>& log_loss) {
  DomainData data{.mixtures = {{1.0}}, .volumes = {1e6, 2e6}, .sizes = {0.0}};
  data.mixture = {0, 0, 0, 0};
  data.volume = {0, 0, 1, 1};
  data.repeat = {0, 1, 0, 1};
  data.size = {0, 0, 0, 0};
  for (const double value : log_loss) data.loss_nats.push_back(std::exp(value));
  return data;
}

TEST(Noise, ByHand) {
  // Differences of the repeats: 0.3 and 0.1. Their mean 0.2 is between runs: 0.2^2 / 2 * 2 readings
  // = 0.04; they scatter by 0.1 about it: within 4 * 0.05^2 = 0.01. Seeds: (0.04 - 0.01) / 2.
  const NoiseLevel level = noise_level(two_by_two({1.3, 1.0, 0.6, 0.5}), {1, 1, 1, 1});
  EXPECT_NEAR(level.reading.value(), 0.1, 1e-12);
  EXPECT_NEAR(level.seed.value(), std::sqrt(0.015), 1e-12);
  EXPECT_EQ(level.source, "2 repeats of 1 mixture");
}

TEST(Noise, BetweenRunsIsNotBelowZero) {
  const NoiseLevel level = noise_level(two_by_two({1.1, 1.0, 0.5, 0.6}), {1, 1, 1, 1});
  EXPECT_EQ(level.seed, 0.0);
  EXPECT_NEAR(level.reading.value(), 0.1, 1e-12);
}

TEST(Noise, OfOneVolumeWithoutRepeatsCannotBeTold) {
  DomainData data{.mixtures = {{1.0}, {1.0}}, .volumes = {1e6}, .sizes = {0.0}};
  data.mixture = {0, 1};
  data.volume = {0, 0};
  data.repeat = {0, 0};
  data.size = {0, 0};
  data.loss_nats = {2.0, 3.0};
  const NoiseLevel level = noise_level(data, {2.0, 3.0});
  EXPECT_FALSE(level.reading || level.seed);
  EXPECT_EQ(level.source, "");
}

// Volumes at uneven distances: a line in log volume has no roughness.
TEST(Noise, ALineIsSmooth) {
  DomainData data{.mixtures = {{1.0}}, .volumes = {1e6, 1.3e6, 5e6, 9e6}, .sizes = {0.0}};
  data.mixture = {0, 0, 0, 0};
  data.volume = {0, 1, 2, 3};
  data.repeat = {0, 0, 0, 0};
  data.size = {0, 0, 0, 0};
  for (const double tokens : data.volumes) data.loss_nats.push_back(std::pow(tokens, -0.3));
  EXPECT_LT(noise_level(data, {1, 1, 1, 1}).reading, 1e-14);
}

}  // namespace
}  // namespace bimix::law
