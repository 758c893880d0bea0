#include <bimix/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace bimix::core {
namespace {

// Known-answer test of Philox4x64-10 with zero key and counter, from Random123's kat_vectors.
// Purpose is part of the key, so the raw vector is reached through seed and purpose 0.
TEST(RandomStream, IsPhilox4x64) {
  RandomStream stream(0, static_cast<Purpose>(0));
  EXPECT_EQ(stream(), 0x16554d9eca36314cULL);
  EXPECT_EQ(stream(), 0xdb20fe9d672d0fdcULL);
  EXPECT_EQ(stream(), 0xd7e772cee186176bULL);
  EXPECT_EQ(stream(), 0x7e68b68aec7ba23bULL);
}

TEST(RandomStream, SeeksToAnyPlace) {
  RandomStream whole(7, Purpose::test, 1, 2);
  std::vector<std::uint64_t> drawn;
  for (int i = 0; i < 11; ++i) drawn.push_back(whole());
  for (std::uint64_t n = 0; n < drawn.size(); ++n) {
    RandomStream jumped(7, Purpose::test, 1, 2);
    jumped.seek(n);
    EXPECT_EQ(jumped.position(), n);
    EXPECT_EQ(jumped(), drawn[n]);
  }
}

TEST(RandomStream, DiffersBySeedPurposeAndSubstream) {
  std::set<std::uint64_t> first;
  first.insert(RandomStream(1, Purpose::test, 0, 0)());
  first.insert(RandomStream(2, Purpose::test, 0, 0)());
  first.insert(RandomStream(1, Purpose::design, 0, 0)());
  first.insert(RandomStream(1, Purpose::test, 1, 0)());
  first.insert(RandomStream(1, Purpose::test, 0, 1)());
  EXPECT_EQ(first.size(), 5u);
}

// Tolerances are five standard errors of the mean of n draws.
TEST(RandomStream, HasTheMomentsOfItsDistributions) {
  RandomStream stream(3, Purpose::test);
  const int n = 20000;
  double uniform = 0, normal = 0, normal2 = 0, gamma = 0;
  for (int i = 0; i < n; ++i) {
    uniform += stream.uniform() / n;
    const double z = stream.normal();
    normal += z / n;
    normal2 += z * z / n;
    gamma += stream.gamma(2.5) / n;
  }
  EXPECT_NEAR(uniform, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(normal, 0.0, 5 * std::sqrt(1.0 / n));
  EXPECT_NEAR(normal2, 1.0, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(gamma, 2.5, 5 * std::sqrt(2.5 / n));
}

}  // namespace
}  // namespace bimix::core
