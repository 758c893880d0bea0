#pragma once

#include "json_shape.hpp"
#include "log_format.hpp"

#include <bimix/core/error.hpp>

#include <optional>
#include <string>
#include <vector>

namespace bimix::replay {

/// Refuses what is no text and no event file, whatever its name: compressed files, binary tables,
/// other encodings and ends of lines. @throws DataError with the command that makes text of it
void refuse_binary(const LogFile& file);

/// What to do about a column that is missing: rename the one that seems to be it, or add it.
std::string remedy_for_missing(const std::string& column, const std::vector<std::string>& columns);

/// The complaint about a file that no format recognises: the nearest format and what the file lacks
/// to be one (a separator, columns, metrics that are losses), with the change that would do.
core::DataError no_format_fits(const LogFile& file, const ReplayOptions& options,
                               const std::vector<std::string>& formats);

/// The same about a table of mixtures or losses whose cells are not parted by commas; nothing where
/// they are.
std::optional<core::DataError> wrong_separator(const LogFile& file);

/// The same about JSON that is no JSON Lines.
std::optional<core::DataError> wrong_json_shape(const LogFile& file, JsonHolds holds);

}  // namespace bimix::replay
