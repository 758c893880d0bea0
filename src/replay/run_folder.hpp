#pragma once

#include <filesystem>
#include <string>

namespace bimix {

/// The folder whose name is the run's, for logs that name none: the one that holds the file, or
/// the one above `checkpoint-<step>`.
inline std::filesystem::path run_folder(const std::string& path) {
  std::filesystem::path folder = std::filesystem::absolute(path).lexically_normal().parent_path();
  if (folder.filename().string().starts_with("checkpoint-")) folder = folder.parent_path();
  return folder;
}

}  // namespace bimix
