#pragma once

#include <array>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace bimix::entropy {

/// Sorts words of so many bits, lowest digits first: a pass over them for each 11 bits, whose 2048
/// places stay in the first cache.
/// @param spare any vector, for the next call
template <class Word>
void sort_by_digits(std::vector<Word>& words, int bits, std::vector<Word>& spare) {
  constexpr int digit_bits = 11;
  constexpr std::size_t digits = std::size_t{1} << digit_bits;
  spare.resize(words.size());
  for (int shift = 0; shift < bits; shift += digit_bits) {
    std::array<std::size_t, digits> place{};
    for (const Word word : words) ++place[(word >> shift) & (digits - 1)];
    std::exclusive_scan(place.begin(), place.end(), place.begin(), std::size_t{0});
    for (const Word word : words) spare[place[(word >> shift) & (digits - 1)]++] = word;
    std::swap(words, spare);
  }
}

}  // namespace bimix::entropy
