#include <bimix/data/volumes.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace bimix::data {

bool is_same_size(double a, double b) {
  return std::abs(a - b) <= volume_tolerance * std::max(a, b);
}

std::vector<std::int64_t> merged_volumes(std::vector<std::int64_t> tokens) {
  std::sort(tokens.begin(), tokens.end());
  std::vector<std::int64_t> volumes;
  std::int64_t first = 0;
  for (const std::int64_t volume : tokens) {
    const double reach = (1.0 + volume_tolerance) * static_cast<double>(first);
    if (!volumes.empty() && static_cast<double>(volume) <= reach) {
      volumes.back() = volume;
    } else {
      volumes.push_back(volume);
      first = volume;
    }
  }
  return volumes;
}

std::optional<std::size_t> find_volume(std::span<const std::int64_t> volumes, std::int64_t tokens) {
  const auto distance = [tokens](std::int64_t volume) {
    return std::abs(static_cast<double>(volume) - static_cast<double>(tokens));
  };
  if (volumes.empty()) return std::nullopt;
  auto nearest = std::lower_bound(volumes.begin(), volumes.end(), tokens);
  if (nearest == volumes.end() ||
      (nearest != volumes.begin() && distance(*std::prev(nearest)) <= distance(*nearest)))
    --nearest;
  if (distance(*nearest) > volume_tolerance * static_cast<double>(*nearest)) return std::nullopt;
  return static_cast<std::size_t>(nearest - volumes.begin());
}

}  // namespace bimix::data
