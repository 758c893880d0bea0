#pragma once

#include "../bytes/byte_stream.hpp"
#include "document_reader.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::corpus {

/// A file of documents, or a stretch of one.
struct DocumentFile {
  std::filesystem::path path{};
  ByteRange range{};    ///< of a file whose format can be read from the middle
  bool binary = false;  ///< taken as it is, even if it is no text
};

/// What a file begins with, unpacked.
struct Beginning {
  std::filesystem::path path{};
  Packing packing = Packing::none;
  std::string bytes{};  ///< 64 KiB; of what may be a longer line of JSON all of that line
};

/// @param longest bytes that a line may have
Beginning beginning_of(const std::filesystem::path& path,
                       std::int64_t longest = ReadOptions{}.max_document);

/// How files hold documents of text.
///
/// A new format is src/corpus/documents/<name>.cpp, which defines `const DocumentFormat&
/// documents_<name>()`, and its line in documents.def there.
/// tests/corpus/document_contract_test.cpp then holds it to this interface; it wants a way to write
/// such a file.
class DocumentFormat {
 public:
  virtual ~DocumentFormat() = default;

  virtual std::string_view name() const = 0;

  /// True if the file is of this format, by its name and what it begins with.
  virtual bool recognises(const Beginning& file, const ReadOptions& options) const = 0;

  /// False if `where` has no fields to look at.
  virtual bool has_fields() const = 0;

  /// True if a document ends with each line, so that a file can be read from the middle.
  virtual bool is_by_line() const { return false; }

  /// @param takers the conditions of each that takes documents
  virtual std::unique_ptr<DocumentReader> open(const DocumentFile& file, const ReadOptions& options,
                                               std::vector<Where> takers) const = 0;
};

/// In the order of documents.def, which is that in which they are asked.
const std::vector<const DocumentFormat*>& document_formats();

/// The first format that recognises the file; the last of the list takes whatever is left.
const DocumentFormat& format_of(const Beginning& file, const ReadOptions& options);

}  // namespace bimix::corpus
