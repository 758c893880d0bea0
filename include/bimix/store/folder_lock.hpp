#pragma once

#include <filesystem>

namespace bimix {

/// The right to change a run folder, held by one process at a time. A kernel lock on DIR/lock: it
/// ends with the process, however that ends, so it cannot go stale. The file itself stays.
class FolderLock {
 public:
  /// Makes the folder if it is absent.
  /// @throws DataError if another process holds the lock (its host and process id are named) or
  ///   the file system has no locks.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  int file_ = -1;
};

}  // namespace bimix
