#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bimix {

/// How often each pair of neighbouring bytes occurs. Counts are exact integers: merging is a sum of
/// cells, in any order.
class BigramCounts {
 public:
  static constexpr std::size_t alphabet = 256;

  BigramCounts() : cells_(alphabet * alphabet, 0) {}
  /// From cells() of another. @throws InternalError unless 65536 cells, none negative
  explicit BigramCounts(std::vector<std::int64_t> cells);

  void merge(const BigramCounts& other);

  /// 65536 counts, row-major: cells()[256 x + y] of x followed by y. Their element-wise sum over
  /// ranks is the count of the whole.
  const std::vector<std::int64_t>& cells() const { return cells_; }
  /// Row sums: how often x is the first of a bigram.
  std::vector<std::int64_t> first_tokens() const;
  /// All bigrams.
  std::int64_t total() const;

  bool operator==(const BigramCounts&) const = default;

 private:
  std::vector<std::int64_t> cells_;
};

/// Counts texts one after the other, fast: two 32-bit tables that stay in the cache, emptied into
/// the exact counts before they could overflow.
class BigramCounter {
 public:
  BigramCounter();

  /// Counts the n - 1 bigrams of a text of n tokens; none across texts.
  void add(std::span<const std::uint8_t> text);
  /// All that was added since the last call.
  BigramCounts take();

 private:
  void empty_tables();

  std::vector<std::uint32_t> tables_;
  std::uint64_t pending_ = 0;  ///< bigrams in the tables
  std::vector<std::int64_t> cells_;
};

}  // namespace bimix
