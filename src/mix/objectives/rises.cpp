#include "rises.hpp"

namespace bimix::mix {

std::vector<double> Rises::softness() const {
  constexpr double hardest = 1e-6;
  std::vector<double> all;
  for (double softness = 0.1; softness >= 0.99 * hardest; softness *= 0.1) all.push_back(softness);
  return all;
}

double Rises::plane(std::span<const double>, std::span<const double> loss,
                    std::span<const double> slope) const {
  double mean = 0.0;
  for (std::size_t e = 0; e < loss.size(); ++e)
    if (slope[e] > 0.0) mean += slope[e] * loss[e];
  return mean;
}

}  // namespace bimix::mix
