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

template <class Word>
Word mask_of(int bits) {
  return static_cast<Word>(~std::uint64_t{0} >> (64 - bits));
}

/// How often words below `limit` occur. They are dealt out by their first bits into parts that are
/// sorted by the others within the cache.
template <class Word>
Occurrences occurrences_in(std::span<Word> words, std::uint64_t limit,
                           core::LargeVector<Word>& spare) {
  constexpr int part_bits = 11;
  const int bits = static_cast<int>(std::bit_width(limit - 1)),
            rest = std::max(0, bits - part_bits);
  std::vector<std::size_t> end(((limit - 1) >> rest) + 1, 0);
  for (const Word word : words) ++end[word >> rest];
  std::exclusive_scan(end.begin(), end.end(), end.begin(), std::size_t{0});
  spare.resize(words.size());
  for (const Word word : words) spare[end[word >> rest]++] = word;
  OccurrenceCounter counter;
  std::size_t begin = 0;
  for (const std::size_t to : end) {
    const std::span<Word> part(spare.data() + begin, to - begin);
    sort_by_digits(part, rest, words.subspan(begin, part.size()));
    for (std::size_t i = 0, next = 0; i < part.size(); i = next) {
      for (next = i + 1; next < part.size() && part[next] == part[i];) ++next;
      counter.add(static_cast<std::int64_t>(next - i));
    }
    begin = to;
  }
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

PairCounter::PairCounter(int vocabulary)
    : token_bits_(token_bits_of(vocabulary)), first_(static_cast<std::size_t>(vocabulary), 0) {
  if (!is_narrow(token_bits_)) collected_.emplace<CollectedPairs<std::uint64_t>>();
}

std::int64_t PairCounter::bytes_per_pair(int vocabulary) {
  return 2 * (is_narrow(token_bits_of(vocabulary)) ? 4 : 8);
}

void PairCounter::begin(PairClass of, std::int64_t expected) {
  core::require(of.number < of.count, "PairCounter of an existing class");
  std::fill(first_.begin(), first_.end(), 0);
  counts_tokens_ = of.number == 0;
  std::visit([&](auto& collected) { begin(collected, of, expected); }, collected_);
}

template <class Word>
void PairCounter::begin(CollectedPairs<Word>& collected, PairClass of,
                        std::int64_t expected) const {
  __extension__ using Wide = unsigned __int128;
  const auto bound = [&](std::uint64_t number) {
    return static_cast<std::uint64_t>((Wide{number} << (2 * token_bits_)) / of.count);
  };
  collected.words.clear();
  collected.words.reserve(static_cast<std::size_t>(expected));
  collected.first = static_cast<Word>(bound(of.number));
  collected.is_all = of.count == 1;
  collected.size = static_cast<Word>(bound(of.number + 1) - bound(of.number));
}

void PairCounter::add(std::span<const std::int32_t> text) {
  if (text.size() < 2) return;
  if (counts_tokens_)
    for (const std::int32_t token : text.first(text.size() - 1))
      ++first_[static_cast<std::size_t>(token)];
  std::visit([&](auto& collected) { add_to(collected, text); }, collected_);
}

template <class Word>
void PairCounter::add_to(CollectedPairs<Word>& collected,
                         std::span<const std::int32_t> text) const {
  constexpr auto factor = static_cast<Word>(0x9e3779b97f4a7c15U);
  const auto mask = mask_of<Word>(2 * token_bits_);
  const auto product = [&](std::size_t i) {
    const Word pair = (static_cast<Word>(text[i]) << token_bits_) + static_cast<Word>(text[i + 1]);
    return static_cast<Word>(pair * factor) & mask;
  };
  auto& words = collected.words;
  const std::size_t count = text.size() - 1, before = words.size();
  if (words.capacity() < before + count)
    words.reserve(std::max(before + count, before + before / 2));
  words.resize(before + count);
  Word* to = words.data() + before;
  if (collected.is_all) {
    for (std::size_t i = 0; i < count; ++i) to[i] = product(i);
    return;
  }
  // Each is written, and stays if it is of the class: no branch that is guessed wrong.
  const Word first = collected.first, size = collected.size;
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = static_cast<Word>(product(i) - first);
    *to = word;
    to += static_cast<std::ptrdiff_t>(word < size);
  }
  words.resize(static_cast<std::size_t>(to - words.data()));
}

PairTally PairCounter::take() {
  PairTally tally{.firsts = occurrences_of(first_)};
  std::fill(first_.begin(), first_.end(), 0);
  const auto count = [&](auto& collected) {
    const std::uint64_t limit =
        collected.is_all ? std::uint64_t{1} << (2 * token_bits_) : collected.size;
    if (!collected.words.empty())
      tally.pairs = occurrences_in(std::span(collected.words), limit, collected.spare);
    collected.words.clear();
  };
  std::visit(count, collected_);
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
