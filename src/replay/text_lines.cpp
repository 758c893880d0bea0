#include "text_lines.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace bimix {
namespace {

bool is_utf8(std::string_view text) {
  try {
    (void)nlohmann::json(std::string(text)).dump();  // the library checks every text it writes
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view bytes) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (bytes.substr(0, mark.size()) == mark) bytes.remove_prefix(mark.size());
  return bytes;
}

void check_text(std::string_view bytes, const std::string& path) {
  int line = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    ++line;
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view text = bytes.substr(at, end - at);
    const bool is_ascii = std::all_of(text.begin(), text.end(),
                                      [](char c) { return static_cast<signed char>(c) > 0; });
    if (!is_ascii && (text.find('\0') != std::string_view::npos || !is_utf8(text)))
      throw bad_line(path, line, "the bytes are no UTF-8 text", "logs are UTF-8 text",
                     "Name another file, or convert it with `iconv -t UTF-8`");
    at = end + 1;
  }
}

std::vector<TextLine> text_lines(std::string_view bytes, const std::string& path) {
  bytes = without_byte_order_mark(bytes);
  check_text(bytes, path);
  std::vector<TextLine> lines;
  int line = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    ++line;
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    std::string_view text = bytes.substr(at, end - at);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.find_first_not_of(" \t") != std::string_view::npos)
      lines.push_back({line, text, end < bytes.size()});
    at = end + 1;
  }
  return lines;
}

DataError bad_line(const std::string& path, int line, const std::string& problem,
                   const std::string& rule, const std::string& remedy) {
  return DataError({.place = fmt::format("{}:{}", path, line),
                    .problem = problem,
                    .rule = rule,
                    .remedy = remedy});
}

DataError torn_line(const std::string& path, int line) {
  return bad_line(path, line, "the last line has no end",
                  "a line that was cut leaves a wrong number behind",
                  "If the line is whole, end it with a line break; otherwise remove it");
}

}  // namespace bimix
