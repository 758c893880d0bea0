#pragma once

#include "../bytes/byte_stream.hpp"
#include "../content_key.hpp"

#include <bimix/core/error.hpp>
#include <bimix/corpus/reading.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bimix::corpus {

/// A document as a source gives it. Views, valid until the next one is read.
struct FoundDocument {
  std::span<const std::uint8_t> bytes{};  ///< of its text or its tokens
  std::span<const std::size_t> takers{};  ///< who takes it, by their conditions; ascending
  std::uint64_t lies_at = 0;              ///< its first token in the file, if it is used there
  std::uint64_t lead = 0;                 ///< bytes at the beginning that `content` leaves out
  std::optional<ContentKey> content{};    ///< what tells duplicates; nothing: that of all its bytes
};

/// What was passed over, for the table of the corpus.
struct Passed {
  std::uint64_t documents = 0;  ///< that could be read, of a unit
  std::uint64_t unwanted = 0;   ///< documents that nobody takes
  std::uint64_t damaged = 0;    ///< with `on_error: skip`
  std::string first_damage{};   ///< the error that the first of these would have been
  std::string note{};           ///< on how a file was read
  bool operator==(const Passed&) const = default;
};

/// About a file without a byte, once it is unpacked.
core::Complaint complaint_on_empty(const std::string& file);

/// Documents one after the other.
class DocumentReader {
 public:
  virtual ~DocumentReader() = default;

  /// The next document that somebody takes. @return nothing at the end
  /// @throws DataError with the place of a document that cannot be read, and of the end of a torn
  ///         source, unless that is passed over; always if the source itself is damaged
  virtual std::optional<FoundDocument> next() = 0;

  /// Bytes of the source that were read, as they are packed: for the progress.
  virtual std::uint64_t bytes_read() const = 0;

  const Passed& passed() const { return passed_; }

 protected:
  /// Throws, or counts where damaged documents are passed over.
  void on_damage(const ReadOptions& options, const core::Complaint& complaint);
  /// The same about a source of which what comes before its end can be used.
  void on_torn(const ReadOptions& options, const TornError& torn);
  void count_unwanted() { ++passed_.unwanted; }
  void note(std::string text) { passed_.note = std::move(text); }

 private:
  Passed passed_{};
};

}  // namespace bimix::corpus
