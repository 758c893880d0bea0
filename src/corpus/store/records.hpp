#pragma once

#include "../content_key.hpp"

#include <bimix/corpus/corpus.hpp>

#include <cstdint>

namespace bimix::corpus {

/// A document of a piece.
struct DocumentRecord {
  ContentKey content{};
  std::uint64_t bytes = 0;  ///< of its text or its tokens
  /// Of tokens: bytes at its beginning that `content` leaves out, as what only ends documents.
  std::uint64_t lead = 0;
  bool operator==(const DocumentRecord&) const = default;
};

/// Where a document lies that is used there.
struct DocumentPlace {
  std::uint64_t file = 0;   ///< of the unit, or of the prepared folder
  std::uint64_t token = 0;  ///< the first, counted in that file
};

/// The training or the evaluation texts of a domain.
struct Side {
  std::size_t domain = 0;
  Part part = Part::train;
  bool operator==(const Side&) const = default;
};

}  // namespace bimix::corpus
