#pragma once

#include <bimix/corpus/reading.hpp>

#include <cstdint>
#include <filesystem>

namespace bimix::corpus {

/// How fast one thread takes the documents out of a file.
struct ReadingSpeed {
  std::uint64_t documents = 0;    ///< of the file
  std::uint64_t text_bytes = 0;   ///< of these
  std::uint64_t file_bytes = 0;   ///< as it is packed
  double bytes_per_second = 0.0;  ///< of text; median over passes
  /// The same of nlohmann-json, line by line, on what the same reader unpacks; 0 if the file is no
  /// JSON Lines.
  double peer_bytes_per_second = 0.0;
};

/// Reads a file of text or JSON Lines again and again, without writing anything.
/// @param seconds roughly how long, and as long for the peer; one pass at least
/// @throws DataError as a preparation does for a file that cannot be read
ReadingSpeed bench_reading(const std::filesystem::path& file, const ReadOptions& options,
                           double seconds);

/// Packs a file by zstd at its usual level. @throws DataError if that cannot be read or written
void pack_by_zstd(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace bimix::corpus
