#include "sort_by_digits.hpp"

#include <bimix/core/error.hpp>
#include <bimix/entropy/pair_tally.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace bimix::entropy {
namespace {

Occurrences occurrences_of(std::span<const std::int64_t> counts) {
  Occurrences occurrences;
  for (const std::int64_t count : counts)
    if (count > 0) ++occurrences[count];
  return occurrences;
}

void add(Occurrences& all, const Occurrences& more) {
  for (const auto& [times, things] : more) all[times] += things;
}

/// Counts how often things occur; most do rarely, for which an array is faster than a map.
class OccurrenceCounter {
 public:
  void add(std::int64_t times) {
    if (static_cast<std::size_t>(times) < often)
      ++rarely_[static_cast<std::size_t>(times)];
    else
      ++all_[times];
  }
  Occurrences take() {
    for (std::size_t times = 1; times < often; ++times)
      if (rarely_[times] > 0) all_[static_cast<std::int64_t>(times)] = rarely_[times];
    return std::move(all_);
  }

 private:
  static constexpr std::size_t often = 4096;
  std::vector<std::int64_t> rarely_ = std::vector<std::int64_t>(often, 0);
  Occurrences all_{};
};

/// How often words of so many bits occur. They are dealt out by the first bits of a product, which
/// spreads them evenly, into parts that are sorted by the others within the cache.
template <class Word>
Occurrences occurrences_in(core::LargeVector<Word>& words, int bits) {
  constexpr int most_part_bits = 11;
  const int part_bits = std::min(most_part_bits, bits), rest = bits - part_bits;
  // Odd, so that different words have different products.
  constexpr auto factor = static_cast<Word>(0x9e3779b97f4a7c15U);
  const auto mask = static_cast<Word>(~std::uint64_t{0} >> (64 - bits));
  std::vector<std::size_t> end(std::size_t{1} << part_bits, 0);
  for (Word& word : words) {
    word = static_cast<Word>(word * factor) & mask;
    ++end[word >> rest];
  }
  std::exclusive_scan(end.begin(), end.end(), end.begin(), std::size_t{0});
  core::LargeVector<Word> dealt(words.size());
  for (const Word word : words) dealt[end[word >> rest]++] = word;
  OccurrenceCounter counter;
  std::size_t begin = 0;
  for (const std::size_t to : end) {
    const std::span<Word> part(dealt.data() + begin, to - begin);
    sort_by_digits(part, rest, std::span(words).subspan(begin, part.size()));
    for (std::size_t i = 0, next = 0; i < part.size(); i = next) {
      for (next = i + 1; next < part.size() && part[next] == part[i];) ++next;
      counter.add(static_cast<std::int64_t>(next - i));
    }
    begin = to;
  }
  words.clear();
  return counter.take();
}

bool is_narrow(int token_bits) { return 2 * token_bits <= 32; }

int token_bits_of(int vocabulary) {
  core::require(vocabulary > 1 && vocabulary <= 1 << 20, "a vocabulary of 2 to 2^20");
  return std::bit_width(static_cast<unsigned>(vocabulary) - 1);
}

}  // namespace

std::int64_t PairTally::total() const {
  std::int64_t sum = 0;
  for (const auto& [times, different] : pairs) sum += times * different;
  return sum;
}

void PairTally::merge(const PairTally& more) {
  add(pairs, more.pairs);
  add(firsts, more.firsts);
}

std::string bytes_of(const PairTally& tally) {
  std::string bytes;
  const auto append = [&](std::int64_t number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  append(static_cast<std::int64_t>(tally.pairs.size()));
  for (const Occurrences* occurrences : {&tally.pairs, &tally.firsts})
    for (const auto& [times, different] : *occurrences) {
      append(times);
      append(different);
    }
  return bytes;
}

PairTally pair_tally_from(std::string_view bytes) {
  const auto next = [&] {
    std::int64_t number = 0;
    core::require(bytes.size() >= sizeof number, "a whole tally");
    std::memcpy(&number, bytes.data(), sizeof number);
    bytes.remove_prefix(sizeof number);
    return number;
  };
  PairTally tally;
  const std::int64_t pairs = next();
  while (!bytes.empty()) {
    const std::int64_t times = next();
    (std::ssize(tally.pairs) < pairs ? tally.pairs : tally.firsts)[times] = next();
  }
  return tally;
}

PairCounter::PairCounter(int vocabulary, PairClass of, std::int64_t expected)
    : token_bits_(token_bits_of(vocabulary)), class_(of) {
  core::require(of.number < of.count, "PairCounter of an existing class");
  if (of.number == 0) first_.resize(static_cast<std::size_t>(vocabulary), 0);
  if (!is_narrow(token_bits_)) pairs_.emplace<core::LargeVector<std::uint64_t>>();
  std::visit([&](auto& pairs) { pairs.reserve(static_cast<std::size_t>(expected)); }, pairs_);
}

std::int64_t PairCounter::bytes_per_pair(int vocabulary) {
  return 2 * (is_narrow(token_bits_of(vocabulary)) ? 4 : 8);
}

void PairCounter::add(std::span<const std::int32_t> text) {
  if (text.size() < 2) return;
  if (!first_.empty())
    for (const std::int32_t token : text.first(text.size() - 1))
      ++first_[static_cast<std::size_t>(token)];
  std::visit([&](auto& pairs) { add_to(pairs, text); }, pairs_);
}

template <class Word>
void PairCounter::add_to(core::LargeVector<Word>& pairs, std::span<const std::int32_t> text) const {
  const auto pair_at = [&](std::size_t i) {
    return (static_cast<Word>(text[i]) << token_bits_) + static_cast<Word>(text[i + 1]);
  };
  const std::size_t count = text.size() - 1;
  const std::size_t before = pairs.size();
  if (pairs.capacity() < before + count)
    pairs.reserve(std::max(before + count, before + before / 2));
  pairs.resize(before + count);
  std::size_t at = before;
  if (class_.count == 1) {
    for (std::size_t i = 0; i < count; ++i) pairs[at + i] = pair_at(i);
    return;
  }
  // Each is written, and stays if it is of the class: no branch that is guessed wrong.
  for (std::size_t i = 0; i < count; ++i) {
    const Word pair = pair_at(i);
    pairs[at] = pair;
    at += static_cast<std::size_t>(class_.has(pair));
  }
  pairs.resize(at);
}

PairTally PairCounter::take() {
  PairTally tally{.firsts = occurrences_of(first_)};
  std::fill(first_.begin(), first_.end(), 0);
  std::visit([&](auto& pairs) { tally.pairs = occurrences_in(pairs, 2 * token_bits_); }, pairs_);
  return tally;
}

PairTally tally_of(std::span<const std::int64_t> cells) {
  constexpr std::size_t alphabet = BytePairCounter::alphabet;
  core::require(cells.size() == alphabet * alphabet, "a cell for each pair of bytes");
  std::vector<std::int64_t> first(alphabet, 0);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) first[cell / alphabet] += cells[cell];
  return {.pairs = occurrences_of(cells), .firsts = occurrences_of(first)};
}

}  // namespace bimix::entropy
