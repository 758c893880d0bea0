#include "packed_streams.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>
#include <zstd.h>

#include <vector>

namespace bimix::corpus {
namespace {

/// Frames of zstd one behind the other.
class ZstdStream final : public ByteStream {
 public:
  explicit ZstdStream(const std::filesystem::path& path)
      : file_(path), context_(ZSTD_createDCtx()), packed_(ZSTD_DStreamInSize()) {
    core::require(context_ != nullptr, "zstd starts");
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, largest_window);
  }

  std::size_t read(std::span<char> out) override {
    ZSTD_outBuffer unpacked{out.data(), out.size(), 0};
    while (unpacked.pos < unpacked.size) {
      if (input_.pos == input_.size && !has_more_) refill();
      const std::size_t before = unpacked.pos;
      if (input_.pos == input_.size && !has_more_) {
        if (within_frame_ && unpacked.pos == 0) file_.torn("a zstd frame");
        break;
      }
      const std::size_t left = ZSTD_decompressStream(context_.get(), &unpacked, &input_);
      if (ZSTD_isError(left) != 0)  // within a frame all that is known is what was well before
        file_.damaged(fmt::format("is no zstd ({}), noticed {} byte {}", ZSTD_getErrorName(left),
                                  within_frame_ ? "after" : "at", source_bytes()));
      within_frame_ = left != 0;
      // A full output may leave bytes inside the decoder, for which it wants no more input.
      has_more_ = within_frame_ && unpacked.pos == unpacked.size && unpacked.pos > before;
    }
    return unpacked.pos;
  }

  std::uint64_t source_bytes() const override {
    return file_.offset() - (input_.size - input_.pos);
  }

 private:
  static constexpr int largest_window = 31;

  void refill() { input_ = {packed_.data(), file_.read(packed_), 0}; }

  struct Freed {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  InputFile file_;
  std::unique_ptr<ZSTD_DCtx, Freed> context_;
  std::vector<char> packed_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool within_frame_ = false, has_more_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> open_zstd(const std::filesystem::path& path) {
  return std::make_unique<ZstdStream>(path);
}

}  // namespace bimix::corpus
