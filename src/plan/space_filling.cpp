#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/plan/space_filling.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::plan {
namespace {

constexpr int candidates = 1000;

/// Squared, of the vectors of square roots.
double distance(const data::Mixture& a, const data::Mixture& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double difference = std::sqrt(a[k]) - std::sqrt(b[k]);
    sum += difference * difference;
  }
  return sum;
}

std::vector<data::Mixture> drawn(std::size_t domains, std::uint64_t seed) {
  constexpr std::uint64_t no_group = ~std::uint64_t{0};  // groups of a design count from 0
  core::RandomStream random(seed, core::Purpose::design, no_group);
  const double floor = 0.1 / static_cast<double>(domains);
  const double mass = 1.0 - floor * static_cast<double>(domains);
  std::vector<data::Mixture> all;
  for (int n = 0; n < candidates; ++n) {
    data::Mixture share(domains);
    for (double& r : share) r = random.gamma(1.0);
    share = core::normalised(share);
    for (double& r : share) r = floor + mass * r;
    all.push_back(std::move(share));
  }
  return all;
}

}  // namespace

std::vector<data::Mixture> space_filling(const std::vector<data::Mixture>& there, int count,
                                         std::uint64_t seed) {
  const std::vector<data::Mixture> from = drawn(there.front().size(), seed);
  std::vector<double> nearest(from.size(), std::numeric_limits<double>::infinity());
  const auto settle = [&](const data::Mixture& mixture) {
    for (std::size_t n = 0; n < from.size(); ++n)
      nearest[n] = std::min(nearest[n], distance(from[n], mixture));
  };
  for (const data::Mixture& mixture : there) settle(mixture);
  std::vector<data::Mixture> chosen;
  for (int n = 0; n < count; ++n) {
    const auto farthest = std::max_element(nearest.begin(), nearest.end()) - nearest.begin();
    chosen.push_back(from[static_cast<std::size_t>(farthest)]);
    settle(chosen.back());
  }
  return chosen;
}

}  // namespace bimix::plan
