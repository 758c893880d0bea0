#pragma once

#include <bimix/corpus/packed_tokens.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bimix::corpus {

/// Some documents of others, and what keeps their ends alive.
struct Subset {
  PackedTokens tokens{};
  std::shared_ptr<const std::vector<std::uint64_t>> ends{};
};

/// A part of the documents with `fraction` of the tokens, rounded up to a whole token: documents in
/// a seeded order until it is reached, of the last one the beginning. A smaller fraction is a part
/// of a larger one. What is taken keeps its order.
/// @param fraction within (0, 1] @param domain whose name keys the order, beside the seed
Subset subset_of(const PackedTokens& tokens, double fraction, std::uint64_t seed,
                 const std::string& domain);

}  // namespace bimix::corpus
