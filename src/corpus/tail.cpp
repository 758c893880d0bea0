#include "tail.hpp"

#include <algorithm>

namespace bimix::corpus {

std::uint64_t tail_of_text(std::span<const std::uint8_t> text, std::uint64_t wanted) {
  const std::uint64_t mark = text.size() - std::min<std::uint64_t>(wanted, text.size() - 1);
  const auto line_end = std::find(text.begin() + static_cast<std::ptrdiff_t>(mark) - 1, text.end(),
                                  static_cast<std::uint8_t>('\n'));
  const auto after = static_cast<std::uint64_t>(line_end - text.begin()) + 1;
  // Without a line end in the first half of the tail (binary data, one long line), at the mark.
  return after <= mark + wanted / 2 && after < text.size() ? after : mark;
}

std::uint64_t tail_of_tokens(std::uint64_t bytes, int width, std::uint64_t wanted) {
  const auto each = static_cast<std::uint64_t>(width);
  const std::uint64_t tokens = bytes / each;
  return each * (tokens - std::min((wanted + each / 2) / each, tokens - 1));
}

}  // namespace bimix::corpus
