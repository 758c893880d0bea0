#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bimix::replay {

/// The JSON of foreign programs.
using LogJson = nlohmann::ordered_json;

/// Parses one value. Bare NaN, Infinity and -Infinity, which Python writes, become texts, so that
/// what reads a number refuses them by name.
/// @param line where the text begins, for messages
/// @throws DataError naming file and line for what is no JSON or repeats a key
LogJson parse_json(std::string_view text, const std::string& path, int line);

/// The same for a look at what a text is: null for what is no JSON.
LogJson json_in(std::string_view text);

/// The lines on which the objects of the array begin that the outermost object has under `key`.
/// @param text valid JSON
std::vector<int> element_lines(std::string_view text, std::string_view key);

/// A value as the text of a cell: "" for null, the text itself, or the JSON.
std::string cell_of(const LogJson& value);

}  // namespace bimix::replay
