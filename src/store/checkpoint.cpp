#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>

#include <fstream>
#include <system_error>

namespace bimix::store {
namespace {

std::filesystem::path checkpoint_path(const std::filesystem::path& folder,
                                      const std::string& trial) {
  return folder / "checkpoints" / (trial + ".ckpt");
}

std::filesystem::path models_path(const std::filesystem::path& folder) { return folder / "models"; }

std::filesystem::path model_path(const std::filesystem::path& folder, const std::string& run) {
  return models_path(folder) / (run + ".ckpt");
}

/// All that stands before the bytes. @param id of the trial or run
std::string first_line(const std::string& id, std::string_view bytes) {
  return fmt::format("bimix checkpoint 1 {} {} {}\n", id, bytes.size(), core::content_hash(bytes));
}

ReadCheckpoint read_saved(const std::filesystem::path& path, const std::string& id) {
  std::error_code failure;
  if (!std::filesystem::exists(path, failure)) return {};
  try {
    const std::string file = core::read_file(path);
    const std::size_t line = file.find('\n');
    const std::string_view bytes =
        line == std::string::npos ? std::string_view() : std::string_view(file).substr(line + 1);
    if (!bytes.empty() && file.substr(0, line + 1) == first_line(id, bytes))
      return {.bytes = std::string(bytes)};
  } catch (const core::DataError& error) {
    return {.problem = error.what()};
  }
  return {.problem = path.string() + ": is torn, damaged or of another trial or version"};
}

void write_saved(const std::filesystem::path& path, const std::string& id, std::string_view bytes) {
  std::error_code ignored;  // what matters shows when the file is written
  std::filesystem::create_directories(path.parent_path(), ignored);
  write_file_atomically(path, first_line(id, bytes).append(bytes));
}

}  // namespace

ReadCheckpoint read_checkpoint(const std::filesystem::path& folder, const std::string& trial) {
  return read_saved(checkpoint_path(folder, trial), trial);
}

void write_checkpoint(const std::filesystem::path& folder, const std::string& trial,
                      std::string_view bytes) {
  write_saved(checkpoint_path(folder, trial), trial, bytes);
}

void remove_checkpoint(const std::filesystem::path& folder, const std::string& trial) {
  std::error_code ignored;  // a file left behind costs room, not truth
  std::filesystem::remove(checkpoint_path(folder, trial), ignored);
}

std::map<std::string, std::string> saved_checkpoints(const std::filesystem::path& folder) {
  std::map<std::string, std::string> all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "checkpoints", ignored)) {
    if (entry.path().extension() != ".ckpt") continue;
    std::string line;
    std::getline(std::ifstream(entry.path(), std::ios::binary), line);
    all[entry.path().stem().string()] = line.substr(line.find_last_of(' ') + 1);
  }
  return all;
}

ReadCheckpoint read_model(const std::filesystem::path& folder, const std::string& run) {
  return read_saved(model_path(folder, run), run);
}

void write_model(const std::filesystem::path& folder, const std::string& run,
                 std::string_view bytes) {
  write_saved(model_path(folder, run), run, bytes);
}

bool has_model(const std::filesystem::path& folder, const std::string& run) {
  std::error_code failure;
  return std::filesystem::exists(model_path(folder, run), failure);
}

void copy_models(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!std::filesystem::is_directory(models_path(from))) return;
  for (const auto& entry : std::filesystem::directory_iterator(models_path(from))) {
    const std::string run = entry.path().stem().string();
    const ReadCheckpoint model = read_model(from, run);
    if (!model.bytes.empty() && !has_model(to, run)) write_model(to, run, model.bytes);
  }
}

}  // namespace bimix::store
