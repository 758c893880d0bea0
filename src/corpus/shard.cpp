#include "shard.hpp"

#include "token_file.hpp"

#include <algorithm>

namespace bimix::corpus {
namespace {

constexpr std::size_t whole_file_bytes = std::size_t{16} << 20;
constexpr std::size_t block_bytes = std::size_t{64} << 10;
constexpr std::size_t block_count = 256;

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
  const std::size_t bytes = tokens.bytes().size(), width = static_cast<std::size_t>(tokens.width());
  if (bytes <= whole_file_bytes) return {{0, tokens.size()}};
  std::vector<Block> blocks;
  for (std::size_t b = 0; b < block_count; ++b) {
    // First and last block touch the file's ends; (size - block) * b fits 64 bits to 2^56 bytes.
    std::size_t at = (bytes - block_bytes) * b / (block_count - 1);
    if (width > 1) at -= at % 4;  // the fingerprint of older runs was of these
    const std::size_t end = b + 1 == block_count ? bytes : at + block_bytes;
    blocks.push_back({at / width, (end - at) / width});
  }
  return blocks;
}

}  // namespace bimix::corpus
