#pragma once

#include <bimix/corpus/corpus.hpp>

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

namespace bimix::corpus {

/// What tells exact duplicates: XXH3 of a document's text, 128 bits.
struct ContentKey {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const ContentKey&) const = default;
};

ContentKey content_key(std::span<const std::uint8_t> bytes);

/// The text of a document of a piece.
struct DocumentRecord {
  ContentKey content{};
  std::uint64_t bytes = 0;
  bool operator==(const DocumentRecord&) const = default;
};

/// The training or the evaluation texts of a domain.
struct Side {
  std::size_t domain = 0;
  Part part = Part::train;
  bool operator==(const Side&) const = default;
};

}  // namespace bimix::corpus
