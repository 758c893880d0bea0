#include <bimix/law/quantile.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::law {

double quantile(std::vector<double> values, double p) {
  values.erase(
      std::remove_if(values.begin(), values.end(), [](double value) { return std::isnan(value); }),
      values.end());
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double part = place - static_cast<double>(below);
  // An infinite neighbour must not turn it into NaN.
  if (part == 0.0 || values[below] == values[above]) return values[below];
  return values[below] + part * (values[above] - values[below]);
}

Interval central_interval(const std::vector<double>& values, double level) {
  return {quantile(values, 0.5 * (1.0 - level)), quantile(values, 0.5 * (1.0 + level))};
}

}  // namespace bimix::law
