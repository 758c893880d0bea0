#pragma once

#include <cstdint>
#include <span>

namespace bimix::spread {

/// Bytes of text whose pairs one thread counts in a second, for entropies; median over passes.
/// @param text 2 bytes at least; some MB, as in a corpus, for its runs of like pairs decide
/// @param seconds roughly how long to measure
double bench_entropy(std::span<const std::uint8_t> text, double seconds);

/// Tokens a second whose pairs are counted.
struct PairSpeed {
  double tokens_per_second = 0.0;
  double peer_tokens_per_second = 0.0;  ///< by a std::unordered_map, of the first million of them
};

/// The same of tokens, made up: log-uniform, so that some are frequent and most are rare.
/// @param count of tokens: the more, the more different pairs
/// @param seconds roughly how long, and as long for the peer
PairSpeed bench_token_pairs(int vocabulary, std::int64_t count, double seconds);

}  // namespace bimix::spread
