#pragma once

#include <string_view>

namespace bimix {

/// Whether the name of an evaluation set says that its loss is an average over other sets: its last
/// part (parts stand between `/`) has no words but all, avg, average, mean, overall, total,
/// aggregate, combined, global, macro, micro, uniform and weighted. Words stand between _ - . : and
/// blanks; letter case does not count.
///
///     all, macro, uniform_avg, paloma/macro -> true      macro_economics, web, "" -> false
bool is_average_name(std::string_view set);

}  // namespace bimix
