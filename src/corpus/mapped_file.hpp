#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace bimix::corpus {

/// The size of a file. @throws DataError if it is empty or cannot be read
std::uint64_t bytes_in(const std::filesystem::path& path);

/// A file's bytes, read-only, and what keeps them alive.
struct MappedFile {
  std::span<const std::uint8_t> bytes{};
  std::shared_ptr<const void> owner{};
};

/// @throws DataError if it is empty or cannot be read
MappedFile map_file(const std::filesystem::path& path);

}  // namespace bimix::corpus
