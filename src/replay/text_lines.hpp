#pragma once

#include <bimix/core/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bimix::replay {

/// One line of a text, without its end.
struct TextLine {
  int line = 0;  ///< from 1
  std::string_view text{};
  bool is_ended = true;  ///< false: the file stops here
};

/// The lines of a text that are not blank; ends are LF or CRLF, a UTF-8 byte-order mark is passed
/// over. The views live as long as `bytes`.
/// @throws DataError naming file and line for what is binary or not UTF-8
std::vector<TextLine> text_lines(std::string_view bytes, const std::string& path);

std::string_view without_byte_order_mark(std::string_view bytes);

/// The text without its byte-order mark and the blanks and line ends that it begins with.
std::string_view from_first_word(std::string_view bytes);

/// Refuses lines that end in CR alone. @throws DataError
void refuse_old_line_ends(std::string_view bytes, const std::string& path);

/// Refuses what is no text before any of it is read as numbers. @throws DataError
void check_text(std::string_view bytes, const std::string& path);

/// A complaint about one line: `path:line: problem (rule). remedy.`
core::DataError bad_line(const std::string& path, int line, const std::string& problem,
                         const std::string& rule,
                         const std::string& remedy = "Mend or remove that line");

/// The complaint about a last line without its end, which may be cut.
core::DataError torn_line(const std::string& path, int line);

}  // namespace bimix::replay
