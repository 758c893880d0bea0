#pragma once

#include <bimix/core/words.hpp>
#include <bimix/corpus/packed_tokens.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace bimix::corpus {

/// Whether a sequence may cross from one document into the next.
enum class SequencePacking {
  across,  ///< documents lie end to end: no token but the last few is lost
  within   ///< sequences are cut from each document alone; what is left of it is not used
};

/// "across", "within"
const core::WordTable<SequencePacking>& word_table(SequencePacking);

/// The sequences of some tokens: slots of `context` inputs and the same shifted by one as targets.
/// No token is the target of two.
class Slots {
 public:
  /// @param tokens outlives this @param context at least 1
  Slots(const PackedTokens& tokens, int context, SequencePacking packing);

  std::int64_t count() const;
  /// @param k below count() @param out context + 1 tokens @throws DataError as PackedTokens::copy
  void copy(std::int64_t k, std::span<std::int32_t> out) const;

 private:
  const PackedTokens* tokens_;
  std::int64_t context_;
  /// Within documents: the number of the first slot of each, and the count.
  std::vector<std::int64_t> first_{};
};

}  // namespace bimix::corpus
