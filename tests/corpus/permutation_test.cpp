#include <bimix/core/error.hpp>
#include <bimix/corpus/permutation.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace bimix::corpus {
namespace {

Permutation permutation(std::uint64_t count, std::uint64_t seed = 1) {
  return {core::RandomStream(seed, core::Purpose::test), count};
}

TEST(Permutation, VisitsEveryElementOnce) {
  for (const std::uint64_t count : {1, 2, 3, 4, 5, 16, 17, 100, 1009, 4096}) {
    std::set<std::uint64_t> seen;
    const Permutation order = permutation(count);
    for (std::uint64_t i = 0; i < count; ++i) seen.insert(order(i));
    EXPECT_EQ(seen.size(), count);
    EXPECT_EQ(*seen.rbegin(), count - 1);
  }
}

TEST(Permutation, StaysWithinABillion) {
  const Permutation order = permutation(1'000'000'007);
  std::set<std::uint64_t> seen;
  for (std::uint64_t i = 0; i < 1000; ++i) seen.insert(order(i * 1'000'000));
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_LT(*seen.rbegin(), 1'000'000'007u);
  EXPECT_THROW(order(1'000'000'007), core::InternalError);
}

// Over seeds each of n elements comes first 1/n of the time: counts are binomial, and five standard
// deviations leave one wrong alarm in two million for each.
TEST(Permutation, PutsEachElementFirstEquallyOften) {
  constexpr int n = 6, seeds = 6000;
  std::vector<int> count(n, 0);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) ++count[permutation(n, seed)(0)];
  const double mean = static_cast<double>(seeds) / n;
  for (const int c : count) EXPECT_NEAR(c, mean, 5 * std::sqrt(mean * (1 - 1.0 / n)));
}

// The correlation of i with its image has standard deviation 1/sqrt(n - 1) under random order.
TEST(Permutation, HasNoTrend) {
  constexpr std::uint64_t n = 5000;
  const Permutation order = permutation(n);
  const double mean = (n - 1) / 2.0, variance = (static_cast<double>(n) * n - 1) / 12;
  double covariance = 0;
  for (std::uint64_t i = 0; i < n; ++i)
    covariance += (static_cast<double>(i) - mean) * (static_cast<double>(order(i)) - mean) / n;
  EXPECT_LT(std::abs(covariance / variance), 5 / std::sqrt(n - 1.0));
}

}  // namespace
}  // namespace bimix::corpus
