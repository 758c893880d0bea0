#pragma once

#include <bimix/entropy/bigram_counts.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::entropy {

/// How many different things occur how often: times -> things.
using Occurrences = std::map<std::int64_t, std::int64_t>;

/// All that entropies need to know of the pairs of neighbouring tokens of a text. Exact integers:
/// the tallies of its pairs, dealt out in any way that keeps equal pairs together, merge to the
/// same whole in any order, and so do the entropies, to the bit.
struct PairTally {
  PairTally() = default;
  /// Of counted pairs.
  PairTally(const BigramCounts& counts);  // NOLINT(google-explicit-constructor): the same facts

  Occurrences pairs{};   ///< of different pairs
  Occurrences firsts{};  ///< of tokens as the first of a pair
  std::int64_t total() const;
  bool operator==(const PairTally&) const = default;
};

void merge(Occurrences& all, const Occurrences& more);
/// Those of counts, zeros left out.
Occurrences occurrences_of(std::span<const std::int64_t> counts);
/// As bytes from rank to rank.
std::string bytes_of(const Occurrences& occurrences);
Occurrences occurrences_from(std::string_view bytes);

/// A pair of neighbouring tokens as one number, which takes 32 bits for a vocabulary up to 65536.
struct PairCode {
  explicit PairCode(int vocabulary);
  bool is_narrow() const { return 2 * token_bits <= 32; }
  /// Of which of `parts` classes a pair is. Even, and the same on every machine.
  /// @param salt another one for another division into classes
  static std::size_t class_of(std::uint64_t pair, std::uint64_t salt, std::size_t parts) {
    __extension__ using Wide = unsigned __int128;
    std::uint64_t hash = (pair + salt) * 0x9e3779b97f4a7c15U;
    hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93U;
    return static_cast<std::size_t>((Wide{hash} * parts) >> 64);
  }
  int token_bits;
};

/// Counts pairs, of Word std::uint32_t or std::uint64_t. Pairs are dealt into buckets; a bucket
/// that is full is sorted and becomes counts. Memory is 12 or 16 bytes for each different pair, as
/// much again while they are few, and some MiB.
template <class Word>
class PairCounter {
 public:
  /// @param token_bits of PairCode
  explicit PairCounter(int token_bits) : token_bits_(token_bits) {}

  void add(std::span<const Word> pairs);
  /// How often the different pairs occurred that were added since the last call.
  Occurrences take();

 private:
  struct Bucket {
    std::vector<Word> fresh{};  ///< not yet counted
    std::vector<Word> pair{};   ///< ascending
    std::vector<std::int64_t> count{};
  };
  void settle(Bucket& bucket);

  static constexpr std::size_t bucket_count = 64;
  int token_bits_;
  std::array<Bucket, bucket_count> buckets_{};
  std::vector<Word> spare_{};
};

extern template class PairCounter<std::uint32_t>;
extern template class PairCounter<std::uint64_t>;

}  // namespace bimix::entropy
