#include "disk_errors.hpp"
#include "owner_record.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/store/folder_lock.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace bimix::store {
namespace {

/// Who holds the lock, as its holder wrote it; empty if it has not yet.
std::string holder(int file) {
  std::array<char, 256> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string this_process() {
  return fmt::format("process {} on {}", ::getpid(), core::host_name());
}

}  // namespace

bool has_no_writer_here(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "owner")) return false;
  const int file = ::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct ::flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const bool is_free = ::fcntl(file, F_OFD_GETLK, &whole) == 0 && whole.l_type == F_UNLCK;
  ::close(file);
  return is_free;
}

FolderLock::FolderLock(const std::filesystem::path& folder, bool take_over, Disk& disk)
    : folder_(folder), disk_(disk) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw cannot_write(folder, std::system_error(failure));
  try {
    lock_file();
  } catch (const std::system_error&) {
    owner_ = std::make_unique<OwnerRecord>(folder, take_over);
  }
}

/// @throws std::system_error where there are no locks
void FolderLock::lock_file() const {
  const std::filesystem::path path = folder_ / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) throw cannot_write(path, std::system_error(errno, std::generic_category()));
  try {
    disk_.lock(file);
  } catch (const std::system_error& cause) {
    const std::string who = holder(file);
    ::close(file);
    if (cause.code().value() == EAGAIN || cause.code().value() == EACCES)
      throw core::DataError(
          {.place = folder_.string(),
           .problem = "is being written by " + (who.empty() ? "another process" : who),
           .rule = "one writer at a time",
           .remedy = "Wait for it or end it; `bimix status` shows how far it is"});
    throw;
  }
  if (file_ >= 0) ::close(file_);
  file_ = file;
  const std::string me = this_process();
  // The text only serves the message above: a full disk must not refuse the lock.
  if (::ftruncate(file_, 0) == 0 && ::pwrite(file_, me.data(), me.size(), 0) < 0) errno = 0;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

/// Whether the name still leads to the file that is locked.
bool FolderLock::is_in_place() const {
  struct stat named {
  }, held{};
  return ::stat((folder_ / "lock").c_str(), &named) == 0 && ::fstat(file_, &held) == 0 &&
         named.st_ino == held.st_ino && named.st_dev == held.st_dev;
}

void FolderLock::require_held() const {
  if (owner_ && !owner_->is_ours())
    throw core::DataError({.place = folder_.string(),
                           .problem = "was taken over by another process",
                           .rule = "one writer at a time",
                           .remedy = "Let that one go on; nothing of what was finished is lost"});
  std::error_code failure;
  if (!owner_ && !is_in_place() && std::filesystem::is_directory(folder_, failure)) lock_file();
}

}  // namespace bimix::store
