#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace bimix::core {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

struct Suffix {
  char letter;
  int zeros;
};
constexpr std::array<Suffix, 5> suffixes{{{'K', 3}, {'M', 6}, {'B', 9}, {'G', 9}, {'T', 12}}};
/// As counts are written: one letter for each size.
constexpr std::array<Suffix, 4> largest_first{{{'T', 12}, {'B', 9}, {'M', 6}, {'K', 3}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& candidates) {
  std::optional<std::string> nearest;
  std::size_t best = (word.size() + 2) / 3 + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string otherwise) {
  if (const auto nearest = nearest_name(word, candidates))
    return fmt::format("Did you mean '{}'", *nearest);
  return otherwise;
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  // Decimal digits and a power of ten are kept apart, so that 1.5K is exact.
  std::string digits;
  int exponent = 0;
  std::size_t at = 0;
  bool after_point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (is_digit(c)) {
      digits += c;
      exponent -= after_point;
    } else if (c == '.' && !after_point) {
      after_point = true;
    } else if (c != '_' || digits.empty()) {
      break;
    }
  }
  if (digits.empty() || text[at - 1] == '_' || text[at - 1] == '.') return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (++at < text.size() && text[at] == '+') ++at;
    int power = 0;
    const auto [end, failure] = std::from_chars(text.data() + at, text.data() + text.size(), power);
    if (failure != std::errc() || power > 18) return std::nullopt;
    // A power that takes more digits than there are leaves no whole number, however far it goes.
    power = std::max(power, -static_cast<int>(std::min<std::size_t>(digits.size() + 1, 1'000'000)));
    exponent += power;
    at = static_cast<std::size_t>(end - text.data());
  }
  if (at < text.size()) {
    const auto suffix = std::find_if(suffixes.begin(), suffixes.end(),
                                     [&](Suffix s) { return s.letter == text[at]; });
    if (suffix == suffixes.end()) return std::nullopt;
    exponent += suffix->zeros;
    ++at;
  }
  if (at != text.size()) return std::nullopt;
  while (exponent < 0 && digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (digits.find_first_not_of('0') == std::string::npos) return 0;
  if (exponent < 0 || exponent > 18) return std::nullopt;
  digits.append(static_cast<std::size_t>(exponent), '0');
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return count;
}

std::string format_count(std::int64_t count) {
  for (const Suffix suffix : largest_first) {
    std::int64_t unit = 1;
    for (int i = 0; i < suffix.zeros; ++i) unit *= 10;
    if (count < unit) continue;
    // At most one decimal, and only if it says it exactly.
    if (count % (unit / 10) == 0)
      return fmt::format("{}{}", static_cast<double>(count) / static_cast<double>(unit),
                         suffix.letter);
  }
  return fmt::format("{}", count);
}

std::string format_count_about(double count, int digits) {
  if (!(count >= 1)) return "0";
  const double step = std::pow(10.0, std::max(0.0, std::floor(std::log10(count)) + 1 - digits));
  const double rounded = std::round(count / step) * step;
  for (const Suffix suffix : largest_first)
    if (const double unit = std::pow(10.0, suffix.zeros); rounded >= unit)
      return fmt::format("{:.15g}{}", rounded / unit, suffix.letter);
  return fmt::format("{:.0f}", rounded);
}

std::optional<double> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return number;
}

std::optional<double> parse_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const double unit = text.back() == 's'   ? 1
                      : text.back() == 'm' ? 60
                      : text.back() == 'h' ? 3600
                      : text.back() == 'd' ? 86400
                                           : 0;
  const auto count = parse_count(text.substr(0, text.size() - 1));
  if (unit == 0 || !count || *count < 0) return std::nullopt;
  return unit * static_cast<double>(*count);
}

std::string format_seconds(double seconds) {
  constexpr double most = 1e15;  // beyond that a duration tells nothing
  if (!(seconds >= 0 && seconds < most)) return "?";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::optional<std::size_t> first_not_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  // RFC 3629: the first byte tells how many follow, and the second excludes what is written with
  // more bytes than it needs, surrogates and what lies beyond U+10FFFF.
  for (std::size_t at = 0; at < text.size();) {
    const unsigned first = byte(at), second = byte(at + 1);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    const bool is_excluded = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                             (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    if (length == 0 || is_excluded) return at;
    for (std::size_t i = 1; i < length; ++i)
      if ((byte(at + i) & 0xc0) != 0x80) return at;
    at += length;
  }
  return std::nullopt;
}

std::string shown_text(std::string_view text) {
  constexpr std::size_t most = 80, kept = 40;
  if (text.size() <= most) return std::string(text);
  std::size_t end = kept;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return fmt::format("{}... ({} bytes)", text.substr(0, end), text.size());
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
    return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string lower_case(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return low;
}

std::string join_words(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? fmt::format(" {} ", last) : ", ";
    text += words[i];
  }
  return text;
}

std::string join_some(const std::vector<std::string>& words, std::size_t most) {
  if (words.size() <= most) return join_words(words);
  const auto end = words.begin() + static_cast<std::ptrdiff_t>(most);
  return fmt::format("{} and more", fmt::join(words.begin(), end, ", "));
}

}  // namespace bimix::core
