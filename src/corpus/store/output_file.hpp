#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace bimix::corpus {

/// A file of the store under way: written from front to back, or at places of a file that others
/// write as well. Its errors name it, and how much room there is where the disk is full.
class OutputFile {
 public:
  enum class How {
    anew,        ///< made, in place of one that may be there
    at_a_place,  ///< of a file that is there
  };
  OutputFile(std::filesystem::path path, How how, std::uint64_t offset = 0);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::byte> bytes);
  template <class T>
  void write_values(std::span<const T> values) {
    write(std::as_bytes(values));
  }
  /// Writes what is buffered and closes. @throws DataError if that fails
  void close();
  /// The same, and waits until the device has it.
  void close_safely();
  /// Makes the file this long. @throws DataError if there is no room for it
  void reserve(std::uint64_t bytes);

 private:
  void flush();
  void put(std::span<const std::byte> left);
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t offset_;
  std::vector<std::byte> buffer_{};
};

}  // namespace bimix::corpus
