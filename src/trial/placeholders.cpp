#include "placeholders.hpp"

#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace bimix::trial {
namespace {

/// @return the text with what `put` gives for each name, or nothing if a brace has no partner
std::optional<std::string> filled_in(const std::string& text,
                                     const std::function<std::string(const std::string&)>& put) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      result += c;
      ++at;
    } else if (c == '{') {
      const std::size_t end = text.find('}', at);
      if (end == std::string::npos) return std::nullopt;
      result += put(text.substr(at + 1, end - at - 1));
      at = end;
    } else if (c == '}') {
      return std::nullopt;
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string with_placeholders(const std::string& text,
                              const std::function<std::string(const std::string&)>& put) {
  const auto result = filled_in(text, put);
  core::require(result.has_value(), "every brace has its partner");
  return *result;
}

std::vector<std::string> placeholders_in(const std::string& text) {
  std::vector<std::string> names;
  with_placeholders(text, [&](const std::string& name) {
    names.push_back(name);
    return std::string();
  });
  return names;
}

std::vector<core::Complaint> placeholder_complaints(const std::string& place,
                                                    const std::string& text,
                                                    const std::vector<std::string>& domains) {
  std::vector<std::string> known{
      placeholder::mixture_file, placeholder::folder, placeholder::id,     placeholder::seed,
      placeholder::repeat,       placeholder::tokens, placeholder::volumes};
  for (const std::string& domain : domains) known.push_back(placeholder::share + domain);
  std::vector<core::Complaint> found;
  const auto check = [&](const std::string& name) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const auto near = core::nearest_name(name, known);
      found.push_back({place, fmt::format("'{{{}}}' is no placeholder", name),
                       "known: " + core::join_words(known),
                       near ? fmt::format("Did you mean '{{{}}}'", *near)
                            : "Write {{ and }} for braces that are none"});
    }
    return std::string();
  };
  if (!filled_in(text, check))
    found.push_back({place, fmt::format("'{}' has a brace without a partner", text),
                     "a placeholder is {name}", "Write {{ and }} for braces that are none"});
  return found;
}

}  // namespace bimix::trial
