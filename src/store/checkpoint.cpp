#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>

#include <system_error>

namespace bimix {
namespace {

std::filesystem::path path_of(const std::filesystem::path& folder, const std::string& trial) {
  return folder / "checkpoints" / (trial + ".ckpt");
}

/// All that stands before the bytes.
std::string first_line(const std::string& trial, std::string_view bytes) {
  return fmt::format("bimix checkpoint 1 {} {} {}\n", trial, bytes.size(), content_hash(bytes));
}

}  // namespace

ReadCheckpoint read_checkpoint(const std::filesystem::path& folder, const std::string& trial) {
  const std::filesystem::path path = path_of(folder, trial);
  std::error_code failure;
  if (!std::filesystem::exists(path, failure)) return {};
  try {
    const std::string file = read_file(path);
    const std::size_t line = file.find('\n');
    const std::string_view bytes =
        line == std::string::npos ? std::string_view() : std::string_view(file).substr(line + 1);
    if (!bytes.empty() && file.substr(0, line + 1) == first_line(trial, bytes))
      return {.bytes = std::string(bytes)};
  } catch (const DataError& error) {
    return {.problem = error.what()};
  }
  return {.problem = path.string() + ": is torn, damaged or of another trial or version"};
}

void write_checkpoint(const std::filesystem::path& folder, const std::string& trial,
                      std::string_view bytes) {
  const std::filesystem::path path = path_of(folder, trial);
  std::error_code ignored;  // what matters shows when the file is written
  std::filesystem::create_directories(path.parent_path(), ignored);
  write_file_atomically(path, first_line(trial, bytes).append(bytes));
}

void remove_checkpoint(const std::filesystem::path& folder, const std::string& trial) {
  std::error_code ignored;  // a file left behind costs room, not truth
  std::filesystem::remove(path_of(folder, trial), ignored);
}

}  // namespace bimix
