#pragma once

#include <bimix/corpus/token_span.hpp>

#include <compare>
#include <cstdint>
#include <span>

namespace bimix::corpus {

/// What tells exact duplicates: XXH3, 128 bits, of a document's bytes, or of its tokens as numbers
/// of 4 bytes, whatever width they have in the file.
struct ContentKey {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const ContentKey&) const = default;
};

ContentKey content_key(std::span<const std::uint8_t> bytes);
ContentKey content_key(const TokenSpan& tokens);

/// Of what sample_blocks takes of the tokens: of all of them up to 8Mi, beyond that of their count
/// and a sample.
ContentKey sampled_key(const TokenSpan& tokens);

}  // namespace bimix::corpus
