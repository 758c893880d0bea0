#pragma once

#include <bimix/law/law.hpp>
#include <bimix/law/options.hpp>

#include <functional>
#include <vector>

namespace bimix {

/// @throws DataError naming the first thing that is out of shape
void check_shape(const Observations& observations);

/// The volumes that count as the last one, at which predictions are judged: see last_volume.
struct VolumeRange {
  double low = 0.0, high = 0.0;  ///< tokens, both included
  bool holds(double tokens) const { return tokens >= low && tokens <= high; }
};
/// @return (0, 0) without observations
VolumeRange last_volume_range(const Observations& observations);

/// Throws a UsageError with all complaints, if there are any.
void check_options(const FitOptions& options);

/// The rows of one evaluation domain that the law can be fitted to.
/// @param includes says of each mixture id whether its rows take part
DomainData domain_data(const Observations& observations, const Law& law, const FitOptions& options,
                       std::size_t eval_domain, const std::function<bool(int)>& includes);

/// Coefficients of options.law fitted to these rows; empty if they cannot be.
std::vector<double> coefficients(const Observations& observations, const FitOptions& options,
                                 std::size_t eval_domain, const std::function<bool(int)>& includes);

}  // namespace bimix
