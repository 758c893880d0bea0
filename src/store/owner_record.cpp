#include "owner_record.hpp"

#include "disk_errors.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/store/disk.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <random>
#include <system_error>

namespace bimix::store {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Without the number that tells two starts of one process id apart.
std::string holder_of(const std::string& text) { return text.substr(0, text.find(',')); }

/// Writes a new file. @return false if there is one already
bool write_new(const std::filesystem::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) return false;
  if (file < 0) throw cannot_write(path, std::system_error(errno, std::generic_category()));
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                     ::fsync(file) == 0;
  const int reason = errno;
  ::close(file);
  if (!whole) throw cannot_write(path, std::system_error(reason, std::generic_category()));
  return true;
}

}  // namespace

OwnerRecord::OwnerRecord(const std::filesystem::path& folder, bool take_over, const Pace& pace)
    : path_(folder / "owner"),
      text_(fmt::format("process {} on {}, {:08x}{:08x}\n", ::getpid(), core::host_name(),
                        std::random_device()(), std::random_device()())),
      pace_(pace) {
  if (!write_new(path_, text_)) {
    const std::string before = text_of(path_);
    const double seconds = seconds_since_written(path_);
    if (seconds < std::chrono::duration<double>(pace_.stale).count())
      throw core::DataError(
          {.place = folder.string(),
           .problem = fmt::format("is being written by {}, heard of {} ago", holder_of(before),
                                  core::format_seconds(seconds)),
           .rule = "one writer at a time; this file system has no locks",
           .remedy = "Wait for it or end it; if it is dead, try again in a minute"});
    if (!take_over)
      throw core::DataError(
          {.place = folder.string(),
           .problem = fmt::format("was being written by {}, last heard of {} ago",
                                  holder_of(before), core::format_seconds(seconds)),
           .rule = "this file system has no locks that would tell whether it still is",
           .remedy = "If that process has ended for sure, repeat the command with --take-over"});
    take_over_from(before);
  }
  heart_ = std::thread([this] { beat(); });
}

void OwnerRecord::take_over_from(const std::string& before) {
  const std::filesystem::path aside = path_.string() + "." + text_.substr(text_.find(',') + 2, 16);
  write_new(aside, text_);
  std::filesystem::rename(aside, path_);
  // Of two that take over at once the last one to rename stands, and the other sees it here.
  std::this_thread::sleep_for(pace_.settle);
  if (!is_ours())
    throw core::DataError({.place = path_.parent_path().string(),
                           .problem = fmt::format("was taken over from {} by {} at the same moment",
                                                  holder_of(before), holder_of(text_of(path_))),
                           .rule = "one writer at a time",
                           .remedy = "Wait for it or end it"});
}

OwnerRecord::~OwnerRecord() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  ending_.notify_all();
  if (heart_.joinable()) heart_.join();
  std::error_code ignored;
  if (is_ours()) std::filesystem::remove(path_, ignored);
}

bool OwnerRecord::is_ours() const { return text_of(path_) == text_; }

void OwnerRecord::beat() {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, pace_.beat, [this] { return ends_; }))
    // No times given: the file system's own clock.
    if (is_ours()) ::utimensat(AT_FDCWD, path_.c_str(), nullptr, 0);
}

}  // namespace bimix::store
