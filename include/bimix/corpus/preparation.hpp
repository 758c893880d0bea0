#pragma once

#include <bimix/corpus/corpus.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bimix::corpus {

/// About how many bytes of text there will be.
struct TextEstimate {
  std::uint64_t bytes = 0;    ///< 0: not known
  bool are_filtered = false;  ///< `where` and `by` take some of them, nobody knows how many
};

/// Reads the texts of a corpus once and writes what training needs of them into a folder: for each
/// domain the tokens of its training and its evaluation documents, and where documents end. Any
/// number of ranks share the work, and what is written is the same:
///
///   root   Preparation preparation(options, folder);   others   Preparation::from(its shared())
///   if is_done():
///     root                                drop_pieces
///   else:
///     root                                begin
///     every unit once, on any rank        read_unit
///     root, after all of them             settle
///     every unit once, on any rank        encode_unit
///     root, after all of them             place
///     every unit once, on any rank        copy_unit
///     root, after all of them             finish
///
/// What was read, settled and encoded is kept when this is interrupted: the steps that made it then
/// return at once.
class Preparation {
 public:
  struct State;

  /// Finds the files. @param folder holds one preparation; begin() makes it
  /// @throws DataError, UsageError as Corpus does for patterns and options
  Preparation(const CorpusOptions& options, std::filesystem::path folder);
  ~Preparation();
  Preparation(Preparation&&) noexcept;
  Preparation& operator=(Preparation&&) noexcept;

  /// The same on another rank. @param shared what shared() gave
  static Preparation from(std::string_view shared);
  std::string shared() const;

  /// True if the folder holds what was made of these files by these options.
  /// @throws DataError if its files are not as they were written
  bool is_done() const;

  /// Removes the pieces that a process left which was killed once all was done. Call if is_done().
  void drop_pieces() const;

  /// Makes the folder, and drops what was read of other files or by other options.
  void begin() const;

  std::size_t unit_count() const;
  /// Bytes of its files; 0 for a program.
  std::uint64_t unit_bytes(std::size_t unit) const;
  /// Whether programs print some of the texts: nobody knows how much.
  bool has_programs() const;
  /// From the beginnings of some files; nothing if the files hold tokens.
  TextEstimate estimated_texts() const;
  bool has_tokenizer() const;
  /// @param on_bytes is told how many bytes more of the files were read
  /// @throws DataError for a document that cannot be read (unless it is passed over), a torn file,
  ///         a full disk
  void read_unit(std::size_t unit, const std::function<void(std::uint64_t)>& on_bytes) const;
  /// Decides what is trained on and what evaluated on, and what texts are encoded by.
  /// @throws DataError if no tokenizer can be trained
  void settle() const;
  /// Bytes of text that were read of a unit. Call after read_unit.
  std::uint64_t text_bytes(std::size_t unit) const;
  /// Encodes what is kept of its texts, if they are encoded.
  /// @param on_bytes is told how many bytes more of its texts were gone through
  void encode_unit(std::size_t unit, const std::function<void(std::uint64_t)>& on_bytes) const;
  /// Decides where everything goes, and makes room for it.
  /// @throws DataError for a domain without a document, a full disk
  void place() const;
  /// @param on_bytes is told how many bytes more of texts were put in their place
  void copy_unit(std::size_t unit, const std::function<void(std::uint64_t)>& on_bytes) const;
  void finish() const;

 private:
  explicit Preparation(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// All of it by this process alone, unless it is done.
void prepare(const CorpusOptions& options, const std::filesystem::path& folder);

}  // namespace bimix::corpus
