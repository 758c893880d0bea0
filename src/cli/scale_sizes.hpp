#pragma once

#include <string>
#include <vector>

namespace bimix::cli {

/// The sizes of a series that a flag of the command line bounds.
struct ScaleSeries {
  std::string flag{};
  int least = 1, times = 2;  ///< the first one, and each next one by the one before
  int most = 2;              ///< that the flag may say
};

/// From the least one on, up to that of the flag, which is the last one.
/// @param text "10000", "100K" or "1e5"
/// @throws UsageError naming the flag, unless it is a whole number from `least` to `most`
std::vector<int> scale_sizes(const ScaleSeries& series, const std::string& text);

}  // namespace bimix::cli
