#pragma once

#include <bimix/core/error.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bimix {

/// A strict reader of comma-separated text after RFC 4180: quoted cells may hold commas, doubled
/// quotes and line ends; lines end in LF or CRLF; a UTF-8 byte-order mark is passed over; blank
/// lines are not rows. Anything else is an error that names the file and the line.
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

/// No cell of a loss table is longer; a longer one is another kind of file.
inline constexpr std::size_t longest_cell = 4096;

/// @throws DataError if it cannot be read, is binary or not UTF-8, is empty or has only a header,
///   repeats a column, has a row of another width, a torn last line, an open quote or a cell above
///   longest_cell bytes.
CsvFile read_csv(const std::filesystem::path& path);

/// The parser behind it. @param path for messages only
CsvFile parse_csv(std::string_view bytes, const std::string& path);

/// A complaint about one line: `path:line: problem (rule). remedy.`
DataError bad_line(const std::string& path, int line, const std::string& problem,
                   const std::string& rule, const std::string& remedy = "Mend or remove that line");

}  // namespace bimix
