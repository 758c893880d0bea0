#pragma once

#include <bimix/core/error.hpp>

#include <algorithm>
#include <vector>

namespace bimix::core {

/// The middle one of the values, the upper of two. @param values one at least
inline double median(std::vector<double> values) {
  require(!values.empty(), "there is a value to be the middle one");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace bimix::core
