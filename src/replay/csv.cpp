#include "csv.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace bimix::replay {
namespace {

/// Splits bytes into rows; knows the line it is on.
class CsvParser {
 public:
  CsvParser(std::string_view bytes, std::string path, char separator = ',')
      : bytes_(bytes), path_(std::move(path)), separator_(separator) {}

  /// The next row that is not blank; without cells at the end.
  CsvRow next() {
    CsvRow row;
    while (at_ < bytes_.size() && row.cells.empty()) row = any_row();
    return row;
  }
  /// Whether the last row that was read stops where the file does, without a quote.
  bool is_open() const { return is_open_; }

 private:
  CsvRow any_row() {
    CsvRow row{.line = line_};
    for (;;) {
      const bool is_quoted = peek() == '"';
      row.cells.push_back(is_quoted ? quoted_cell() : plain_cell());
      is_open_ = at_ == bytes_.size() && !is_quoted;  // a quote shows that nothing is cut
      if (at_ == bytes_.size()) return row;
      if (bytes_[at_++] == separator_) continue;
      ++line_;
      if (row.cells.size() == 1 && row.cells.front().empty()) row.cells.clear();
      return row;
    }
  }

  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\n'; }

  std::string plain_cell() {
    const char ends[] = {separator_, '\n', '\0'};
    const std::size_t end = std::min(bytes_.find_first_of(ends, at_), bytes_.size());
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
    if (peek() != separator_ && peek() != '\n')
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
  char separator_;
  bool is_open_ = false;
  std::size_t at_ = 0;
  int line_ = 1;
};

bool may_number_rows(const std::string& name) { return name.empty() || name == "Unnamed: 0"; }

std::vector<std::string> trimmed_names(const std::vector<std::string>& cells) {
  std::vector<std::string> names;
  for (const std::string& cell : cells) names.emplace_back(core::trimmed(cell));
  return names;
}

/// pandas' row numbers.
void drop_row_numbers(CsvFile& file) {
  if (file.header.size() < 2 || !may_number_rows(file.header.front())) return;
  for (std::size_t i = 0; i < file.rows.size(); ++i)
    if (core::trimmed(file.rows[i].cells.front()) != std::to_string(i)) return;
  file.header.erase(file.header.begin());
  for (CsvRow& row : file.rows) row.cells.erase(row.cells.begin());
  file.had_row_numbers = true;
}

/// How many decimals a number is written with; nothing for what is no plain decimal fraction.
std::optional<std::size_t> decimals_of(std::string_view cell) {
  const std::size_t point = cell.find('.');
  if (point == std::string_view::npos ||
      cell.find_first_not_of("0123456789.-") != std::string_view::npos || !core::parse_number(cell))
    return std::nullopt;
  return cell.size() - point - 1;
}

/// A number that was cut lacks decimals that another of its column has.
bool seems_whole(const CsvFile& file) {
  if (file.rows.empty()) return false;
  const auto decimals = decimals_of(file.rows.back().cells.back());
  if (!decimals) return false;
  bool any = false;
  for (std::size_t i = 0; i + 1 < file.rows.size(); ++i) {
    const auto others = decimals_of(file.rows[i].cells.back());
    if (others && *others > *decimals) return false;
    any = any || others;
  }
  return any;
}

void check_header(const CsvRow& header, const std::string& path) {
  std::set<std::string> seen;
  for (const std::string& name : header.cells) {
    if (name.empty())
      throw bad_line(path, header.line, "a column has no name",
                     "every column is named, but a first one that counts the rows from 0 on",
                     "Name it, or remove the column");
    if (!seen.insert(name).second)
      throw bad_line(path, header.line, "column '" + name + "' stands there twice",
                     "every column has its own name");
  }
}

}  // namespace

std::vector<std::string> header_of(std::string_view bytes, char separator) {
  bytes = without_byte_order_mark(bytes);
  bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
  const std::string line = std::string(bytes.substr(0, bytes.find('\n'))) + "\n";
  try {
    std::vector<std::string> names = trimmed_names(CsvParser(line, {}, separator).next().cells);
    if (names.size() > 1 && may_number_rows(names.front())) names.erase(names.begin());
    return names;
  } catch (const core::DataError&) {
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

CsvFile parse_csv(std::string_view bytes, const std::string& path, OtherWidth other) {
  bytes = without_byte_order_mark(bytes);
  check_text(bytes, path);
  CsvParser parser(bytes, path);
  const CsvRow header = parser.next();
  if (header.cells.empty())
    throw core::DataError({.place = path,
                           .problem = "the file is empty",
                           .rule = "a table begins with a header",
                           .remedy = "Name another file"});
  CsvFile file{.path = path, .header = trimmed_names(header.cells)};
  bool is_open = parser.is_open();
  std::optional<CsvRow> cut;  // the first of another width
  for (CsvRow row = parser.next(); !row.cells.empty(); row = parser.next()) {
    is_open = parser.is_open();
    if (row.cells == header.cells) {  // a trainer that was resumed writes it again
      ++file.repeated_headers;
      continue;
    }
    if (is_open && row.cells.size() != header.cells.size()) throw torn_line(path, row.line);
    if (row.cells.size() == header.cells.size()) {
      file.rows.push_back(std::move(row));
    } else {
      if (!cut) cut = std::move(row);
      ++file.cut_rows;
    }
  }
  // If no row is whole, that is how they are written.
  if (cut && (other == OtherWidth::refused || file.rows.empty()))
    throw bad_line(path, cut->line, fmt::format("the row has {} cells", cut->cells.size()),
                   fmt::format("the header has {}", header.cells.size()));
  file.lacks_last_end = is_open;
  if (is_open && !seems_whole(file))
    throw torn_line(path, file.rows.empty() ? header.line : file.rows.back().line);
  drop_row_numbers(file);
  check_header({.line = header.line, .cells = file.header}, path);
  if (file.rows.empty())
    throw core::DataError({.place = path,
                           .problem = "the file has a header and no rows",
                           .rule = "",
                           .remedy = "Name another file"});
  return file;
}

CsvFile read_csv(const std::filesystem::path& path) {
  return parse_csv(core::read_file(path), path.string());
}

}  // namespace bimix::replay
