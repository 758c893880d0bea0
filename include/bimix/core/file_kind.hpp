#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bimix::core {

/// A kind of file that is not plain UTF-8 text.
struct FileKind {
  std::string_view name{};    ///< behind "is": "compressed by gzip", "a Parquet table"
  std::string_view suffix{};  ///< what its name mostly ends with; may be empty
  /// What makes plain text of it: a sentence with {0} for the file and {1} for what to write.
  std::string_view for_text{};
  std::string_view for_table{};  ///< the same for a table of numbers; empty: as for_text
  enum class Form {
    binary,
    compressed,  ///< of any content, which is what its name says without the suffix
    encoded      ///< text all the same, but in another encoding or not yet here
  } form = Form::binary;
};

/// The encoding that is assumed for text that is not UTF-8; encodings of its kind cannot be
/// distinguished.
inline constexpr FileKind latin1_text{
    .name = "text in Latin-1",
    .for_text = "If it is in Latin-1, convert it with `iconv -f LATIN1 -t UTF-8 {0} > {1}`",
    .form = FileKind::Form::encoded};

/// With so many first bytes every kind can be recognised.
inline constexpr std::size_t file_kind_bytes = 512;

/// What a file is by its first bytes: compressed, an archive, a table or array in binary form,
/// packed tokens, a picture, UTF-16, ...
/// @param first_bytes the file, or at least file_kind_bytes of it
/// @return nothing for UTF-8 text and for what is not known
/// @note formats that the caller reads himself (NumPy, TFRecord) are known here too: try them first
std::optional<FileKind> file_kind(std::string_view first_bytes);

/// The same for readers of text: UTF-16 without a byte-order mark too, recognised by the zeros
/// between its first letters. Packed tokens below 256 look the same.
std::optional<FileKind> kind_if_no_text(std::string_view first_bytes);

/// What a reader wants to have of a file.
enum class Wanted { text, table };

/// The last sentence of an error: "Unpack it with `gunzip -c logs/a.csv.gz > logs/a.csv`". What
/// is in backquotes can be typed as it is.
std::string remedy_for(const FileKind& kind, const std::string& path, Wanted wanted);

}  // namespace bimix::core
