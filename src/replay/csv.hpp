#pragma once

#include "cells.hpp"
#include "text_lines.hpp"

#include <bimix/core/error.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bimix {

/// A strict reader of comma-separated text after RFC 4180: quoted cells may hold commas, doubled
/// quotes and line ends; lines end in LF or CRLF, the last may end with the closing quote of its
/// last cell; a UTF-8 byte-order mark is passed over; blank lines are not rows. Anything else is an
/// error that names the file and the line.
/// @see RFC 4180, doi:10.17487/RFC4180
struct CsvRow {
  int line = 0;  ///< where it begins, from 1
  std::vector<std::string> cells{};
};

struct CsvFile {
  std::string path{};
  std::vector<std::string> header{};
  std::vector<CsvRow> rows{};  ///< as many cells each as the header
};

/// Where a cell of the file stands, for messages. @param column its place in the header
inline CellPlace place_of(const CsvFile& file, const CsvRow& row, std::size_t column) {
  return {file.path, row.line, file.header[column]};
}

/// No cell of a loss table is longer; a longer one is another kind of file.
inline constexpr std::size_t longest_cell = 4096;

/// @throws DataError if it cannot be read, is binary or not UTF-8, is empty or has only a header,
///   repeats a column, has a row of another width, a torn last line, an open quote or a cell above
///   longest_cell bytes.
CsvFile read_csv(const std::filesystem::path& path);

/// The parser behind it. @param path for messages only
CsvFile parse_csv(std::string_view bytes, const std::string& path);

/// Cells of the first line that is not blank; none if it is no CSV. Never throws.
std::vector<std::string> header_of(std::string_view bytes);

/// Where the column of this name stands in the header. @throws DataError if it is not there
/// @param format for the message
std::size_t column_of(const CsvFile& file, const std::string& name, const std::string& format);

}  // namespace bimix
