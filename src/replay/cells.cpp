#include "cells.hpp"

#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::replay {
namespace {

/// Where doubles stop counting.
constexpr double most_counted = 0x1p53;

core::DataError bad_cell(const std::string& cell, CellPlace place, const std::string& rule) {
  return bad_line(place.path, place.line,
                  place.column + ": '" + core::shown_text(cell) + "' is refused", rule);
}

/// "187,800,000" is 187800000; any other text stays.
std::string without_thousands_commas(std::string_view text) {
  const std::size_t first = text.find(','), whole = std::min(text.find('.'), text.size());
  if (first > 3 || first == 0 || first >= whole || text.front() == '0') return std::string(text);
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_due = at < whole && at >= first && (at - first) % 4 == 0;
    if (is_due != (text[at] == ',')) return std::string(text);
    if (!is_due) plain += text[at];
  }
  return (whole - first) % 4 == 0 ? plain : std::string(text);
}

}  // namespace

double read_loss(const std::string& cell, CellPlace place) {
  if (core::trimmed(cell).empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto loss = core::parse_number(core::trimmed(cell));
  if (loss && !std::isfinite(*loss)) return std::numeric_limits<double>::infinity();
  if (!loss || *loss <= 0)
    throw bad_cell(cell, place, "a loss is a positive number; a missing one is a blank cell");
  return *loss;
}

std::optional<double> share_in(const std::string& cell) {
  std::string_view text = core::trimmed(cell);
  const bool is_percentage = !text.empty() && text.back() == '%';
  if (is_percentage) text = core::trimmed(text.substr(0, text.size() - 1));
  std::string plain = without_thousands_commas(text);
  auto number = core::parse_number(plain);
  if (!number && !is_percentage && !plain.empty()) {
    if (plain.back() == 'k' || plain.back() == 'm' || plain.back() == 'b' || plain.back() == 't')
      plain.back() = static_cast<char>(plain.back() - 'a' + 'A');
    if (const auto count = core::parse_count(plain)) number = static_cast<double>(*count);
  }
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return is_percentage ? *number / 100.0 : *number;
}

std::optional<double> read_share(const std::string& cell, CellPlace place, bool are_weights) {
  if (core::trimmed(cell).empty()) return std::nullopt;
  const auto share = share_in(cell);
  if (!share || *share < 0 || (*share > 1 && !are_weights))
    throw bad_cell(cell, place,
                   are_weights ? "a weight is a number from 0 on"
                               : "a share is a number from 0 to 1; --normalise, or `normalise: "
                                 "true`, takes weights, percentages and counts");
  return share;
}

std::int64_t read_count(const std::string& cell, CellPlace place) {
  const std::string_view text = core::trimmed(cell);
  const auto number = core::parse_number(text);
  if (number && *number >= 0 && *number <= most_counted && *number == std::floor(*number))
    return static_cast<std::int64_t>(*number);
  const auto count = core::parse_count(text);
  if (!count || number) throw bad_cell(cell, place, "a whole number from 0 to 2^53 is needed");
  return *count;
}

std::int64_t read_scaled_count(const std::string& cell, CellPlace place, double scale) {
  const auto whole = core::parse_number(core::trimmed(cell));
  if (scale == 1.0 && whole && *whole != std::floor(*whole))
    throw bad_cell(cell, place,
                   "tokens are whole; if these are billions, call the column tokens (B)");
  if (scale == 1.0) return read_count(cell, place);
  const auto number = core::parse_number(core::trimmed(cell));
  if (!number || !(*number >= 0) || *number * scale > most_counted)
    throw bad_cell(cell, place, "a number from 0 on is needed, of at most 2^53 in all");
  return std::llround(*number * scale);
}

int read_repeat(const std::string& cell, CellPlace place) {
  const std::int64_t number = read_count(cell, place);
  if (number > std::numeric_limits<int>::max())
    throw bad_cell(cell, place, "a seed number below 2^31");
  return static_cast<int>(number);
}

double read_pool(const std::string& cell, CellPlace place) {
  const std::string text = core::lower_case(core::trimmed(cell));
  if (text.empty()) return 0.0;
  if (text == "none" || text == "inf") return std::numeric_limits<double>::infinity();
  const std::int64_t count = read_count(cell, place);
  if (count < 1) throw bad_cell(cell, place, "a pool has a token at least; blank is not known");
  return static_cast<double>(count);
}

double read_size(const std::string& cell, CellPlace place) {
  if (core::trimmed(cell).empty()) return 0.0;
  const auto size = core::parse_number(core::trimmed(cell));
  if (!size || !std::isfinite(*size) || *size < 0)
    throw bad_cell(cell, place, "a model size is a number from 0 on");
  return *size;
}

}  // namespace bimix::replay
