#pragma once

#include <vector>

namespace bimix::law {

struct Interval {
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Interval&) const = default;
};

/// Quantile by linear interpolation between order statistics (Hyndman and Fan's type 7); NaN values
/// are left out; NaN if none is left. @param p in [0, 1]
double quantile(std::vector<double> values, double p);

/// The central interval: quantiles (1 - level) / 2 and (1 + level) / 2.
Interval central_interval(const std::vector<double>& values, double level);

}  // namespace bimix::law
