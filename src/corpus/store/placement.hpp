#pragma once

#include "manifest.hpp"
#include "settle.hpp"
#include "units.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <vector>

namespace bimix::corpus {

/// By part, training first.
template <class T>
using ByPart = std::array<T, 2>;
inline std::size_t index_of(Part part) { return part == Part::train ? 0 : 1; }

/// Where the documents of a piece begin among those of their domain.
struct Place {
  ByPart<std::uint64_t> tokens{};
  ByPart<std::uint64_t> documents{};
};

/// Where everything that was read goes.
struct Placement {
  Manifest manifest{};
  std::vector<std::vector<Place>> places{};  ///< [side][unit of that side]
};

/// What was made of texts before they are put together.
struct Gathered {
  std::vector<SideRecords> records{};  ///< [side]
  std::vector<SettledSide> settled{};  ///< [side]
  std::vector<Passed> passed{};        ///< [unit]
  TokenFormat tokens{};                ///< that the texts became, or that the files hold
  std::string encoded_by{};            ///< hash of the tokenizer; empty: there is none
  /// [side][unit of that side]: tokens of each kept part of a document; empty: its bytes are tokens
  std::vector<std::vector<std::vector<std::uint64_t>>> counts{};
};

Placement placement_of(const CorpusOptions& options, const ReadingPlan& plan,
                       const Gathered& gathered);

nlohmann::ordered_json to_json(const Placement& placement);
Placement placement_from(const nlohmann::ordered_json& json, const std::string& place);

/// Calls `take` for each part that a document has something in: all of it, or both sides of a cut.
/// @param take (part, first byte, count of bytes)
template <class Take>
void for_each_part(Fate fate, const std::optional<Cut>& cut, std::size_t document,
                   std::uint64_t bytes, Take take) {
  if (fate == Fate::eval) take(Part::eval, std::uint64_t{0}, bytes);
  if (fate != Fate::train) return;
  const bool is_cut = cut && cut->document == document;
  const std::uint64_t trained = is_cut ? cut->byte : bytes;
  take(Part::train, std::uint64_t{0}, trained);
  if (is_cut) take(Part::eval, trained, bytes - trained);
}

}  // namespace bimix::corpus
