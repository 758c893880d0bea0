#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace bimix::core {

bool is_on_simplex(std::span<const double> shares) {
  const bool valid = std::all_of(shares.begin(), shares.end(),
                                 [](double r) { return std::isfinite(r) && r >= 0; });
  return valid && std::abs(stable_sum(shares) - 1.0) <= simplex_tolerance;
}

std::vector<double> normalised(std::span<const double> weights) {
  const double sum = stable_sum(weights);
  const bool valid = std::all_of(weights.begin(), weights.end(), [](double w) { return w >= 0; });
  require(valid && std::isfinite(sum) && sum > 0,
          "normalised needs finite non-negative weights, not all zero");
  std::vector<double> shares(weights.begin(), weights.end());
  for (double& share : shares) share /= sum;
  return shares;
}

std::vector<double> project_to_simplex(std::span<const double> point, double floor) {
  const auto count = static_cast<double>(point.size());
  require(!point.empty() && floor * count <= 1.0 + simplex_tolerance,
          "project_to_simplex needs floor <= 1 / size");
  // Shift by the floor: what is left is a projection on {x >= 0, sum x = 1 - size * floor}.
  const double mass = 1.0 - floor * count;
  std::vector<double> sorted(point.begin(), point.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double cumulative = 0.0, threshold = 0.0;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    cumulative += sorted[k] - floor;
    const double candidate = (cumulative - mass) / static_cast<double>(k + 1);
    if (sorted[k] - floor - candidate > 0) threshold = candidate;
  }
  std::vector<double> projected;
  projected.reserve(point.size());
  for (const double x : point) projected.push_back(floor + std::max(0.0, x - floor - threshold));
  return projected;
}

double total_variation(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += 0.5 * std::abs(a[k] - b[k]);
  return sum;
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double stable_sum(std::span<const double> terms) {
  StableSum sum;
  for (const double term : terms) sum.add(term);
  return sum.value();
}

void StableSum::add(double term) {
  const double next = sum_ + term;
  lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
  sum_ = next;
}

double StableSum::value() const { return std::isfinite(lost_) ? sum_ + lost_ : sum_; }

}  // namespace bimix::core
