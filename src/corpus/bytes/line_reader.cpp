#include "line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace bimix::corpus {
namespace {

constexpr std::size_t first_size = std::size_t{1} << 20;

bool is_blank(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; });
}

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteStream> stream, std::size_t longest)
    : stream_(std::move(stream)), longest_(longest), buffer_(first_size + padding) {}

/// Reads more behind what is there. @return false at the end of the stream
bool LineReader::refill() {
  if (at_end_) return false;
  if (from_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + from_, filled_ - from_);
    offset_of_buffer_ += from_;
    filled_ -= from_;
    searched_ -= from_;
    from_ = 0;
  }
  const std::size_t room = buffer_.size() - padding;
  if (filled_ == room) buffer_.resize(std::min(2 * room, longest_ + first_size) + padding);
  const std::size_t wanted = buffer_.size() - padding - filled_;
  source_before_ = stream_->source_bytes();
  filled_before_ = filled_;
  const std::size_t got = stream_->read({buffer_.data() + filled_, wanted});
  filled_ += got;
  at_end_ = got == 0;  // less than was wanted comes before an error too
  return got > 0;
}

bool LineReader::reads_to_its_end(std::uint64_t most) {
  from_ = searched_ = filled_;
  for (std::uint64_t done = 0; done < most; done += filled_) {
    if (!refill()) return true;
    from_ = searched_ = filled_;
  }
  return false;
}

std::uint64_t LineReader::source_bytes() const {
  const std::uint64_t all = stream_->source_bytes();
  if (from_ == filled_) return all;
  if (from_ <= filled_before_) return source_before_;
  const double part =
      static_cast<double>(from_ - filled_before_) / static_cast<double>(filled_ - filled_before_);
  return source_before_ +
         static_cast<std::uint64_t>(part * static_cast<double>(all - source_before_));
}

/// Where the line that begins at from_ ends, if that is in the buffer.
std::optional<std::size_t> LineReader::find_end() {
  const void* end = std::memchr(buffer_.data() + searched_, '\n', filled_ - searched_);
  searched_ = filled_;
  if (end == nullptr) return std::nullopt;
  return static_cast<std::size_t>(static_cast<const char*>(end) - buffer_.data());
}

std::string_view LineReader::take(std::size_t length, std::size_t with_end) {
  std::string_view line(buffer_.data() + from_, length);
  if (line.ends_with('\r')) line.remove_suffix(1);
  from_ += with_end;
  searched_ = from_;
  ++number_;
  return line;
}

/// Forgets what there is of a line that is too long, up to its end.
void LineReader::pass_over_rest() {
  auto end = find_end();
  for (; !end; end = find_end()) {
    from_ = searched_ = filled_;
    if (!refill()) return;
  }
  from_ = searched_ = *end + 1;
}

std::optional<LineReader::Line> LineReader::next() {
  // Not at once: what follows may never end, and who reads may want no more of it.
  if (std::exchange(is_in_long_line_, false)) pass_over_rest();
  for (;;) {
    const auto end = find_end();
    const std::size_t length = end.value_or(filled_) - from_;
    if (length > longest_) {
      const Line line{{}, ++number_, offset_of_buffer_ + from_, true};
      searched_ = end.value_or(filled_);
      is_in_long_line_ = true;
      return line;
    }
    if (!end && refill()) continue;
    if (!end && length == 0) return std::nullopt;
    const std::uint64_t offset = offset_of_buffer_ + from_;
    const std::string_view text = take(length, length + (end ? 1 : 0));
    if (!is_blank(text)) return Line{text, number_, offset, false};
  }
}

}  // namespace bimix::corpus
