#include "byte_stream.hpp"
#include "packed_streams.hpp"

#include <bimix/core/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace bimix::corpus {
namespace {

/// A file as it is.
class PlainStream final : public ByteStream {
 public:
  PlainStream(const std::filesystem::path& path, ByteRange range)
      : file_(path), from_(range.from), left_(range.to - range.from) {
    file_.skip_to(range.from);
  }
  std::uint64_t source_bytes() const override { return file_.offset() - from_; }
  std::size_t read(std::span<char> out) override {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    const std::size_t got = file_.read(out.first(wanted));
    left_ -= got;
    return got;
  }

 private:
  InputFile file_;
  std::uint64_t from_, left_;
};

}  // namespace

InputFile::InputFile(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail(errno);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::skip_to(std::uint64_t offset) {
  if (offset > 0 && ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET) < 0) fail(errno);
  offset_ = offset;
}

std::size_t InputFile::read(std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(descriptor_, out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  offset_ += done;
  return done;
}

void InputFile::fail(int error) const {
  throw core::DataError({.place = path_.string(),
                         .problem = fmt::format("cannot be read: {}", std::strerror(error)),
                         .remedy = "Check the path and its permissions"});
}

void InputFile::damaged(std::string problem) const {
  throw core::DataError({.place = path_.string(),
                         .problem = std::move(problem),
                         .rule = "the file is damaged, and which of its bytes are right nobody "
                                 "knows: `on_error: skip` does not pass over it",
                         .remedy = "Copy it again, or leave it out"});
}

void InputFile::torn(std::string within) const {
  throw TornError({.place = path_.string(),
                   .problem = fmt::format("ends within {} at byte {}", within, offset_),
                   .rule = "the file was not copied to its end",
                   .remedy = "Copy it again, or leave it out"});
}

Packing packing_of(const std::filesystem::path& path) {
  using namespace std::string_view_literals;
  std::array<char, 4> first{};
  const std::size_t size = InputFile(path).read(first);
  const std::string_view magic(first.data(), size);
  if (magic.starts_with("\x1f\x8b"sv)) return Packing::gzip;
  // Frames that hold user data and may come first: 0x184D2A50 to 0x184D2A5F.
  const bool skippable = size == 4 && (static_cast<unsigned char>(first[0]) & 0xf0U) == 0x50 &&
                         magic.substr(1) == "\x2a\x4d\x18"sv;
  return magic == "\x28\xb5\x2f\xfd"sv || skippable ? Packing::zstd : Packing::none;
}

std::unique_ptr<ByteStream> open_bytes(const std::filesystem::path& path, ByteRange range) {
  const Packing packing = packing_of(path);
  core::require(packing == Packing::none || (range.from == 0 && range.to == UINT64_MAX),
                "a packed file is read from its beginning");
  switch (packing) {
    case Packing::gzip:
      return open_gzip(path);
    case Packing::zstd:
      return open_zstd(path);
    case Packing::none:
      break;
  }
  return std::make_unique<PlainStream>(path, range);
}

}  // namespace bimix::corpus
