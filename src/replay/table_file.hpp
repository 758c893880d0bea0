#pragma once

#include "csv.hpp"
#include "log_builder.hpp"
#include "log_format.hpp"

#include <string_view>
#include <vector>

namespace bimix::replay {

/// The table in a log, CSV or JSON Lines by its content; what was left out of it or taken for whole
/// is counted. @throws DataError as parse_csv and parse_json do
CsvFile open_table(const LogFile& log, LogBuilder& builder);

/// JSON Lines as a table: a column for each key, in order of first appearance; keys of nested
/// objects are joined by `/`; cells are blank where a line lacks the key, or has null.
/// @throws DataError for a line that is no object, a key twice, or a list as a value
CsvFile table_of_json_lines(std::string_view bytes, const std::string& path);

/// Whether the bytes begin with `{`.
bool begins_as_json(std::string_view bytes);

/// Names of the columns that open_table would give, as far as the first line tells; none if it is
/// no table. Never throws.
std::vector<std::string> columns_of(const LogFile& log);

}  // namespace bimix::replay
