#include "disk_errors.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/store/disk.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace bimix::store {
namespace {

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

int open_file(const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (file < 0) fail("open");
  return file;
}

}  // namespace

Disk& Disk::real() {
  static Disk disk;
  return disk;
}

int Disk::open_to_append(const std::filesystem::path& path) {
  return open_file(path, O_WRONLY | O_CREAT | O_APPEND);
}

int Disk::open_empty(const std::filesystem::path& path) {
  return open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
}

void Disk::write(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Disk::sync(int file) {
  // EINVAL: a pipe or /dev/full, which has nothing to force.
  if (::fdatasync(file) != 0 && errno != EINVAL) fail("fdatasync");
}

void Disk::truncate(int file, std::uint64_t size) {
  if (::ftruncate(file, static_cast<off_t>(size)) != 0) fail("ftruncate");
}

void Disk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("rename");
}

void Disk::lock(int file) {
  // Open-file-description locks: one holder also among the threads of a process, and, unlike flock,
  // the same lock for all clients of a network file system.
  struct ::flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file, F_OFD_SETLK, &whole) != 0) fail("lock");
}

void Disk::sync_folder(const std::filesystem::path& folder) {
  const int file = open_file(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  // Some file systems cannot sync a folder and say so with EINVAL; the rename stands all the same.
  const bool failed = ::fsync(file) != 0 && errno != EINVAL;
  const int reason = errno;
  ::close(file);
  errno = reason;
  if (failed) fail("fsync");
}

core::DataError cannot_write(const std::filesystem::path& path, const std::system_error& cause) {
  const bool full = cause.code() == std::errc::no_space_on_device ||
                    cause.code() == std::errc::file_too_large || cause.code().value() == EDQUOT;
  return core::DataError(
      {.place = path.string(),
       .problem = "cannot be written: " + cause.code().message(),
       .rule = "what was written before is intact",
       .remedy = full ? "Free space there or raise the quota, then give the same "
                        "command again: it continues"
                      : "Mend this, then give the same command again: it continues"});
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, Disk& disk) {
  // A name of its own: two processes may write one page at once.
  const std::filesystem::path aside = fmt::format("{}.{}.tmp", path.string(), ::getpid());
  int file = -1;
  try {
    file = disk.open_empty(aside);
    disk.write(file, bytes);
    disk.sync(file);
    ::close(std::exchange(file, -1));
    disk.rename(aside, path);
    disk.sync_folder(path.parent_path());
  } catch (const std::system_error& cause) {
    if (file >= 0) ::close(file);
    std::error_code ignored;
    std::filesystem::remove(aside, ignored);
    throw cannot_write(path, cause);
  }
}

bool has_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none) &&
         std::filesystem::file_size(path, none) == bytes.size() && core::read_file(path) == bytes;
}

void write_file_if_changed(const std::filesystem::path& path, std::string_view bytes, Disk& disk) {
  if (!has_bytes(path, bytes)) write_file_atomically(path, bytes, disk);
}

double seconds_since_written(const std::filesystem::path& path) {
  using Clock = std::filesystem::file_time_type::clock;
  std::error_code failure, no_probe, ignored;
  const std::string probe = fmt::format("{}.now-{}.tmp", path.string(), ::getpid());
  const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  auto now = Clock::now();
  if (file >= 0) {
    const auto there = std::filesystem::last_write_time(probe, no_probe);
    if (!no_probe) now = there;
    ::close(file);
    std::filesystem::remove(probe, ignored);
  }
  const auto last = std::filesystem::last_write_time(path, failure);
  return failure ? 0.0 : std::max(0.0, std::chrono::duration<double>(now - last).count());
}

void remove_leftovers(const std::filesystem::path& folder) {
  std::error_code ignored;  // they cost room, not truth
  for (const char* part : {"", "checkpoints", "models"})
    for (const auto& entry : std::filesystem::directory_iterator(folder / part, ignored))
      if (entry.path().extension() == ".tmp" &&
          !entry.path().filename().string().starts_with("report.html"))
        std::filesystem::remove(entry.path(), ignored);
}

}  // namespace bimix::store
