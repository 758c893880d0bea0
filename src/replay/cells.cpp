#include "cells.hpp"

#include "text_lines.hpp"

#include <bimix/core/text.hpp>

#include <cmath>
#include <limits>

namespace bimix {
namespace {

DataError bad_cell(const std::string& cell, CellPlace place, const std::string& rule) {
  return bad_line(place.path, place.line, place.column + ": '" + cell + "' is refused", rule);
}

}  // namespace

double read_loss(const std::string& cell, CellPlace place) {
  if (trimmed(cell).empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto loss = parse_number(trimmed(cell));
  if (!loss || !std::isfinite(*loss) || *loss <= 0)
    throw bad_cell(cell, place, "a loss is a positive number; a missing one is a blank cell");
  return *loss;
}

std::optional<double> read_share(const std::string& cell, CellPlace place) {
  if (trimmed(cell).empty()) return std::nullopt;
  const auto share = parse_number(trimmed(cell));
  if (!share || !(*share >= 0 && *share <= 1))
    throw bad_cell(cell, place, "a share is a number from 0 to 1");
  return share;
}

std::int64_t read_count(const std::string& cell, CellPlace place) {
  const std::string_view text = trimmed(cell);
  constexpr double most = 0x1p53;
  const auto number = parse_number(text);
  if (number && *number >= 0 && *number <= most && *number == std::floor(*number))
    return static_cast<std::int64_t>(*number);
  const auto count = parse_count(text);
  if (!count || number) throw bad_cell(cell, place, "a whole number from 0 to 2^53 is needed");
  return *count;
}

int read_repeat(const std::string& cell, CellPlace place) {
  const std::int64_t number = read_count(cell, place);
  if (number > std::numeric_limits<int>::max())
    throw bad_cell(cell, place, "a seed number below 2^31");
  return static_cast<int>(number);
}

double read_size(const std::string& cell, CellPlace place) {
  if (trimmed(cell).empty()) return 0.0;
  const auto size = parse_number(trimmed(cell));
  if (!size || !std::isfinite(*size) || *size < 0)
    throw bad_cell(cell, place, "a model size is a number from 0 on");
  return *size;
}

}  // namespace bimix
