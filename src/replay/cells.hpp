#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bimix::replay {

/// Where a cell stands, for messages.
struct CellPlace {
  const std::string& path;
  int line;
  const std::string& column;
};

/// Each reads one cell or @throws DataError naming file, line, column and value.

/// NaN for a blank cell, infinity for one that is not finite, which only LogBuilder can judge;
/// otherwise positive.
double read_loss(const std::string& cell, CellPlace place);
/// A finite number, a percentage of 1 (0.25 for 25%) or a count (3.5B, "187,800,000"); nothing for
/// what is none of these.
std::optional<double> share_in(const std::string& cell);
/// Nothing for a blank cell; otherwise in [0, 1]: 0.25 or 25%.
/// @param are_weights any number from 0 on (percentages, counts), to be divided by the sum
std::optional<double> read_share(const std::string& cell, CellPlace place,
                                 bool are_weights = false);
/// A whole number from 0 on: 1000, 1000.0, 1e3 or 1K; at most 2^53, where doubles stop counting.
std::int64_t read_count(const std::string& cell, CellPlace place);
/// The same in units of `scale`: 1.998 with 1e9 is 1998000000, rounded.
std::int64_t read_scaled_count(const std::string& cell, CellPlace place, double scale);
/// A seed number: a count below 2^31.
int read_repeat(const std::string& cell, CellPlace place);
/// How many different tokens there were: a count from 1 on, infinity for "none" (an endless
/// stream), 0 for a blank cell.
double read_pool(const std::string& cell, CellPlace place);
/// Finite and not negative; 0 for a blank cell.
double read_size(const std::string& cell, CellPlace place);

}  // namespace bimix::replay
