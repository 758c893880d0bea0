#pragma once

#include <bimix/core/large_pages.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bimix::entropy {

/// How many different things occur how often: times -> things.
using Occurrences = std::map<std::int64_t, std::int64_t>;

/// All that entropies need to know of the pairs of neighbouring tokens of a text. Exact integers:
/// the tallies of its pairs, dealt out in any way that keeps equal pairs together, merge to the
/// same whole in any order, and so do the entropies, to the bit.
struct PairTally {
  Occurrences pairs{};   ///< of different pairs
  Occurrences firsts{};  ///< of tokens as the first of a pair

  std::int64_t total() const;  ///< pairs, each as often as it occurs
  void merge(const PairTally& more);
  bool operator==(const PairTally&) const = default;
};

/// As bytes from rank to rank.
std::string bytes_of(const PairTally& tally);
PairTally pair_tally_from(std::string_view bytes);

/// One of `count` classes that different pairs are dealt into, evenly and on every machine alike,
/// so that each can be counted by itself.
struct PairClass {
  std::uint64_t number = 0;
  std::uint64_t count = 1;
};

/// Pairs as numbers: the first token above the second, times an odd number modulo a power of two,
/// which spreads them and keeps different ones different. A class is a range of products.
template <class Word>
struct CollectedPairs {
  core::LargeVector<Word> words{};  ///< products of the class, less the first of its range
  core::LargeVector<Word> spare{};
  Word first = 0;      ///< of the range
  Word size = 0;       ///< of the range: the classes may be more than the products
  bool is_all = true;  ///< all products: their count may be beyond a Word
};

/// Counts the pairs of a class in texts of any vocabulary. They are collected as numbers, sorted
/// and counted when they are taken.
class PairCounter {
 public:
  /// @param vocabulary every token is below it, at most 2^20
  explicit PairCounter(int vocabulary);

  /// Counts another class from now on; what was added and not taken is dropped. Without a call it
  /// is that of all pairs.
  /// @param expected pairs of the class, for which room is made at once
  void begin(PairClass of, std::int64_t expected);

  /// Bytes that are held for each pair of the class at the end.
  static std::int64_t bytes_per_pair(int vocabulary);

  /// Counts the n - 1 pairs of a text of n tokens, none of them negative; none across texts.
  void add(std::span<const std::int32_t> text);

  /// All that was added since the last call. Tokens are counted by class 0 alone, for all classes.
  PairTally take();

 private:
  template <class Word>
  void begin(CollectedPairs<Word>& collected, PairClass of, std::int64_t expected) const;
  template <class Word>
  void add_to(CollectedPairs<Word>& collected, std::span<const std::int32_t> text) const;

  int token_bits_;
  std::vector<std::int64_t> first_;  ///< how often each token is the first of a pair
  bool counts_tokens_ = true;
  /// Of 32 bits where they suffice.
  std::variant<CollectedPairs<std::uint32_t>, CollectedPairs<std::uint64_t>> collected_{};
};

/// Counts texts of bytes one after the other, fast: two 32-bit tables that stay in the cache,
/// emptied into the exact counts before they could overflow.
class BytePairCounter {
 public:
  static constexpr std::size_t alphabet = 256;

  BytePairCounter();

  /// Counts the n - 1 pairs of a text of n bytes; none across texts.
  void add(std::span<const std::uint8_t> text);
  /// [first][second]: all that was added since the last call. Cells of several counters add up.
  std::vector<std::int64_t> take();

 private:
  void empty_tables();

  std::vector<std::uint32_t> tables_;
  std::uint64_t pending_ = 0;  ///< pairs in the tables
  std::vector<std::int64_t> cells_;
};

/// @param cells of BytePairCounter, or sums of them
PairTally tally_of(std::span<const std::int64_t> cells);

}  // namespace bimix::entropy
