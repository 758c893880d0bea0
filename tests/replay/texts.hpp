#pragma once

#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/loss_log.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace bimix::test {

/// Files and their contents.
using Files = std::vector<std::pair<std::string, std::string>>;

/// Reads the files together; those that are called as `options.mixtures` and `options.pools` are
/// these tables.
inline replay::LossLog read_texts(const Files& files, replay::ReplayOptions options = {}) {
  const TempFolder folder;
  for (const auto& [name, text] : files) {
    std::filesystem::create_directories((folder / name).parent_path());
    folder.write(name, text);
    if (name != options.mixtures && name != options.pools) options.files.push_back(name);
  }
  options.base = folder.path();
  return replay::read_logs(options);
}

/// The complaint about them, or "no error".
inline std::string what_of(const Files& files, const replay::ReplayOptions& options = {}) {
  try {
    read_texts(files, options);
  } catch (const core::Error& error) {
    return error.what();
  }
  return "no error";
}

/// Types the command that a complaint has in backquotes. @return the file that it writes
inline std::string typed(const std::string& complaint) {
  const std::size_t begin = complaint.find('`') + 1, end = complaint.find('`', begin);
  if (begin == 0 || end == std::string::npos) return "no command: " + complaint;
  const std::string command = complaint.substr(begin, end - begin);
  if (std::system(command.c_str()) != 0) return "it fails: " + command;
  std::string written = command.substr(command.rfind("> ") + 2);
  std::erase(written, '\'');
  return written;
}

/// The same for a log of this name and content, which is then read. @return the complaint about
/// what the command wrote, or "no error"
inline std::string what_of_remedied(const std::string& name, const std::string& text,
                                    replay::ReplayOptions options = {}) {
  const TempFolder folder;
  options.base = folder.path();
  options.files = {folder.write(name, text)};
  for (const bool is_remedied : {false, true}) {
    try {
      replay::read_logs(options);
    } catch (const core::Error& error) {
      if (is_remedied) return error.what();
      options.files = {typed(error.what())};
    }
  }
  return "no error";
}

}  // namespace bimix::test
