#pragma once

#include <bimix/corpus/token_span.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bimix::corpus {

/// Tokens that lie one behind the other in a file: a document, a part of one, or many of them. A
/// view.
struct Stretch {
  TokenSpan tokens{};
  std::string_view file{};  ///< where they are, for messages
  std::size_t skipped = 0;  ///< tokens of the file before these
};

/// Appends a stretch, or makes the last one longer if this one follows it in the same file.
void append_stretch(std::vector<Stretch>& stretches, const Stretch& added);

/// Copies tokens [from, from + out.size()) of a stretch.
/// @throws DataError with file and position if one of them is not below the vocabulary; that of
///         bytes is not asked, as no byte exceeds it
void copy_tokens(const Stretch& stretch, std::size_t from, int vocabulary,
                 std::span<std::int32_t> out);

/// Documents laid end to end, from which sequences are cut. Views only.
class PackedTokens {
 public:
  PackedTokens() = default;
  /// @param stretches each a whole number of documents
  /// @param ends of the documents, in tokens from the beginning, ascending up to the last token;
  ///        they outlive this
  PackedTokens(std::vector<Stretch> stretches, std::span<const std::uint64_t> ends, int vocabulary);

  int vocabulary() const { return vocabulary_; }
  /// All tokens.
  std::int64_t size() const { return starts_.back(); }

  /// Where each document ends, in tokens from the beginning.
  std::span<const std::uint64_t> document_ends() const { return ends_; }
  std::int64_t document_start(std::size_t document) const {
    return document == 0 ? 0 : static_cast<std::int64_t>(ends_[document - 1]);
  }
  const std::vector<Stretch>& stretches() const { return stretches_; }

  /// Tokens [from, from + count) where they lie. @param from within the same stretch as the last,
  ///        as tokens of one document are
  Stretch stretch(std::int64_t from, std::int64_t count) const;
  TokenSpan view(std::int64_t from, std::int64_t count) const {
    return stretch(from, count).tokens;
  }

  /// Copies tokens [from, from + out.size()) into `out`, across document borders.
  /// @throws DataError for a token that is not below the vocabulary: what is copied is checked,
  ///         since a look at all of a terabyte beforehand would take hours
  void copy(std::int64_t from, std::span<std::int32_t> out) const;

 private:
  std::size_t stretch_at(std::int64_t token) const;

  std::vector<Stretch> stretches_{};
  std::vector<std::int64_t> starts_{0};  ///< of each stretch, and the end
  std::span<const std::uint64_t> ends_{};
  int vocabulary_ = 256;
};

}  // namespace bimix::corpus
