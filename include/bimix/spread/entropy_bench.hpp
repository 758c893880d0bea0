#pragma once

#include <cstdint>
#include <span>

namespace bimix::spread {

/// Bytes of text whose bigrams one thread counts in a second, for entropies; median over passes.
/// @param text 2 bytes at least; some MB, as in a corpus, for its runs of like pairs decide
/// @param seconds roughly how long to measure
double bench_entropy(std::span<const std::uint8_t> text, double seconds);

}  // namespace bimix::spread
