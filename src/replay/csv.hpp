#pragma once

#include "cells.hpp"
#include "text_lines.hpp"

#include <bimix/core/error.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::replay {

/// A strict reader of comma-separated text after RFC 4180: quoted cells may hold commas, doubled
/// quotes and line ends; lines end in LF or CRLF; a UTF-8 byte-order mark is passed over; blank
/// lines are not rows; blanks around the names of columns are no part of them. Anything else is an
/// error that names the file and the line.
///
/// The last line may lack its end where nothing can have been cut from its last cell: it is quoted,
/// or it is a number with a decimal point and as many decimals as any other of its column.
///
/// A first column without a name (or `Unnamed: 0`) that counts the rows from 0 on is left out:
/// pandas writes it.
/// @see RFC 4180, doi:10.17487/RFC4180
struct CsvRow {
  int line = 0;  ///< where it begins, from 1
  std::vector<std::string> cells{};
};

struct CsvFile {
  std::string path{};
  std::vector<std::string> header{};
  std::vector<CsvRow> rows{};  ///< as many cells each as the header
  bool had_row_numbers = false;
  int repeated_headers = 0, cut_rows = 0;  ///< left out: the header again; rows of another width
  bool lacks_last_end = false;             ///< the last line has no end and seems whole
};

/// Where a cell of the file stands, for messages. @param column its place in the header
inline CellPlace place_of(const CsvFile& file, const CsvRow& row, std::size_t column) {
  return {file.path, row.line, file.header[column]};
}

/// No cell of a loss table is longer; a longer one is another kind of file.
inline constexpr std::size_t longest_cell = 4096;

/// @throws DataError if it cannot be read, is binary or not UTF-8, is empty or has only a header,
///   repeats a column, has a row of another width, a last line that may be torn, an open quote or
///   a cell above longest_cell bytes.
CsvFile read_csv(const std::filesystem::path& path);

/// What a row of another width than the header is.
enum class OtherWidth {
  refused,
  cut  ///< a line that was cut, and what was written behind it: left out
};

/// The parser behind it. @param path for messages only
CsvFile parse_csv(std::string_view bytes, const std::string& path,
                  OtherWidth other = OtherWidth::refused);

/// Names of the columns in the first line that is not blank, as parse_csv gives them; none if it is
/// no CSV. Never throws. @param separator between cells
std::vector<std::string> header_of(std::string_view bytes, char separator = ',');

/// Where the column of this name stands in the header. @throws DataError if it is not there
/// @param format for the message
std::size_t column_of(const CsvFile& file, const std::string& name, const std::string& format);

}  // namespace bimix::replay
