#pragma once

#include "records.hpp"

#include <functional>
#include <optional>

namespace bimix::corpus {

/// What becomes of a document.
enum class Fate : std::uint8_t {
  train,
  eval,
  duplicate,    ///< it stands in the same texts before
  evaluated_on  ///< a training text that some domain is evaluated on
};

/// A document of which the first bytes are trained on and the others held out.
struct Cut {
  std::size_t document = 0;  ///< of the side
  std::uint64_t byte = 0;    ///< the first that is held out
};

/// The documents of a side, in order, in the pieces that they were read in.
struct SideRecords {
  Side side{};
  std::vector<std::span<const DocumentRecord>> pieces{};
};

/// What settle decides of one side.
struct SettledSide {
  std::vector<Fate> fate{};            ///< of each document
  std::vector<std::size_t> first{};    ///< the number of the first document of each piece
  std::optional<Cut> cut{};            ///< of a document whose fate is train
  std::uint64_t duplicates = 0;        ///< documents of that fate
  std::uint64_t evaluated_on = 0;      ///< documents of that fate
  std::uint64_t in_other_domains = 0;  ///< training documents kept that another domain trains on
};

struct SettleOptions {
  double eval_fraction = 0.1;  ///< of the bytes of a domain without evaluation texts
  std::uint64_t seed = 0;
  std::size_t most_entries = std::size_t{1} << 24;  ///< compared at one time, 32 bytes each
};

/// The place of a content in a seeded order.
std::uint64_t order_key(const ContentKey& content, std::uint64_t seed);

/// Decides what is trained on, what evaluated on and what dropped. Of equal documents of one side
/// the first counts. A domain without evaluation texts holds out documents in the order of a hash
/// of seed and content, each one that brings the held-out bytes nearer to the target, so that a
/// new document does not move the others; where none does (a single file, say), the last part of
/// the largest document. What any domain is evaluated on, none is trained on.
/// @param sides at most one for each domain and part
/// @param cut_of finds where to cut a document of a side near its last `wanted` bytes
std::vector<SettledSide> settle(std::span<const SideRecords> sides, const SettleOptions& options,
                                const std::function<std::uint64_t(const Side&, std::size_t document,
                                                                  std::uint64_t wanted)>& cut_of);

}  // namespace bimix::corpus
