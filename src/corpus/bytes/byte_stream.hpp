#pragma once

#include <bimix/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bimix::corpus {

/// A source that ends too early: it was not copied to its end, say. What comes before can be used.
class TornError : public core::DataError {
 public:
  using core::DataError::DataError;
};

/// Bytes one behind the other, unpacked.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Fills `out` from its start.
  /// @return bytes written: less than `out.size()` only before the end or before an error; then 0
  /// @throws DataError that names the source, and where in it, if it is damaged; TornError if it
  ///         ends too early
  virtual std::size_t read(std::span<char> out) = 0;

  /// Bytes of the source that were used for it: of a packed file before they are unpacked.
  virtual std::uint64_t source_bytes() const = 0;
};

/// How a file is packed, by its first bytes.
enum class Packing { none, gzip, zstd };

/// @throws DataError if the file cannot be read
Packing packing_of(const std::filesystem::path& path);

/// Where in a file that is not packed to read: [from, to), or its end if that comes before.
struct ByteRange {
  std::uint64_t from = 0;
  std::uint64_t to = UINT64_MAX;
};

/// The bytes of a file: as they are, or unpacked where it is packed by gzip or zstd, in any number
/// of members or frames. Memory is bounded; a zstd file may ask for a window of 2 GB (`--long=31`).
/// @param range of a file that is not packed
/// @throws DataError if it cannot be read
std::unique_ptr<ByteStream> open_bytes(const std::filesystem::path& path, ByteRange range = {});

/// What a program prints. It is started at once, and ended with the stream.
struct CommandOptions {
  std::vector<std::string> words{};  ///< the program, looked up in PATH, and its arguments
  std::filesystem::path folder{};    ///< where it runs; empty: here
  double silence = 600.0;            ///< seconds without a byte after which it counts as hung
};

/// At the end of what it prints the program has to exit with 0.
/// @throws DataError if it cannot be started; from `read` if it fails or hangs, with the last lines
///         of what it said on stderr
std::unique_ptr<ByteStream> open_command(CommandOptions options);

}  // namespace bimix::corpus
