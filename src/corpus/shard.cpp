#include "shard.hpp"

#include "token_file.hpp"

#include <algorithm>

namespace bimix::corpus {
namespace {

/// How much of a file is looked at, in tokens: by their count, so that the same tokens of another
/// width are looked at in the same places.
struct SampleSizes {
  std::size_t whole_file = 0;
  std::size_t block = 0;
};

SampleSizes sample_sizes(int width) {
  if (width == 1) return {std::size_t{16} << 20, std::size_t{64} << 10};
  return {std::size_t{8} << 20, std::size_t{32} << 10};
}

const FileFormat& format_of(const TokenFile& file) {
  const auto& formats = file_formats();
  return **std::find_if(formats.begin(), formats.end(), [&](const FileFormat* format) {
    return format->recognises(file);  // the last one takes whatever is left
  });
}

}  // namespace

bool has_token_header(std::span<const std::uint8_t> bytes) {
  return format_of({"", bytes, 0}).has_header();
}

TokenSpan shard_tokens(const std::string& file, std::span<const std::uint8_t> bytes,
                       const TokenFormat& format) {
  const TokenFile shard{file, bytes, format.width};
  return format_of(shard).tokens(shard);
}

std::vector<Block> sample_blocks(const TokenSpan& tokens) {
  constexpr std::size_t block_count = 256;
  const SampleSizes sizes = sample_sizes(tokens.width());
  const std::size_t size = tokens.size();
  if (size <= sizes.whole_file) return {{0, size}};
  std::vector<Block> blocks;
  for (std::size_t b = 0; b < block_count; ++b)
    // First and last block touch the file's ends; (size - block) * b fits 64 bits to 2^56 tokens.
    blocks.push_back({(size - sizes.block) * b / (block_count - 1), sizes.block});
  return blocks;
}

}  // namespace bimix::corpus
