#include "csv.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace bimix {
namespace {

/// Splits bytes into rows; knows the line it is on.
class CsvParser {
 public:
  CsvParser(std::string_view bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

  /// The next row that is not blank; without cells at the end.
  CsvRow next() {
    CsvRow row;
    while (at_ < bytes_.size() && row.cells.empty()) row = any_row();
    return row;
  }

 private:
  CsvRow any_row() {
    CsvRow row{.line = line_};
    for (;;) {
      const bool is_quoted = peek() == '"';
      row.cells.push_back(is_quoted ? quoted_cell() : plain_cell());
      if (at_ == bytes_.size() && is_quoted) return row;  // the quote shows that nothing is cut
      if (at_ == bytes_.size()) throw torn_line(path_, line_);
      if (bytes_[at_++] == ',') continue;
      ++line_;
      if (row.cells.size() == 1 && row.cells.front().empty()) row.cells.clear();
      return row;
    }
  }

  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\n'; }

  std::string plain_cell() {
    const std::size_t end = std::min(bytes_.find_first_of(",\n", at_), bytes_.size());
    std::string_view cell = bytes_.substr(at_, end - at_);
    at_ = end;
    if (peek() == '\n' && !cell.empty() && cell.back() == '\r') cell.remove_suffix(1);
    if (cell.find('"') != std::string_view::npos)
      throw bad_line(path_, line_, "a quote stands inside a cell that does not begin with one",
                     "RFC 4180");
    return checked(std::string(cell));
  }

  std::string quoted_cell() {
    const int opened = line_;
    std::string cell;
    for (++at_;; ++at_) {
      if (at_ >= bytes_.size())
        throw bad_line(path_, opened, "a quote is opened and never closed", "RFC 4180");
      if (bytes_[at_] == '\n') ++line_;
      if (bytes_[at_] == '"') {
        ++at_;
        if (at_ >= bytes_.size() || bytes_[at_] != '"') break;
      }
      cell += bytes_[at_];
    }
    if (peek() == '\r') ++at_;
    if (peek() != ',' && peek() != '\n')
      throw bad_line(path_, line_, "text follows a closing quote", "RFC 4180");
    return checked(std::move(cell));
  }

  std::string checked(std::string cell) const {
    if (cell.size() > longest_cell)
      throw bad_line(path_, line_, fmt::format("a cell has {} bytes", cell.size()),
                     fmt::format("at most {}", longest_cell));
    return cell;
  }

  std::string_view bytes_;
  std::string path_;
  std::size_t at_ = 0;
  int line_ = 1;
};

void check_header(const CsvRow& header, const std::string& path) {
  std::set<std::string> seen;
  for (const std::string& name : header.cells) {
    if (name.empty())
      throw bad_line(path, header.line, "a column has no name", "every column is named");
    if (!seen.insert(name).second)
      throw bad_line(path, header.line, "column '" + name + "' stands there twice",
                     "every column has its own name");
  }
}

}  // namespace

std::vector<std::string> header_of(std::string_view bytes) {
  bytes = without_byte_order_mark(bytes);
  bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
  const std::string line = std::string(bytes.substr(0, bytes.find('\n'))) + "\n";
  try {
    return CsvParser(line, {}).next().cells;
  } catch (const DataError&) {
    return {};
  }
}

std::size_t column_of(const CsvFile& file, const std::string& name, const std::string& format) {
  const auto found = std::find(file.header.begin(), file.header.end(), name);
  if (found == file.header.end())
    throw bad_line(file.path, 1, "column '" + name + "' is missing", format + " needs it",
                   "Add it");
  return static_cast<std::size_t>(found - file.header.begin());
}

CsvFile parse_csv(std::string_view bytes, const std::string& path) {
  bytes = without_byte_order_mark(bytes);
  check_text(bytes, path);
  CsvParser parser(bytes, path);
  const CsvRow header = parser.next();
  if (header.cells.empty())
    throw DataError({.place = path,
                     .problem = "the file is empty",
                     .rule = "a table begins with a header",
                     .remedy = "Name another file"});
  check_header(header, path);
  CsvFile file{.path = path, .header = header.cells};
  for (CsvRow row = parser.next(); !row.cells.empty(); row = parser.next()) {
    if (row.cells.size() != header.cells.size())
      throw bad_line(path, row.line, fmt::format("the row has {} cells", row.cells.size()),
                     fmt::format("the header has {}", header.cells.size()));
    file.rows.push_back(std::move(row));
  }
  if (file.rows.empty())
    throw DataError({.place = path,
                     .problem = "the file has a header and no rows",
                     .rule = "",
                     .remedy = "Name another file"});
  return file;
}

CsvFile read_csv(const std::filesystem::path& path) {
  return parse_csv(read_file(path), path.string());
}

}  // namespace bimix
