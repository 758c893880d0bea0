#pragma once

#include <limits>

namespace bimix::law {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
/// What is not known.
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace bimix::law
