#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace bimix::corpus {

/// A file's bytes, read-only, and what keeps them alive.
struct MappedFile {
  std::span<const std::uint8_t> bytes{};
  std::shared_ptr<const void> owner{};
};

/// @throws DataError if it is empty or cannot be read
MappedFile map_file(const std::filesystem::path& path);

}  // namespace bimix::corpus
