#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace bimix::store {

/// The few calls by which the store changes a file system. Tests replace one of them to fail at
/// the n-th call; everything else uses Disk::real(). Failures are std::system_error.
class Disk {
 public:
  /// POSIX.
  static Disk& real();

  virtual ~Disk() = default;

  /// Opens for appending, made if absent. @return a descriptor
  virtual int open_to_append(const std::filesystem::path& path);
  /// Opens empty, made if absent. @return a descriptor
  virtual int open_empty(const std::filesystem::path& path);
  /// Writes all bytes; some of them may have been written where it throws.
  virtual void write(int file, std::string_view bytes);
  /// Forces content and size to the device.
  virtual void sync(int file);
  virtual void truncate(int file, std::uint64_t size);
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to);
  /// Locks the open file against every other opening of it, or fails with EAGAIN or EACCES if it is
  /// locked, and with another reason where there are no locks.
  virtual void lock(int file);
  /// Forces a folder's entries to the device.
  virtual void sync_folder(const std::filesystem::path& folder);
};

/// Replaces a file as a whole: `path.<process>.tmp` is written and synced, then renamed. Readers
/// see the old bytes or the new ones, never a part, also after a crash or on a full disk.
/// @throws DataError naming the file and the system's reason; the old file is then untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                           Disk& disk = Disk::real());

/// Whether this is a file of these bytes.
/// @throws DataError if it cannot be read
bool has_bytes(const std::filesystem::path& path, std::string_view bytes);

/// write_file_atomically, unless the file has these bytes already: it is not touched then.
/// @throws DataError as has_bytes and write_file_atomically do
void write_file_if_changed(const std::filesystem::path& path, std::string_view bytes,
                           Disk& disk = Disk::real());

/// How long ago a file was written by the clock of its file system, which need not be this host's;
/// by this host's where nothing may be written beside it. 0 if it is not there or of the future.
double seconds_since_written(const std::filesystem::path& path);

/// Removes what writers that were killed left of files that were not whole yet, in a run folder and
/// the folders of it that runs write; not of its page, which others may write as well.
/// @param folder locked by this process, whose trials do not run yet
void remove_leftovers(const std::filesystem::path& folder);

}  // namespace bimix::store
