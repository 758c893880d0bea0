#include "json_shape.hpp"

#include "columns.hpp"
#include "json_text.hpp"
#include "text_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace bimix::replay {
namespace {

template <class Claim>
bool all_values(const LogJson& object, const Claim& claim) {
  return !object.empty() && std::all_of(object.begin(), object.end(), claim);
}

bool is_object(const LogJson& value) { return value.is_object(); }

bool is_column(const LogJson& value) { return value.is_array() && !value.empty(); }

/// The key of the only list of objects.
std::optional<std::string> key_of_rows(const LogJson& object) {
  for (const auto& [key, value] : object.items())
    if (is_column(value) && value.front().is_object()) return key;
  return std::nullopt;
}

/// pandas writes a table as an object of columns, each an object of its cells by row.
bool is_table_of_pandas(const LogJson& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return (has_axis(names) || run_column(names, true)) && all_values(object, is_object);
}

/// An object that stands alone in its file.
std::optional<JsonShape> shape_of(const LogJson& object, bool is_on_one_line, JsonHolds holds) {
  if (const auto key = key_of_rows(object))
    return JsonShape{"its lines are a list, of key '" + *key + "'",
                     fmt::format("'.\"{}\"[]'", *key)};
  if (2 * std::count_if(object.begin(), object.end(), is_column) >
      static_cast<std::ptrdiff_t>(object.size()))
    return JsonShape{"its columns are lists",
                     "'range([.[] | arrays | length] | max) as $i | "
                     "map_values(if type == \"array\" then .[$i] else . end)'"};
  if (is_table_of_pandas(object))
    return JsonShape{"its columns are objects",
                     "'(first(.[]) | keys_unsorted[]) as $i | map_values(.[$i])'"};
  if (holds == JsonHolds::mixtures && all_values(object, is_object))
    return JsonShape{"its runs are the keys of one object",
                     "'to_entries[] | {run: .key} + .value'"};
  if (is_on_one_line) return std::nullopt;
  return JsonShape{"its objects go over several lines", "."};
}

}  // namespace

std::optional<JsonShape> other_json_shape(std::string_view bytes, JsonHolds holds) {
  const std::string_view text = from_first_word(bytes);
  if (text.starts_with('[')) {
    const std::size_t inside = std::min(text.find_first_not_of(" \t\r\n", 1), text.size());
    if (inside == text.size() || text[inside] != '{') return std::nullopt;
    return JsonShape{"the file is a JSON list", "'.[]'"};
  }
  const std::size_t key = text.find_first_not_of(" \t\r\n", 1);
  if (!text.starts_with('{') || key == std::string_view::npos || text[key] != '"')
    return std::nullopt;
  const LogJson whole = json_in(text);
  const bool is_on_one_line = json_in(text.substr(0, text.find('\n'))).is_object();
  if (whole.is_object()) return shape_of(whole, is_on_one_line, holds);
  if (is_on_one_line) return std::nullopt;
  return JsonShape{"its objects go over several lines", "."};
}

}  // namespace bimix::replay
