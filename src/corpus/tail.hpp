#pragma once

#include <cstdint>
#include <span>

namespace bimix::corpus {

/// Where a tail of about `wanted` bytes of a text begins: behind the line end nearest behind the
/// mark, if there is one in the first half of the tail.
std::uint64_t tail_of_text(std::span<const std::uint8_t> text, std::uint64_t wanted);

/// The same of `bytes` bytes of tokens: which token ends a line only the tokenizer knows.
std::uint64_t tail_of_tokens(std::uint64_t bytes, int width, std::uint64_t wanted);

}  // namespace bimix::corpus
