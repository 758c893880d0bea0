#pragma once

#include <bimix/corpus/token_span.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bimix::corpus {

/// One text: a file, or the part of one that was not held out.
struct Document {
  std::string name{};  ///< see Match::name
  TokenSpan tokens{};
  std::string file{};       ///< where it is, for messages
  std::size_t skipped = 0;  ///< tokens of the file before these
};

/// Copies tokens [from, from + out.size()) of a document.
/// @throws DataError with file and position if one of them is not below the vocabulary; that of
///         bytes is not asked, as no byte exceeds it
void copy_tokens(const Document& document, std::size_t from, int vocabulary,
                 std::span<std::int32_t> out);

/// Documents laid end to end, from which sequences are cut. Views only.
class PackedTokens {
 public:
  PackedTokens() = default;
  explicit PackedTokens(std::vector<Document> documents, int vocabulary = 256);

  const std::vector<Document>& documents() const { return documents_; }
  int vocabulary() const { return vocabulary_; }
  /// All tokens.
  std::int64_t size() const { return starts_.back(); }

  /// Copies tokens [from, from + out.size()) into `out`, across document borders.
  /// @throws DataError for a token that is not below the vocabulary: what is copied is checked,
  ///         since a look at all of a terabyte beforehand would take hours
  void copy(std::int64_t from, std::span<std::int32_t> out) const;

  /// Number of slots of a given context: slot k is tokens [k * context, (k + 1) * context], that is
  /// context inputs and the same shifted by one as targets. Each token but the first and a rest
  /// shorter than `context` is the target of exactly one slot.
  std::int64_t slot_count(int context) const;
  /// Copies slot k. @param out context + 1 tokens
  void copy_slot(std::int64_t k, int context, std::span<std::int32_t> out) const;

 private:
  std::vector<Document> documents_{};
  std::vector<std::int64_t> starts_{0};  ///< of each document, and the end
  int vocabulary_ = 256;
};

}  // namespace bimix::corpus
