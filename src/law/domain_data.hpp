#pragma once

#include <bimix/data/volumes.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/options.hpp>

#include <functional>
#include <vector>

namespace bimix::law {

/// @throws DataError naming the first thing that is out of shape
void check_shape(const data::Observations& observations);

/// Values from `low` to `high`, both included.
struct Range {
  double low = 0.0, high = 0.0;
  bool holds(double value) const { return value >= low && value <= high; }
  /// This value and those that count as it, volume_tolerance below.
  static Range up_to(double value) { return {value * (1.0 - data::volume_tolerance), value}; }
};
/// What predictions are judged at, see largest_common.
struct LastRows {
  Range size{};    ///< the model sizes that count as the last one; (0, 0) where none is said
  Range tokens{};  ///< the volumes that count as the last one of these models
};
LastRows last_rows(const data::Observations& observations);

/// What there is to be seen: several model sizes, pools.
Sight sight_of(const data::Observations& observations, const FitOptions& options);

/// options.law, in the form that sees what there is.
const Law& law_for(const data::Observations& observations, const FitOptions& options);

/// Throws a UsageError with all complaints, if there are any.
void check_options(const FitOptions& options);

/// The rows of one evaluation domain that the law can be fitted to.
/// @param includes says of each mixture id whether its rows take part
DomainData domain_data(const data::Observations& observations, const Law& law,
                       const FitOptions& options, std::size_t eval_domain,
                       const std::function<bool(int)>& includes);

/// Coefficients of options.law fitted to these rows; empty if they cannot be.
std::vector<double> coefficients(const data::Observations& observations, const FitOptions& options,
                                 std::size_t eval_domain, const std::function<bool(int)>& includes);

}  // namespace bimix::law
