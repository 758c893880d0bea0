#pragma once

#include <bimix/store/disk.hpp>

#include <filesystem>
#include <memory>

namespace bimix::store {

class OwnerRecord;

/// Whether no process of this host holds the lock of a folder that has one. False also where that
/// is not known.
bool has_no_writer_here(const std::filesystem::path& folder);

/// The right to change a run folder, held by one process at a time. A kernel lock on DIR/lock: it
/// ends with the process, however that ends, so it cannot go stale. The file itself stays.
///
/// On a file system without locks (ENOLCK and the like) a record with a heartbeat, DIR/owner, takes
/// its place; after a kill it must be taken over on purpose.
class FolderLock {
 public:
  /// Makes the folder if it is absent.
  /// @param take_over without kernel locks: a stale record is replaced
  /// @throws DataError if another process holds the lock (its host and process id are named), or
  /// the
  ///   file system has no locks and the record says that another process does or did
  explicit FolderLock(const std::filesystem::path& folder, bool take_over = false,
                      Disk& disk = Disk::real());
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  /// False where a record stands in for a kernel lock.
  bool is_kernel_lock() const { return owner_ == nullptr; }
  /// To be called before each change. A lock file that was removed keeps nobody out: it is made and
  /// locked again. @throws DataError if another process has taken over
  void require_held() const;

 private:
  void lock_file() const;
  bool is_in_place() const;

  std::filesystem::path folder_;
  Disk& disk_;
  mutable int file_ = -1;
  std::unique_ptr<OwnerRecord> owner_;  ///< where there are no kernel locks
};

}  // namespace bimix::store
