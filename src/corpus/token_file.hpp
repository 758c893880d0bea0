#pragma once

#include <bimix/corpus/packed_tokens.hpp>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace bimix::corpus {

/// A file in the hands of its format.
struct TokenFile {
  const std::string& file;  ///< what messages call it
  std::span<const std::uint8_t> bytes;
  int width;  ///< bytes a token, as the campaign says

  /// The number at a byte offset; little-endian, as the machine is (checked in token_span.cpp).
  /// @param at offset; the number lies within the file
  template <class Word>
  Word word_at(std::size_t at) const {
    Word word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
  }

  [[noreturn]] void refuse(std::string problem, std::string rule, std::string remedy) const;

  /// The complaint about tokens of another width than the campaign says. @param held what it holds
  [[noreturn]] void refuse_width(const std::string& held, int held_width) const;

  /// What lies behind a header of so many bytes that promises `count` tokens.
  /// @throws DataError if it is not that many, or none
  TokenSpan behind(std::size_t header, std::uint64_t count) const;
};

/// How a file holds its tokens: numbers of one width, behind a header or without one.
///
/// A new format is src/corpus/formats/<name>.cpp, which defines `const FileFormat&
/// format_<name>()`, and its line in formats.def there. tests/corpus/format_contract_test.cpp then
/// holds it to this interface; it wants a way to write such a file.
class FileFormat {
 public:
  virtual ~FileFormat() = default;

  virtual std::string_view name() const = 0;

  /// False if its tokens begin with the first byte.
  virtual bool has_header() const { return true; }

  /// True if the file begins as those of this format do. @param file of any size, 0 included
  virtual bool recognises(const TokenFile& file) const = 0;

  /// The tokens, where they lie in the file. @param file that it recognises
  /// @throws DataError for a torn file, tokens of another width than the campaign says, and for
  ///         a format with a header: no tokens
  virtual TokenSpan tokens(const TokenFile& file) const = 0;
};

/// In the order of formats.def, which is that in which they are asked.
const std::vector<const FileFormat*>& file_formats();

}  // namespace bimix::corpus
