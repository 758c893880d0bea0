#pragma once

#include "byte_stream.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace bimix::corpus {

/// The lines of a stream, one at a time.
class LineReader {
 public:
  /// So many bytes behind a line may be read, though they mean nothing: JSON is parsed in blocks.
  static constexpr std::size_t padding = 64;

  struct Line {
    std::string_view text{};   ///< without its end; valid until the next call
    std::uint64_t number = 0;  ///< from 1
    std::uint64_t offset = 0;  ///< of its first byte in the unpacked stream
    bool is_too_long = false;  ///< then `text` is empty
  };

  /// @param longest bytes that a line may have; memory is twice that at most
  LineReader(std::unique_ptr<ByteStream> stream, std::size_t longest);

  /// Lines end with "\n" or "\r\n"; the last one may have no end. Lines without a character but
  /// blanks are passed over. @return nothing at the end
  std::optional<Line> next();

  /// Reads on, for what is wrong with the source: no line is given after it.
  /// @param most bytes to read @return whether its end was reached @throws as ByteStream::read
  bool reads_to_its_end(std::uint64_t most);

  /// At the end: whether the stream had no byte.
  bool is_empty() const { return offset_of_buffer_ + filled_ == 0; }

  /// Bytes of the source, as they are packed, up to the line that was given last: of what was read
  /// ahead at one go a proportional part. Never falls.
  std::uint64_t source_bytes() const;

 private:
  bool refill();
  std::optional<std::size_t> find_end();
  std::string_view take(std::size_t length, std::size_t with_end);
  void pass_over_rest();

  std::unique_ptr<ByteStream> stream_;
  std::size_t longest_;
  std::vector<char> buffer_;
  std::size_t from_ = 0, filled_ = 0;  ///< of the buffer
  std::size_t searched_ = 0;           ///< no line ends in [from_, searched_)
  std::uint64_t offset_of_buffer_ = 0, number_ = 0;
  std::uint64_t source_before_ = 0;  ///< bytes of the source that were used before the last reading
  std::size_t filled_before_ = 0;    ///< of the buffer, at that time
  bool at_end_ = false;
  bool is_in_long_line_ = false;  ///< whose rest is to be passed over
};

}  // namespace bimix::corpus
