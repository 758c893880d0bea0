#include "mixture_index.hpp"

#include <algorithm>
#include <cmath>

namespace bimix::plan {
namespace {

/// By far more than the rounding of a sum of some thousand shares.
constexpr double rounding = 1e-12;

/// Weights whose sums tell the points of a lattice apart: exponentials of different fractions are
/// independent over the rationals (Lindemann and Weierstrass).
double weight(std::size_t domain, std::size_t domains) {
  return std::exp(static_cast<double>(domain) / static_cast<double>(domains));
}

double weighted_sum(std::span<const double> share) {
  double sum = 0.0;
  for (std::size_t k = 0; k < share.size(); ++k) sum += weight(k, share.size()) * share[k];
  return sum;
}

/// How far apart the weighted sums of near mixtures may be.
double reach(std::size_t domains, double tolerance) {
  double sum = 0.0;
  for (std::size_t k = 0; k < domains; ++k) sum += weight(k, domains);
  return tolerance * sum + rounding;
}

}  // namespace

void MixtureIndex::add(std::span<const double> share) {
  by_sum_.emplace(weighted_sum(share), Entry{by_sum_.size(), share});
}

std::vector<std::size_t> MixtureIndex::near(std::span<const double> share) const {
  const double sum = weighted_sum(share), far = reach(share.size(), tolerance_);
  std::vector<std::size_t> found;
  for (auto at = by_sum_.lower_bound(sum - far); at != by_sum_.end() && at->first <= sum + far;
       ++at) {
    const auto& other = at->second.share;
    if (std::equal(share.begin(), share.end(), other.begin(), other.end(),
                   [&](double x, double y) { return std::abs(x - y) <= tolerance_; }))
      found.push_back(at->second.number);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace bimix::plan
