#pragma once

#include <bimix/corpus/token_span.hpp>

#include <compare>
#include <cstdint>
#include <span>

namespace bimix::corpus {

/// What tells exact duplicates: XXH3 of a document's bytes, 128 bits.
struct ContentKey {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const ContentKey&) const = default;
};

ContentKey content_key(std::span<const std::uint8_t> bytes);

/// Of what sample_blocks takes of the tokens: of all of them up to 16 MiB, beyond that of their
/// count and a sample.
ContentKey sampled_key(const TokenSpan& tokens);

}  // namespace bimix::corpus
