#pragma once

#include <bimix/corpus/packed_tokens.hpp>

#include <cstdint>
#include <vector>

namespace bimix::corpus {

/// Documents to train on, and documents held out.
struct Split {
  std::vector<Stretch> train{};
  std::vector<Stretch> eval{};
};

/// The first token of a tail of about `wanted` tokens: of bytes behind the line end nearest behind
/// the mark, if there is one in the first half of the tail.
std::size_t tail_start(const TokenSpan& tokens, std::size_t wanted);

/// Holds out about `fraction` of the tokens. Documents are considered in an order keyed by seed and
/// name; each is held out if that brings the held-out tokens nearer to the target. If none is, the
/// last part of the largest document is held out.
/// @param fraction within (0, 0.5]
Split split_documents(const std::vector<Stretch>& documents, double fraction, std::uint64_t seed);

}  // namespace bimix::corpus
