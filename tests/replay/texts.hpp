#pragma once

#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/loss_log.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace bimix::test {

/// Files and their contents.
using Files = std::vector<std::pair<std::string, std::string>>;

/// Reads the files together; the one that is called as `options.mixtures` is the table of mixtures.
inline LossLog read_texts(const Files& files, ReplayOptions options = {}) {
  const TempFolder folder;
  for (const auto& [name, text] : files) {
    std::filesystem::create_directories((folder / name).parent_path());
    folder.write(name, text);
    if (name != options.mixtures) options.files.push_back(name);
  }
  options.base = folder.path();
  return read_logs(options);
}

/// The complaint about them, or "no error".
inline std::string what_of(const Files& files, const ReplayOptions& options = {}) {
  try {
    read_texts(files, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace bimix::test
