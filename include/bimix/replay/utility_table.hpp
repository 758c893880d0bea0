#pragma once

#include <bimix/data/utilities.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace bimix::replay {

/// Utilities from a CSV file with the columns domain, task, value and perhaps sd, in any order; one
/// row for each domain and task. The design's `utilities: FILE`; `bimix export --to utilities`
/// writes one.
/// @param domains K names
/// @return tasks in the order of the file
/// @throws DataError naming file and line, for a missing or unknown column, a domain that is not
///         one of these, a pair that is given twice or not at all, a value outside [0, 1] and a
///         negative sd
data::Utilities read_utilities(const std::filesystem::path& path,
                               const std::vector<std::string>& domains);

}  // namespace bimix::replay
