#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::corpus {

/// How the files of a corpus hold their tokens: little-endian numbers of one width.
struct TokenFormat {
  int width = 1;         ///< bytes a token: 1, 2 or 4
  int vocabulary = 256;  ///< V: every token is below it
  bool operator==(const TokenFormat&) const = default;
};

/// What a campaign calls a width: "bytes", "uint16" or "uint32".
std::string_view token_word(int width);
/// All such words.
std::vector<std::string> token_words();
/// The width of such a word, 0 for any other.
int token_width(std::string_view word);
/// The most that V may be for a width: 256, 65536 or 2^20.
int most_vocabulary(int width);

/// Bytes as the text that they are.
inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Tokens as they lie in a file. A view, at any address.
class TokenSpan {
 public:
  TokenSpan() = default;
  /// @param bytes a whole number of tokens
  explicit TokenSpan(std::span<const std::uint8_t> bytes, int width = 1);

  int width() const { return width_; }
  /// Tokens.
  std::size_t size() const { return bytes_.size() / static_cast<std::size_t>(width_); }
  std::span<const std::uint8_t> bytes() const { return bytes_; }

  /// Tokens [from, from + count). @param count at most what there is
  TokenSpan subspan(std::size_t from, std::size_t count) const;
  TokenSpan subspan(std::size_t from) const { return subspan(from, size() - from); }

  /// Copies the first tokens. @param out at most size(). @return the largest of them, 0 for none
  std::uint32_t copy_to(std::span<std::int32_t> out) const;

 private:
  std::span<const std::uint8_t> bytes_{};
  int width_ = 1;
};

}  // namespace bimix::corpus
