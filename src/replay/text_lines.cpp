#include "text_lines.hpp"

#include <bimix/core/file_kind.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::replay {
std::string_view without_byte_order_mark(std::string_view bytes) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (bytes.substr(0, mark.size()) == mark) bytes.remove_prefix(mark.size());
  return bytes;
}

std::string_view from_first_word(std::string_view bytes) {
  bytes = without_byte_order_mark(bytes);
  bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
  return bytes;
}

void refuse_old_line_ends(std::string_view bytes, const std::string& path) {
  const std::size_t at = bytes.find('\r');
  if (at == std::string_view::npos || bytes.find('\n') != std::string_view::npos) return;
  throw bad_line(path, 1, "lines end in CR alone, as on old Macs", "ends of lines are LF or CRLF",
                 fmt::format("Convert it with `tr '\\r' '\\n' < {} > {}`", core::shell_word(path),
                             core::shell_word(path + ".lines.csv")));
}

void check_text(std::string_view bytes, const std::string& path) {
  refuse_old_line_ends(bytes, path);
  int line = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    ++line;
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view text = bytes.substr(at, end - at);
    if (text.find('\0') != std::string_view::npos || core::first_not_utf8(text))
      throw bad_line(path, line, "the bytes are no UTF-8 text", "logs are UTF-8 text",
                     core::remedy_for(core::latin1_text, path, core::Wanted::table));
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

core::DataError bad_line(const std::string& path, int line, const std::string& problem,
                         const std::string& rule, const std::string& remedy) {
  return core::DataError({.place = fmt::format("{}:{}", path, line),
                          .problem = problem,
                          .rule = rule,
                          .remedy = remedy});
}

core::DataError torn_line(const std::string& path, int line) {
  return bad_line(path, line, "the last line has no end",
                  "a line that was cut leaves a wrong number behind",
                  "If the line is whole, end it with a line break; otherwise remove it");
}

}  // namespace bimix::replay
