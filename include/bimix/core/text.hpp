#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::core {

/// The candidate with the smallest edit distance to `word`, if that is at most a third of its
/// length, rounded up: "did you mean". Ties go to the earlier candidate.
std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& candidates);

/// The remedy for a name that is none: "Did you mean 'width'", or `otherwise` if no candidate is
/// near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string otherwise = "");

/// Whole numbers as campaigns write them: `1048576`, `250K`, `1e9`, `3B`, `1.5M`, `1_000_000`.
/// K, M, B (or G), T are powers of 1000. Exact: `1.5K` is 1500, `1.0005K` is refused.
/// @return nothing if the text is no such number or exceeds the range.
std::optional<std::int64_t> parse_count(std::string_view text);

/// The shortest way to write a count that parse_count reads back: 250K, 1.5M, 1048576.
std::string format_count(std::int64_t count);

/// A count for the eye, rounded to so many significant digits: "13.1M", "31.46B".
std::string format_count_about(double count, int digits);

/// A finite or infinite double from the whole of `text`, in the C locale; nothing otherwise.
/// `nan` in any case gives NaN: the caller decides whether that is allowed.
std::optional<double> parse_number(std::string_view text);

/// Times as people write them: `0s`, `90s`, `30m`, `6h`, `2d`, in seconds. @return nothing if it is
/// none
std::optional<double> parse_seconds(std::string_view text);

/// "3 s", "4 min 10 s", "2 h 05 min".
std::string format_seconds(double seconds);

/// Where the first bytes stand that are no UTF-8; nothing if all are.
std::optional<std::size_t> first_not_utf8(std::string_view text);

/// A text for messages: its beginning and length if it is longer than a line.
std::string shown_text(std::string_view text);

/// Without leading and trailing blanks.
std::string_view trimmed(std::string_view text);

/// The text as one word of a shell: as it is where it is plain, otherwise in single quotes.
std::string shell_word(std::string_view text);

/// With A to Z in lower case; other letters stay.
std::string lower_case(std::string_view text);

/// "a, b and c". @param last the word before the last of them
std::string join_words(const std::vector<std::string>& words, std::string_view last = "and");

/// The same, of more than `most` words "a, b, c and more".
std::string join_some(const std::vector<std::string>& words, std::size_t most);

}  // namespace bimix::core
