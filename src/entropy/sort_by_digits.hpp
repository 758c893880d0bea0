#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>

namespace bimix::entropy {

/// Sorts words by their lowest bits, lowest digits first: a pass over them for each 11 bits, whose
/// 2048 places stay in the first cache.
/// @param spare as many words, of no meaning before and after
template <class Word>
void sort_by_digits(std::span<Word> words, int bits, std::span<Word> spare) {
  constexpr int digit_bits = 11;
  constexpr std::size_t digits = std::size_t{1} << digit_bits, few = 256;
  if (words.size() < few) {
    std::sort(words.begin(), words.end());
    return;
  }
  std::span<Word> from = words, to = spare;
  for (int shift = 0; shift < bits; shift += digit_bits) {
    std::array<std::size_t, digits> place{};
    for (const Word word : from) ++place[(word >> shift) & (digits - 1)];
    std::exclusive_scan(place.begin(), place.end(), place.begin(), std::size_t{0});
    for (const Word word : from) to[place[(word >> shift) & (digits - 1)]++] = word;
    std::swap(from, to);
  }
  if (from.data() != words.data()) std::copy(from.begin(), from.end(), words.begin());
}

}  // namespace bimix::entropy
