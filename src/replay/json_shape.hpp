#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bimix::replay {

/// How a JSON text is written that is no JSON Lines.
struct JsonShape {
  std::string problem{};  ///< "the file is a JSON list"
  std::string filter{};   ///< for jq -c: what makes lines of it, in single quotes
};

/// What a JSON file holds.
enum class JsonHolds { log, mixtures };

/// @return nothing for objects on lines of their own, and for what is no JSON
std::optional<JsonShape> other_json_shape(std::string_view bytes, JsonHolds holds);

}  // namespace bimix::replay
