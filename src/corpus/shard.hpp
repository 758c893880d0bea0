#pragma once

#include <bimix/corpus/packed_tokens.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bimix {

/// The tokens of a file without its header, if it begins with one that is known (FORMAT.md). Of
/// tokens: bytes everything is text.
/// @throws DataError naming `file` for a torn file, a header that says otherwise than the campaign,
///         a size that is no whole number of tokens, no tokens
TokenSpan shard_tokens(const std::string& file, std::span<const std::uint8_t> bytes,
                       const TokenFormat& format);

/// A stretch of tokens.
struct Block {
  std::size_t from = 0;
  std::size_t count = 0;
};

/// What is read of a file when a corpus is opened: one block with all of it up to 16 MiB, else 256
/// blocks of 64 KiB, evenly, with its first and last token.
std::vector<Block> sample_blocks(const TokenSpan& tokens);

/// Looks at a sample of a document's tokens.
/// @throws DataError for a token that is not below the vocabulary, and for uint16 that is uint32
void check_sample(const Document& document, int vocabulary);

}  // namespace bimix
