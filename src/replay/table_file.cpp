#include "table_file.hpp"

#include "json_text.hpp"
#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <map>

namespace bimix::replay {
namespace {

using NamedCells = std::vector<std::pair<std::string, std::string>>;

/// Lists are no cells; they are left out, as trainers write them beside their metrics.
void flatten(const LogJson& value, const std::string& name, NamedCells& cells) {
  if (!value.is_object()) {
    if (!value.is_array()) cells.emplace_back(name, cell_of(value));
    return;
  }
  for (const auto& [key, inner] : value.items())
    flatten(inner, name.empty() ? key : name + "/" + key, cells);
}

}  // namespace

bool begins_as_json(std::string_view bytes) { return from_first_word(bytes).starts_with('{'); }

CsvFile table_of_json_lines(std::string_view bytes, const std::string& path) {
  CsvFile file{.path = path};
  std::map<std::string, std::size_t> column;
  for (const TextLine& line : text_lines(bytes, path)) {
    const LogJson object = parse_json(line.text, path, line.line);
    if (!object.is_object())
      throw bad_line(path, line.line, "this is no JSON object", "one object a line");
    NamedCells cells;
    flatten(object, "", cells);
    CsvRow row{.line = line.line};
    for (auto& [name, cell] : cells) {
      const auto [known, is_new] = column.try_emplace(name, file.header.size());
      if (is_new) file.header.push_back(name);
      if (row.cells.size() <= known->second) row.cells.resize(known->second + 1);
      if (!is_new && !row.cells[known->second].empty())
        throw bad_line(path, line.line, "'" + name + "' stands there twice",
                       "keys of nested objects are joined by /");
      row.cells[known->second] = std::move(cell);
    }
    file.rows.push_back(std::move(row));
  }
  for (CsvRow& row : file.rows) row.cells.resize(file.header.size());
  return file;
}

std::vector<std::string> columns_of(const LogFile& log) {
  if (!begins_as_json(log.bytes)) return log.header;
  std::vector<std::string> names;
  std::string_view text = without_byte_order_mark(log.bytes);
  constexpr int most_lines = 100;  // keys of evaluations may come later than those of training
  for (int i = 0; i < most_lines && !text.empty(); ++i) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const LogJson object = json_in(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!object.is_object() && i == 0) return {};  // an object of several lines
    if (!object.is_object()) continue;
    NamedCells cells;
    flatten(object, "", cells);
    for (const auto& [name, cell] : cells)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

CsvFile open_table(const LogFile& log, LogBuilder& builder) {
  if (begins_as_json(log.bytes)) return table_of_json_lines(log.bytes, log.path);
  CsvFile file =
      parse_csv(log.bytes, log.path, builder.is_of_trial() ? OtherWidth::cut : OtherWidth::refused);
  if (file.had_row_numbers) builder.pass_over("columns of row numbers");
  builder.pass_over("headers in the midst of a table", {}, file.repeated_headers);
  builder.pass_over("lines that were cut", {}, file.cut_rows);
  if (file.lacks_last_end)
    builder.pass_over("ends of last lines that are not there (the last number seems whole)");
  return file;
}

}  // namespace bimix::replay
