#pragma once

#include "byte_stream.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace bimix::corpus {

/// A file that is read from front to back. Its errors name it.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// As ByteStream::read.
  std::size_t read(std::span<char> out);
  void skip_to(std::uint64_t offset);
  /// Bytes of the file before what is read next.
  std::uint64_t offset() const { return offset_; }
  /// @param problem with where it was noticed: what was wrong may lie before that
  /// @throws DataError, always: what was read before may be wrong too
  [[noreturn]] void damaged(std::string problem) const;
  /// @throws TornError, always: the file ends within something, "a gzip member"
  [[noreturn]] void torn(std::string within) const;

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t offset_ = 0;
};

std::unique_ptr<ByteStream> open_gzip(const std::filesystem::path& path);
std::unique_ptr<ByteStream> open_zstd(const std::filesystem::path& path);

}  // namespace bimix::corpus
