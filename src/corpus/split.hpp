#pragma once

#include <bimix/corpus/packed_tokens.hpp>

#include <cstdint>
#include <vector>

namespace bimix::corpus {

/// Documents to train on, and documents held out.
struct Split {
  std::vector<Document> train{};
  std::vector<Document> eval{};
};

/// Holds out about `fraction` of the tokens. Documents are considered in an order keyed by seed and
/// name; each is held out if that brings the held-out tokens nearer to the target. If none is, the
/// last part of the largest document is held out, of bytes cut after the line end nearest behind
/// the mark.
/// @param fraction within (0, 0.5]
Split split_documents(const std::vector<Document>& documents, double fraction, std::uint64_t seed);

}  // namespace bimix::corpus
