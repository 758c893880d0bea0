#include <bimix/core/error.hpp>
#include <bimix/entropy/bigram_counts.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <numeric>
#include <utility>

namespace bimix::entropy {
namespace {

constexpr std::size_t alphabet = 256;
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

void count_bytes(const std::uint8_t* text, std::size_t bigrams, std::uint32_t* table) {
  for (std::size_t i = 0; i < bigrams; ++i) ++table[text[i] + alphabet * text[i + 1]];
}

/// The 4 bigrams that begin at the even bytes of a word.
void count_lanes(std::uint64_t word, std::uint32_t* table) {
  ++table[word & 0xffff];
  ++table[(word >> 16) & 0xffff];
  ++table[(word >> 32) & 0xffff];
  ++table[word >> 48];
}

/// The 8 bigrams that begin within 8 bytes.
void count_word(const std::uint8_t* at, std::uint32_t* table) {
  count_lanes(load8(at), table);
  count_lanes(load8(at + 1), table);
}

/// Counts at two far places at once, each with a table of its own, so that a run of one bigram does
/// not wait for its own increments.
void count(const std::uint8_t* text, std::size_t bigrams, std::uint32_t* near_table,
           std::uint32_t* far_table) {
  static_assert(std::endian::native == std::endian::little);
  const std::size_t half = bigrams / 2, in_words = half / 8 * 8;
  const std::uint8_t* far_text = text + half;
  for (std::size_t at = 0; at < in_words; at += 8) {
    count_word(text + at, near_table);
    count_word(far_text + at, far_table);
  }
  count_bytes(text + in_words, half - in_words, near_table);
  count_bytes(far_text + in_words, bigrams - half - in_words, far_table);
}

bool is_before(const Bigram& a, const Bigram& b) {
  return a.first != b.first ? a.first < b.first : a.second < b.second;
}

/// Counts of one pair that stand side by side become one.
void join_equal(std::vector<Bigram>& bigrams) {
  std::size_t last = 0;
  for (std::size_t i = 1; i < bigrams.size(); ++i) {
    if (is_before(bigrams[last], bigrams[i]))
      bigrams[++last] = bigrams[i];
    else
      bigrams[last].count += bigrams[i].count;
  }
  if (!bigrams.empty()) bigrams.resize(last + 1);
}

constexpr std::size_t most_pairs = std::size_t{1} << 24;  // collected at one time

/// Sorts words of so many bits, lowest digits first: a pass over them for each 11 bits, whose 2048
/// places stay in the first cache.
template <class Word>
void sort_by_digits(std::vector<Word>& words, int bits) {
  constexpr int digit_bits = 11;
  constexpr std::size_t digits = std::size_t{1} << digit_bits;
  std::vector<Word> sorted(words.size());
  for (int shift = 0; shift < bits; shift += digit_bits) {
    std::array<std::size_t, digits> place{};
    for (const Word word : words) ++place[(word >> shift) & (digits - 1)];
    std::exclusive_scan(place.begin(), place.end(), place.begin(), std::size_t{0});
    for (const Word word : words) sorted[place[(word >> shift) & (digits - 1)]++] = word;
    std::swap(words, sorted);
  }
}

/// The counts of pairs, which are used up.
template <class Word>
BigramCounts counts_of(std::vector<Word>& pairs, int token_bits) {
  sort_by_digits(pairs, 2 * token_bits);
  const Word second = (Word{1} << token_bits) - 1;
  std::vector<Bigram> bigrams;
  for (std::size_t from = 0, to = 0; from < pairs.size(); from = to) {
    for (to = from + 1; to < pairs.size() && pairs[to] == pairs[from];) ++to;
    bigrams.push_back({static_cast<std::int32_t>(pairs[from] >> token_bits),
                       static_cast<std::int32_t>(pairs[from] & second),
                       static_cast<std::int64_t>(to - from)});
  }
  pairs.clear();
  return BigramCounts(std::move(bigrams));
}

}  // namespace

BigramCounts::BigramCounts(std::vector<Bigram> bigrams) : bigrams_(std::move(bigrams)) {
  for (std::size_t i = 0; i < bigrams_.size(); ++i)
    core::require(bigrams_[i].count > 0 && (i == 0 || is_before(bigrams_[i - 1], bigrams_[i])),
                  "BigramCounts are ascending and positive");
}

void BigramCounts::merge(const BigramCounts& other) {
  if (other.bigrams_.empty()) return;
  std::vector<Bigram> all;
  all.reserve(bigrams_.size() + other.bigrams_.size());
  std::merge(bigrams_.begin(), bigrams_.end(), other.bigrams_.begin(), other.bigrams_.end(),
             std::back_inserter(all), is_before);
  join_equal(all);
  bigrams_ = std::move(all);
}

std::vector<std::int64_t> BigramCounts::first_tokens() const {
  std::vector<std::int64_t> sums;
  for (std::size_t i = 0; i < bigrams_.size(); ++i) {
    if (i == 0 || bigrams_[i - 1].first != bigrams_[i].first) sums.push_back(0);
    sums.back() += bigrams_[i].count;
  }
  return sums;
}

std::int64_t BigramCounts::total() const {
  return std::accumulate(bigrams_.begin(), bigrams_.end(), std::int64_t{0},
                         [](std::int64_t sum, const Bigram& b) { return sum + b.count; });
}

ByteBigramCounter::ByteBigramCounter()
    : tables_(second_table + cell_count, 0), cells_(cell_count, 0) {}

void ByteBigramCounter::add(std::span<const std::uint8_t> text) {
  while (text.size() >= 2) {
    if (pending_ == table_limit) empty_tables();
    const auto bigrams =
        static_cast<std::size_t>(std::min<std::uint64_t>(text.size() - 1, table_limit - pending_));
    count(text.data(), bigrams, tables_.data(), tables_.data() + second_table);
    pending_ += bigrams;
    text = text.subspan(bigrams);
  }
}

BigramCounts ByteBigramCounter::take() {
  empty_tables();
  std::vector<Bigram> bigrams;
  for (std::size_t cell = 0; cell < cell_count; ++cell)
    if (cells_[cell] > 0)
      bigrams.push_back({static_cast<std::int32_t>(cell / alphabet),
                         static_cast<std::int32_t>(cell % alphabet), cells_[cell]});
  std::fill(cells_.begin(), cells_.end(), 0);
  return BigramCounts(std::move(bigrams));
}

void ByteBigramCounter::empty_tables() {
  for (std::size_t x = 0; x < alphabet; ++x)
    for (std::size_t y = 0; y < alphabet; ++y)
      cells_[alphabet * x + y] += std::int64_t{tables_[x + alphabet * y]} +
                                  std::int64_t{tables_[second_table + x + alphabet * y]};
  std::fill(tables_.begin(), tables_.end(), 0);
  pending_ = 0;
}

TokenBigramCounter::TokenBigramCounter(int vocabulary)
    : token_bits_(std::bit_width(static_cast<unsigned>(vocabulary) - 1)) {
  core::require(vocabulary > 1 && vocabulary <= 1 << 20, "a vocabulary of 2 to 2^20");
}

void TokenBigramCounter::add(std::span<const std::int32_t> text) {
  if (2 * token_bits_ <= 32)
    add_to(narrow_, text);
  else
    add_to(wide_, text);
}

template <class Word>
void TokenBigramCounter::add_to(std::vector<Word>& pairs, std::span<const std::int32_t> text) {
  while (text.size() >= 2) {
    if (pairs.size() == most_pairs) empty_pairs();
    const std::size_t at = pairs.size(), count = std::min(text.size() - 1, most_pairs - at);
    pairs.resize(at + count);
    for (std::size_t i = 0; i < count; ++i)
      pairs[at + i] = (static_cast<Word>(text[i]) << token_bits_) + static_cast<Word>(text[i + 1]);
    text = text.subspan(count);
  }
}

BigramCounts TokenBigramCounter::take() {
  empty_pairs();
  narrow_.shrink_to_fit();
  wide_.shrink_to_fit();
  return std::exchange(counts_, {});
}

void TokenBigramCounter::empty_pairs() {
  counts_.merge(counts_of(narrow_, token_bits_));
  counts_.merge(counts_of(wide_, token_bits_));
}

}  // namespace bimix::entropy
