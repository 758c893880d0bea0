#pragma once

#include "../documents/document_format.hpp"
#include "records.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bimix::corpus {

/// A source file or a stretch of one.
struct SourcePart {
  std::string path{};
  ByteRange range{};
  std::uint64_t bytes = 0;  ///< of the file, or of the stretch
};

/// Texts that want documents of a unit.
struct Taker {
  std::size_t side = 0;  ///< of the plan
  Where where{};
};

/// What one rank reads at one go: some files one after the other, or what a program prints.
struct Unit {
  std::vector<SourcePart> files{};
  std::vector<std::string> command{};  ///< with it there are no files
  std::vector<Taker> takers{};
  std::string text_key{};
  bool binary = false;
  std::uint64_t bytes() const;
  /// Whether somebody takes only documents of some fields.
  bool has_conditions() const;
};

/// What has to be read for a corpus, and in which units. The documents of the units of a side, in
/// their order, are its texts: how files are put together, and who reads them, changes nothing.
struct ReadingPlan {
  std::vector<Side> sides{};
  std::vector<std::vector<std::size_t>> units_of{};  ///< [side]: units in the order of its sources
  std::vector<Unit> units{};
  /// 32 hex digits that change with the names, sizes and times of the files, and with what of the
  /// options has a say in what is prepared of them.
  std::string signature{};
};

/// Sizes that a test makes small.
struct UnitSizes {
  std::uint64_t least = std::uint64_t{64} << 20;  ///< small files are put together up to this
  std::uint64_t most = std::uint64_t{256} << 20;  ///< files of lines are cut about here
};

/// Finds the files and deals them out.
/// @throws DataError for a pattern without match, a file that is both trained and evaluated on, an
///         unreadable file, or an empty one unless such texts are passed over
/// @throws UsageError for no domains, a domain without sources, a fraction outside (0, 0.5]
ReadingPlan plan_reading(const CorpusOptions& options, const UnitSizes& sizes = {});

}  // namespace bimix::corpus
