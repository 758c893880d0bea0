#pragma once

#include <string_view>

namespace bimix::data {

/// Whether the name of an evaluation set says that its loss is an average over other sets: its last
/// part (parts stand between `/`) has a word such as all, avg, mean, overall, total, combined,
/// macro, uniform or weighted, and no others but those for what is averaged (over domains, across
/// sets) and how it is measured (loss, bpb). Words stand between _ - . : and blanks; letter case
/// does not count.
///
///     all, uniform_avg, paloma/macro, avg_bpb, mean_over_domains -> true
///     macro_economics, web, "" -> false
bool is_average_name(std::string_view set);

}  // namespace bimix::data
