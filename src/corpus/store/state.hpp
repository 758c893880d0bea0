#pragma once

#include "piece.hpp"
#include "placement.hpp"
#include "units.hpp"

#include <bimix/corpus/preparation.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bimix::corpus {

/// A preparation under way: its files are where the steps find what the steps before them made.
///
///   pieces/plan                the signature of what is read
///   pieces/U.T.texts, .records texts that taker T has of unit U, and what tells them apart;
///                              of tokens .places instead of the texts
///   pieces/U.json              unit U was read; what was passed over
///   pieces/S.fates             what becomes of each document of side S
///   pieces/settled.json        the rest of what was decided
///   tokenizer.model            what texts are encoded by, if they are
///   pieces/U.T.codes.tokens, .counts   what is kept of them, encoded, and how many tokens each has
///   pieces/U.encoded           the texts of unit U were encoded, and need not be there any more
///   pieces/placement.json      where all of it goes
struct Preparation::State {
  CorpusOptions options{};
  std::filesystem::path folder{};
  ReadingPlan plan{};

  std::filesystem::path pieces() const;
  std::filesystem::path piece(std::size_t unit, std::size_t taker) const;
  std::filesystem::path codes(std::size_t unit, std::size_t taker) const;
  std::filesystem::path done_mark(std::size_t unit) const;
  std::filesystem::path encoded_mark(std::size_t unit) const;
  std::filesystem::path plan_mark() const;
  std::filesystem::path fates(std::size_t side) const;
  std::filesystem::path settled_file() const;
  std::filesystem::path placement_file() const;
  std::filesystem::path model_file() const;

  /// Whether texts are encoded by a tokenizer, or their bytes are the tokens.
  bool has_tokenizer() const { return options.tokenizer.is_given(); }
  /// Whether the files hold tokens, which stay where they lie, or texts.
  Held held() const { return options.tokens.width > 1 ? Held::places : Held::texts; }
  /// Which of the takers of a unit a side is.
  std::size_t taker_of(std::size_t unit, std::size_t side) const;
  /// Which of the units of a side a unit is.
  std::size_t number_of(std::size_t unit, std::size_t side) const;
  /// The documents of a side, piece by piece.
  std::vector<Piece> pieces_of(std::size_t side) const { return pieces_of(side, held()); }
  std::vector<Piece> pieces_of(std::size_t side, Held what) const;
  Passed passed_of(std::size_t unit) const;
  void write_passed(std::size_t unit, const Passed& passed) const;
  void write_settled(const std::vector<SettledSide>& settled) const;
  /// Read once: a byte of memory a document.
  const std::vector<SettledSide>& settled() const;
  void write_placement(const Placement& placement) const;
  Placement placement() const;
  std::vector<SettledSide> read_settled() const;

  mutable std::optional<std::vector<SettledSide>> settled_before{};  ///< what settled() has read
};

/// Writes a small file as a whole: it is there with all of it, or not.
void write_whole(const std::filesystem::path& path, const std::string& text);

/// A document of a piece that is kept, or what is kept of it on one side of a cut.
struct Kept {
  Part part = Part::train;
  std::size_t document = 0;  ///< of the piece
  std::uint64_t from = 0;    ///< the first byte of the document
  std::uint64_t bytes = 0;
  std::uint64_t at = 0;  ///< the first byte among all of the piece
};

/// In order.
/// @param settled the side that it is of @param first number of its first document in that side
template <class Take>
void for_each_kept(const SettledSide& settled, std::size_t first,
                   std::span<const DocumentRecord> records, Take take) {
  std::uint64_t begin = 0;
  for (std::size_t n = 0; n < records.size(); ++n) {
    for_each_part(settled.fate[first + n], settled.cut, first + n, records[n].bytes,
                  [&](Part part, std::uint64_t from, std::uint64_t bytes) {
                    take(Kept{part, n, from, bytes, begin + from});
                  });
    begin += records[n].bytes;
  }
}

}  // namespace bimix::corpus
