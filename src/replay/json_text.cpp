#include "json_text.hpp"

#include "text_lines.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace bimix::replay {
namespace {

/// Walks over JSON text and knows whether it is inside a string.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view text) : text_(text) {}

  /// Calls `visit(at)` at every byte outside strings, and `visit_text(begin, end)` for each string.
  template <class Visit, class VisitText>
  void run(const Visit& visit, const VisitText& visit_text) const {
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (text_[at] != '"') {
        visit(at);
        continue;
      }
      const std::size_t begin = at + 1;
      for (++at; at < text_.size() && text_[at] != '"'; ++at)
        if (text_[at] == '\\') ++at;
      visit_text(begin, std::min(at, text_.size()));
    }
  }

 private:
  std::string_view text_;
};

/// Puts quotes around the numbers that JSON has no word for.
std::string with_quoted_specials(std::string_view text) {
  constexpr std::array<std::string_view, 3> specials{"-Infinity", "Infinity", "NaN"};
  std::string mended;
  std::size_t copied = 0;
  JsonWalk(text).run(
      [&](std::size_t at) {
        if (at < copied) return;
        for (const std::string_view special : specials) {
          if (text.substr(at, special.size()) != special) continue;
          mended +=
              std::string(text.substr(copied, at - copied)) + '"' + std::string(special) + '"';
          copied = at + special.size();
          return;
        }
      },
      [](std::size_t, std::size_t) {});
  return mended + std::string(text.substr(copied));
}

}  // namespace

LogJson parse_json(std::string_view text, const std::string& path, int line) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  std::string repeated;
  const auto watch = [&](int, LogJson::parse_event_t event, LogJson& parsed) {
    if (event == LogJson::parse_event_t::object_start) keys.emplace_back();
    if (event == LogJson::parse_event_t::object_end) keys.pop_back();
    if (event == LogJson::parse_event_t::key && !keys.back().insert(parsed).second)
      repeated = parsed;
    return true;
  };
  LogJson value;
  try {
    value = LogJson::parse(with_quoted_specials(text), watch);
  } catch (const LogJson::exception&) {
    throw bad_line(path, line, "this is no JSON", "or it was cut", "Mend it or take it out");
  }
  if (!repeated.empty())
    throw bad_line(path, line, "key '" + repeated + "' stands there twice",
                   "one of the two would be lost");
  return value;
}

LogJson json_in(std::string_view text) {
  try {
    return parse_json(text, {}, 0);
  } catch (const core::DataError&) {
    return nullptr;
  }
}

std::vector<int> element_lines(std::string_view text, std::string_view key) {
  std::vector<int> lines;
  int line = 1, depth = 0;
  std::string_view outer_key;
  JsonWalk(text).run(
      [&](std::size_t at) {
        const char c = text[at];
        if (c == '\n') ++line;
        if (c == '{' && depth == 2 && outer_key == key) lines.push_back(line);
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
      },
      [&](std::size_t begin, std::size_t end) {
        if (depth == 1) outer_key = text.substr(begin, end - begin);
      });
  return lines;
}

std::string cell_of(const LogJson& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace bimix::replay
