#pragma once

#include "../mapped_file.hpp"
#include "output_file.hpp"
#include "records.hpp"

#include <filesystem>
#include <span>
#include <vector>

namespace bimix::corpus {

/// What a piece has of its documents: texts are copied, tokens stay where they lie; of texts that
/// were encoded nothing is left but their records.
enum class Held { texts, places, nothing };

/// What a unit gave one of its takers, until it is put in its place: a record of each document, and
/// their texts one behind the other, or where each of them lies.
class PieceWriter {
 public:
  PieceWriter(const std::filesystem::path& name, Held held);
  void add(const DocumentRecord& record, std::span<const std::uint8_t> text);
  void add(const DocumentRecord& record, const DocumentPlace& place);
  void close();

 private:
  OutputFile held_, records_;
};

/// Maps it. A piece without documents has neither.
struct Piece {
  /// @param held at most what it has
  Piece(const std::filesystem::path& name, Held held);
  /// Drops the texts of a piece, once they are encoded.
  static void drop_texts(const std::filesystem::path& name);
  /// Of all its documents.
  std::uint64_t bytes() const;

  MappedFile held_file{}, records_file{};
  std::span<const DocumentRecord> records{};
  std::span<const std::uint8_t> texts{};
  std::span<const DocumentPlace> places{};
};

/// Texts encoded, one part of a document behind the other, and how many tokens each has.
class CodesWriter {
 public:
  explicit CodesWriter(const std::filesystem::path& name);
  void write(std::span<const std::byte> codes) { codes_.write(codes); }
  /// What was written since the last end is of one document, or of one side of it.
  /// @param count of its tokens
  void end(std::uint64_t count);
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

}  // namespace bimix::corpus
