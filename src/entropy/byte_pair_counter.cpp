#include <bimix/entropy/pair_tally.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace bimix::entropy {
namespace {

constexpr std::size_t alphabet = BytePairCounter::alphabet;
constexpr std::size_t cell_count = alphabet * alphabet;
constexpr std::uint64_t table_limit = std::uint64_t{1} << 31;  // of 2^32: no cell overflows

// Where the second table starts. Were equal cells of both a multiple of 4096 bytes apart, the
// processor would take a load from one for a load of what was just stored in the other: 20 %
// slower.
constexpr std::size_t second_table = cell_count + 16;

// Tables are indexed first + 256 * second, as a little-endian load holds a pair.

std::uint64_t load8(const std::uint8_t* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

void count_bytes(const std::uint8_t* text, std::size_t pairs, std::uint32_t* table) {
  for (std::size_t i = 0; i < pairs; ++i) ++table[text[i] + alphabet * text[i + 1]];
}

/// The 4 pairs that begin at the even bytes of a word.
void count_lanes(std::uint64_t word, std::uint32_t* table) {
  ++table[word & 0xffff];
  ++table[(word >> 16) & 0xffff];
  ++table[(word >> 32) & 0xffff];
  ++table[word >> 48];
}

/// The 8 pairs that begin within 8 bytes.
void count_word(const std::uint8_t* at, std::uint32_t* table) {
  count_lanes(load8(at), table);
  count_lanes(load8(at + 1), table);
}

/// Counts at two far places at once, each with a table of its own, so that a run of one pair does
/// not wait for its own increments.
void count(const std::uint8_t* text, std::size_t pairs, std::uint32_t* near_table,
           std::uint32_t* far_table) {
  static_assert(std::endian::native == std::endian::little);
  const std::size_t half = pairs / 2, in_words = half / 8 * 8;
  const std::uint8_t* far_text = text + half;
  for (std::size_t at = 0; at < in_words; at += 8) {
    count_word(text + at, near_table);
    count_word(far_text + at, far_table);
  }
  count_bytes(text + in_words, half - in_words, near_table);
  count_bytes(far_text + in_words, pairs - half - in_words, far_table);
}

}  // namespace

BytePairCounter::BytePairCounter() : tables_(second_table + cell_count, 0), cells_(cell_count, 0) {}

void BytePairCounter::add(std::span<const std::uint8_t> text) {
  while (text.size() >= 2) {
    if (pending_ == table_limit) empty_tables();
    const auto pairs =
        static_cast<std::size_t>(std::min<std::uint64_t>(text.size() - 1, table_limit - pending_));
    count(text.data(), pairs, tables_.data(), tables_.data() + second_table);
    pending_ += pairs;
    text = text.subspan(pairs);
  }
}

std::vector<std::int64_t> BytePairCounter::take() {
  empty_tables();
  return std::exchange(cells_, std::vector<std::int64_t>(cell_count, 0));
}

void BytePairCounter::empty_tables() {
  for (std::size_t x = 0; x < alphabet; ++x)
    for (std::size_t y = 0; y < alphabet; ++y)
      cells_[alphabet * x + y] += std::int64_t{tables_[x + alphabet * y]} +
                                  std::int64_t{tables_[second_table + x + alphabet * y]};
  std::fill(tables_.begin(), tables_.end(), 0);
  pending_ = 0;
}

}  // namespace bimix::entropy
