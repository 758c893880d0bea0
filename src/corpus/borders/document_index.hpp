#pragma once

#include "../mapped_file.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::corpus {

/// Where the documents of a file of tokens end.
class DocumentEnds {
 public:
  virtual ~DocumentEnds() = default;

  /// The end of the next document, in tokens from the first of the file; nothing after the last.
  /// An empty document ends where the one before it does.
  /// @throws DataError naming the index if it is damaged
  virtual std::optional<std::uint64_t> next() = 0;
};

/// An index of documents, which lies beside a file of tokens.
///
/// A new kind is src/corpus/borders/<name>.cpp, which defines `const IndexFormat& index_<name>()`,
/// and its line in indexes.def there. tests/corpus/index_contract_test.cpp then holds it to this
/// interface; it wants a way to write such an index.
class IndexFormat {
 public:
  virtual ~IndexFormat() = default;

  virtual std::string_view name() const = 0;

  /// The index of a file of tokens by its name, whether it is there or not; empty if files with
  /// such a name have none of this kind.
  virtual std::filesystem::path index_of(const std::filesystem::path& tokens) const = 0;

  /// All that is written beside a file of tokens: a pattern that finds both means the tokens.
  virtual std::vector<std::filesystem::path> beside(const std::filesystem::path& tokens) const {
    return {index_of(tokens)};
  }

  /// @param tokens the file that it is the index of @param width bytes a token, as the campaign
  ///        says
  /// @throws DataError if the index is none of this kind, torn, or of tokens of another width
  virtual std::unique_ptr<DocumentEnds> open(const std::filesystem::path& tokens,
                                             int width) const = 0;
};

/// What to do about an index that does not fit.
std::string remedy_for_index(const std::string& index);

/// Maps an index. @throws DataError if it is empty or cannot be read
MappedFile map_index(const std::filesystem::path& index);

/// In the order of indexes.def.
const std::vector<const IndexFormat*>& index_formats();

/// An index that was found.
struct FoundIndex {
  const IndexFormat* format = nullptr;  ///< null: there is none
  std::filesystem::path tokens{};       ///< the name of the file of tokens that it lies beside
  std::filesystem::path path() const {
    return format == nullptr ? std::filesystem::path() : format->index_of(tokens);
  }
};

/// The index beside a file of tokens; if that is a link and there is none, the one beside the file
/// that it leads to. A link to an index that is gone is found, and cannot be opened.
FoundIndex index_beside(const std::filesystem::path& tokens);

}  // namespace bimix::corpus
