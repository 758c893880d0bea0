#pragma once

#include "../mapped_file.hpp"
#include "output_file.hpp"
#include "records.hpp"

#include <filesystem>
#include <span>
#include <vector>

namespace bimix::corpus {

/// What a unit gave one of its takers, until it is put in its place: texts one document behind the
/// other, and a record of each.
class PieceWriter {
 public:
  explicit PieceWriter(const std::filesystem::path& name);
  void add(const DocumentRecord& record, std::span<const std::uint8_t> text);
  void close();

 private:
  OutputFile texts_, records_;
};

/// The same texts encoded, one part of a document behind the other, and how many tokens each has.
class CodesWriter {
 public:
  explicit CodesWriter(const std::filesystem::path& name);
  void add(std::span<const std::byte> codes, std::uint64_t count);
  void close();

 private:
  OutputFile codes_, counts_;
};

/// Maps them.
struct Codes {
  explicit Codes(const std::filesystem::path& name);

  MappedFile codes_file{}, counts_file{};
  std::span<const std::uint8_t> codes{};
  std::span<const std::uint64_t> counts{};
};

/// Maps it. A piece without documents has neither.
struct Piece {
  explicit Piece(const std::filesystem::path& name);

  MappedFile texts_file{}, records_file{};
  std::span<const std::uint8_t> texts{};
  std::span<const DocumentRecord> records{};
};

}  // namespace bimix::corpus
