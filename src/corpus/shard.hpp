#pragma once

#include <bimix/corpus/packed_tokens.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bimix::corpus {

/// The tokens of a file without its header, if it begins with one that is known (FORMAT.md).
/// @throws DataError naming `file` for a torn file, a header that says otherwise than the campaign,
///         a size that is no whole number of tokens, no tokens
TokenSpan shard_tokens(const std::string& file, std::span<const std::uint8_t> bytes,
                       const TokenFormat& format);

/// Whether a file begins with a header of tokens that shard_tokens knows.
bool has_token_header(std::span<const std::uint8_t> bytes);

/// A stretch of tokens.
struct Block {
  std::size_t from = 0;
  std::size_t count = 0;
};

/// What is read of a file when a corpus is opened: one block with all of it up to 16 MiB of text or
/// 8Mi tokens, else 256 blocks of 64 KiB or 32Ki tokens, evenly, with its first and last token.
std::vector<Block> sample_blocks(const TokenSpan& tokens);

}  // namespace bimix::corpus
