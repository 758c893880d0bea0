#include "output_file.hpp"

#include <bimix/core/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace bimix::corpus {
namespace {

constexpr std::size_t buffered = std::size_t{1} << 20;

/// A new file, never an old one emptied: a run that has that one open keeps the texts it began
/// with.
int opened_anew(const std::filesystem::path& path) {
  ::unlink(path.c_str());
  return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0666);
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path path, How how, std::uint64_t offset)
    : path_(std::move(path)),
      descriptor_(how == How::anew ? opened_anew(path_)
                                   : ::open(path_.c_str(), O_WRONLY | O_CLOEXEC)),
      offset_(offset) {
  if (descriptor_ < 0) fail(errno);
  buffer_.reserve(buffered);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (buffer_.size() == buffered) flush();
    if (buffer_.empty() && bytes.size() >= buffered) return put(bytes);
    const auto part = bytes.first(std::min(bytes.size(), buffered - buffer_.size()));
    buffer_.insert(buffer_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
  }
}

void OutputFile::flush() {
  put(buffer_);
  buffer_.clear();
}

void OutputFile::put(std::span<const std::byte> left) {
  while (!left.empty()) {
    const ssize_t done =
        ::pwrite(descriptor_, left.data(), left.size(), static_cast<off_t>(offset_));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail(errno);
    offset_ += static_cast<std::uint64_t>(done);
    left = left.subspan(static_cast<std::size_t>(done));
  }
}

void OutputFile::close() {
  flush();
  const int descriptor = std::exchange(descriptor_, -1);
  if (::close(descriptor) != 0) fail(errno);
}

void OutputFile::close_safely() {
  flush();
  // EINVAL: what cannot be forced to a device.
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL) fail(errno);
  close();
}

void OutputFile::reserve(std::uint64_t bytes) {
  // File systems that cannot reserve make the file longer; a full disk then shows at a write.
  const int error = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes));
  if (error == ENOSPC || error == EFBIG || error == EDQUOT) fail(error);
  if (error != 0 && ::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) fail(errno);
}

void OutputFile::fail(int error) const {
  std::error_code unknown;
  const auto space = std::filesystem::space(path_.parent_path(), unknown);
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw core::DataError(
      {.place = path_.string(),
       .problem = fmt::format("cannot be written: {}", std::strerror(error)),
       .rule = is_full && !unknown
                   ? fmt::format("{} MB are free there", space.available / 1'000'000)
                   : "",
       .remedy =
           is_full
               ? "Make room, or say `corpus: {store: FOLDER}` with a folder on another disk; what "
                 "was read is kept, and the same command goes on from there"
               : "Check the permissions, or say `corpus: {store: FOLDER}` with another folder"});
}

}  // namespace bimix::corpus
