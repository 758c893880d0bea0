#include "packed_streams.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace bimix::corpus {
namespace {

/// Members of gzip one behind the other.
class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(const std::filesystem::path& path) : file_(path), packed_(packed_bytes) {
    constexpr int of_gzip = 16 + MAX_WBITS;
    core::require(inflateInit2(&zlib_, of_gzip) == Z_OK, "zlib starts");
  }
  ~GzipStream() override { inflateEnd(&zlib_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(std::span<char> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      if (zlib_.avail_in == 0 && !has_more_) refill();
      if (zlib_.avail_in == 0 && !has_more_) {
        if (within_member_ && done == 0) file_.torn("a gzip member");
        break;
      }
      if (between_members_) skip_padding();
      if (zlib_.avail_in > 0 || has_more_) done += inflate_into(out.subspan(done));
    }
    return done;
  }

  std::uint64_t source_bytes() const override { return file_.offset() - zlib_.avail_in; }

 private:
  static constexpr std::size_t packed_bytes = std::size_t{1} << 18;

  void refill() {
    const std::size_t got = file_.read(packed_);
    zlib_.next_in = reinterpret_cast<Bytef*>(packed_.data());
    zlib_.avail_in = static_cast<uInt>(got);
  }

  /// Zeros behind the last member are no damage: tapes and blocks are filled up with them.
  void skip_padding() {
    while (zlib_.avail_in > 0 && *zlib_.next_in == 0) {
      ++zlib_.next_in;
      --zlib_.avail_in;
    }
    if (zlib_.avail_in > 0) between_members_ = false;
  }

  std::size_t inflate_into(std::span<char> out) {
    const auto room =
        static_cast<uInt>(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
    zlib_.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib_.avail_out = room;
    within_member_ = true;
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      within_member_ = false;
      between_members_ = true;
      inflateReset(&zlib_);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      file_.damaged(fmt::format("is no gzip ({}), noticed at byte {}",
                                zlib_.msg != nullptr ? zlib_.msg : "zlib", source_bytes()));
    }
    // Where the output was full zlib may hold back some, for which it wants no more input.
    has_more_ = within_member_ && zlib_.avail_out == 0;
    return room - zlib_.avail_out;
  }

  InputFile file_;
  std::vector<char> packed_;
  z_stream zlib_{};
  bool within_member_ = false, between_members_ = false, has_more_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> open_gzip(const std::filesystem::path& path) {
  return std::make_unique<GzipStream>(path);
}

}  // namespace bimix::corpus
