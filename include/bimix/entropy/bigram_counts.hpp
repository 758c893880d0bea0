#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bimix::entropy {

/// A pair of neighbouring tokens and how often it occurs.
struct Bigram {
  std::int32_t first = 0;
  std::int32_t second = 0;
  std::int64_t count = 0;
  bool operator==(const Bigram&) const = default;
};

/// How often each pair of neighbouring tokens occurs, pairs that do not occur left out: 16 bytes a
/// pair, for any vocabulary. Counts are exact integers: merging is a sum, in any order.
class BigramCounts {
 public:
  BigramCounts() = default;
  /// From bigrams() of another. @throws InternalError unless ascending by first and second, each
  /// pair once, counts positive
  explicit BigramCounts(std::vector<Bigram> bigrams);

  void merge(const BigramCounts& other);

  /// Ascending by first token, then by second.
  const std::vector<Bigram>& bigrams() const { return bigrams_; }
  /// How often each token that is the first of a bigram is that; ascending by token.
  std::vector<std::int64_t> first_tokens() const;
  /// All bigrams.
  std::int64_t total() const;

  bool operator==(const BigramCounts&) const = default;

 private:
  std::vector<Bigram> bigrams_{};
};

/// Counts texts of bytes one after the other, fast: two 32-bit tables that stay in the cache,
/// emptied into the exact counts before they could overflow.
class ByteBigramCounter {
 public:
  ByteBigramCounter();

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

/// The same for tokens of any vocabulary. Pairs are collected, sorted and merged into the counts
/// 16M at a time: memory is 128 MiB (256 MiB above a vocabulary of 65536), and 32 bytes for each
/// pair that occurs.
class TokenBigramCounter {
 public:
  /// @param vocabulary every token is below it, at most 2^20
  explicit TokenBigramCounter(int vocabulary = 1 << 20);

  /// Counts the n - 1 bigrams of a text of n tokens, none of them negative; none across texts.
  void add(std::span<const std::int32_t> text);
  /// All that was added since the last call.
  BigramCounts take();

 private:
  void empty_pairs();

  template <class Word>
  void add_to(std::vector<Word>& pairs, std::span<const std::int32_t> text);

  int token_bits_;
  // (first << token_bits) + second, not yet counted; only the narrower ones if they suffice.
  std::vector<std::uint32_t> narrow_{};
  std::vector<std::uint64_t> wide_{};
  BigramCounts counts_{};
};

}  // namespace bimix::entropy
