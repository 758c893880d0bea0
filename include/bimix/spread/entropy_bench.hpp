#pragma once

#include <cstdint>
#include <span>

namespace bimix::spread {

/// Bytes of text whose pairs one thread counts in a second, for entropies; median over passes.
/// @param text 2 bytes at least; some MB, as in a corpus, for its runs of like pairs decide
/// @param seconds roughly how long to measure
double bench_entropy(std::span<const std::uint8_t> text, double seconds);

/// The same of tokens a second, made up: log-uniform, so that some are frequent and most are rare.
/// @param count of tokens: the more, the more different pairs
double bench_token_pairs(int vocabulary, std::int64_t count, double seconds);

}  // namespace bimix::spread
