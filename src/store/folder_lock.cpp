#include "disk_errors.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/store/folder_lock.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace bimix {
namespace {

/// Who holds the lock, as its holder wrote it; empty if it has not yet.
std::string holder(int file) {
  std::array<char, 256> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string this_process() { return fmt::format("process {} on {}", ::getpid(), host_name()); }

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : folder_(folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw cannot_write(folder, std::system_error(failure));
  const std::filesystem::path path = folder / "lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw cannot_write(path, std::system_error(errno, std::generic_category()));
  // Open-file-description locks: one holder also among the threads of a process, and, unlike
  // flock, the same lock for all clients of a network file system.
  struct ::flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file_, F_OFD_SETLK, &whole) != 0) {
    const int reason = errno;
    const std::string who = holder(file_);
    ::close(file_);
    if (reason != EAGAIN && reason != EACCES)
      throw DataError({.place = path.string(),
                       .problem = "cannot be locked: " + std::generic_category().message(reason),
                       .rule = "two writers would spoil each other's run",
                       .remedy = "Put the run folder on a file system with locks"});
    throw DataError({.place = folder.string(),
                     .problem = "is being written by " + (who.empty() ? "another process" : who),
                     .rule = "one writer at a time",
                     .remedy = "Wait for it or end it; `bimix status` shows how far it is"});
  }
  const std::string me = this_process();
  // The text only serves the message above: a full disk must not refuse the lock.
  if (::ftruncate(file_, 0) == 0 && ::pwrite(file_, me.data(), me.size(), 0) < 0) errno = 0;
}

FolderLock::~FolderLock() { ::close(file_); }

}  // namespace bimix
