#include "sort_by_digits.hpp"

#include <bimix/core/error.hpp>
#include <bimix/entropy/pair_tally.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace bimix::entropy {
namespace {

constexpr std::uint64_t bucket_salt = 1;

/// Equal words that stand side by side, and how many they are.
template <class Word, class Visit>
void for_each_run(const std::vector<Word>& sorted, Visit visit) {
  for (std::size_t from = 0, to = 0; from < sorted.size(); from = to) {
    for (to = from + 1; to < sorted.size() && sorted[to] == sorted[from];) ++to;
    visit(sorted[from], static_cast<std::int64_t>(to - from));
  }
}

}  // namespace

PairTally::PairTally(const BigramCounts& counts) : firsts(occurrences_of(counts.first_tokens())) {
  for (const Bigram& bigram : counts.bigrams()) ++pairs[bigram.count];
}

std::int64_t PairTally::total() const {
  std::int64_t sum = 0;
  for (const auto& [times, different] : pairs) sum += times * different;
  return sum;
}

void merge(Occurrences& all, const Occurrences& more) {
  for (const auto& [times, different] : more) all[times] += different;
}

Occurrences occurrences_of(std::span<const std::int64_t> counts) {
  Occurrences occurrences;
  for (const std::int64_t count : counts)
    if (count > 0) ++occurrences[count];
  return occurrences;
}

std::string bytes_of(const Occurrences& occurrences) {
  std::string bytes;
  for (const auto& [times, different] : occurrences)
    for (const std::int64_t number : {times, different})
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return bytes;
}

Occurrences occurrences_from(std::string_view bytes) {
  constexpr std::size_t entry = 2 * sizeof(std::int64_t);
  core::require(bytes.size() % entry == 0, "occurrences are pairs of numbers");
  Occurrences occurrences;
  for (; !bytes.empty(); bytes.remove_prefix(entry)) {
    std::int64_t numbers[2];
    std::memcpy(numbers, bytes.data(), entry);
    occurrences[numbers[0]] = numbers[1];
  }
  return occurrences;
}

PairCode::PairCode(int vocabulary)
    : token_bits(std::bit_width(static_cast<unsigned>(vocabulary) - 1)) {
  core::require(vocabulary > 1 && vocabulary <= 1 << 20, "a vocabulary of 2 to 2^20");
}

template <class Word>
void PairCounter<Word>::add(std::span<const Word> pairs) {
  constexpr std::size_t least = std::size_t{1} << 17;
  for (const Word pair : pairs) {
    Bucket& bucket = buckets_[PairCode::class_of(pair, bucket_salt, bucket_count)];
    if (bucket.fresh.size() >= std::max(least, bucket.pair.size())) settle(bucket);
    bucket.fresh.push_back(pair);
  }
}

/// The fresh pairs join those that are counted.
template <class Word>
void PairCounter<Word>::settle(Bucket& bucket) {
  sort_by_digits(bucket.fresh, 2 * token_bits_, spare_);
  std::vector<Word> pair;
  std::vector<std::int64_t> count;
  pair.reserve(bucket.pair.size() + bucket.fresh.size() / 2);
  count.reserve(pair.capacity());
  std::size_t old = 0;
  const auto take_old = [&] {
    pair.push_back(bucket.pair[old]);
    count.push_back(bucket.count[old++]);
  };
  for_each_run(bucket.fresh, [&](Word word, std::int64_t times) {
    while (old < bucket.pair.size() && bucket.pair[old] < word) take_old();
    if (old < bucket.pair.size() && bucket.pair[old] == word) {
      take_old();
      count.back() += times;
    } else {
      pair.push_back(word);
      count.push_back(times);
    }
  });
  while (old < bucket.pair.size()) take_old();
  bucket.pair = std::move(pair);
  bucket.count = std::move(count);
  bucket.fresh.clear();
}

template <class Word>
Occurrences PairCounter<Word>::take() {
  constexpr std::size_t often = 4096;
  std::vector<std::int64_t> rarely(often, 0);  // most pairs are rare: an array is faster for them
  Occurrences occurrences;
  for (Bucket& bucket : buckets_) {
    settle(bucket);
    for (const std::int64_t count : bucket.count)
      if (count < static_cast<std::int64_t>(often))
        ++rarely[static_cast<std::size_t>(count)];
      else
        ++occurrences[count];
    bucket = {};
  }
  for (std::size_t times = 1; times < often; ++times)
    if (rarely[times] > 0) occurrences[static_cast<std::int64_t>(times)] += rarely[times];
  return occurrences;
}

template class PairCounter<std::uint32_t>;
template class PairCounter<std::uint64_t>;

}  // namespace bimix::entropy
