#pragma once

#include <filesystem>
#include <string>

namespace bimix::core {

/// A new folder for temporary files (TMPDIR), which goes away again with all that is in it.
class TemporaryFolder {
 public:
  /// @param name its name begins so
  /// @param rule what it is for, in the error's words
  /// @throws DataError if none can be made
  TemporaryFolder(const std::string& name, const std::string& rule);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace bimix::core
