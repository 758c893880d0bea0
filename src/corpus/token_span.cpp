#include <bimix/core/error.hpp>
#include <bimix/corpus/token_span.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace bimix::corpus {
namespace {

constexpr int widths[] = {1, 2, 4};

template <class Word>
std::uint32_t copy_words(const std::uint8_t* from, std::span<std::int32_t> out) {
  static_assert(std::endian::native == std::endian::little);
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    Word word = 0;
    std::memcpy(&word, from + i * sizeof word, sizeof word);  // headers may leave any alignment
    largest = std::max(largest, std::uint32_t{word});
    out[i] = static_cast<std::int32_t>(word);
  }
  return largest;
}

}  // namespace

std::string_view token_word(int width) {
  return width == 1 ? "bytes" : width == 2 ? "uint16" : "uint32";
}

std::vector<std::string> token_words() {
  std::vector<std::string> words;
  for (const int width : widths) words.emplace_back(token_word(width));
  return words;
}

int token_width(std::string_view word) {
  for (const int width : widths)
    if (word == token_word(width)) return width;
  return 0;
}

int most_vocabulary(int width) { return width == 4 ? 1 << 20 : 1 << (8 * width); }

TokenSpan::TokenSpan(std::span<const std::uint8_t> bytes, int width)
    : bytes_(bytes), width_(width) {
  core::require((width == 1 || width == 2 || width == 4) &&
                    bytes.size() % static_cast<std::size_t>(width) == 0,
                "a TokenSpan is a whole number of tokens of 1, 2 or 4 bytes");
}

TokenSpan TokenSpan::subspan(std::size_t from, std::size_t count) const {
  const auto width = static_cast<std::size_t>(width_);
  return TokenSpan(bytes_.subspan(from * width, count * width), width_);
}

std::uint32_t TokenSpan::copy_to(std::span<std::int32_t> out) const {
  core::require(out.size() <= size(), "TokenSpan::copy_to stays within");
  if (width_ == 1) return copy_words<std::uint8_t>(bytes_.data(), out);
  return width_ == 2 ? copy_words<std::uint16_t>(bytes_.data(), out)
                     : copy_words<std::uint32_t>(bytes_.data(), out);
}

}  // namespace bimix::corpus
