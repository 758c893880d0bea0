#pragma once

#include <bimix/corpus/corpus.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace bimix::corpus {

/// The sequences that every trial is evaluated on: disjoint slots of the evaluation part, chosen by
/// campaign seed and domain name only.
class EvalSlices {
 public:
  /// @param sequences_per_domain how many are wanted; a domain whose evaluation part has fewer
  /// slots
  ///        gives all of them
  /// @throws DataError if a domain is shorter than one sequence
  EvalSlices(const Corpus& corpus, int context, int sequences_per_domain, std::uint64_t seed);

  int context() const { return context_; }
  std::size_t domain_count() const { return tokens_.size(); }
  /// Sequences of a domain.
  int sequences(std::size_t domain) const;
  /// (sequences, S + 1) row-major tokens below the vocabulary.
  std::span<const std::int32_t> tokens(std::size_t domain) const { return tokens_[domain]; }

 private:
  int context_;
  std::vector<std::vector<std::int32_t>> tokens_;
};

}  // namespace bimix::corpus
