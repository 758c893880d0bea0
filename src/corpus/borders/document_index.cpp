#include "document_index.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::corpus {

#define BIMIX_DOCUMENT_INDEX(name) const IndexFormat& index_##name();
#include "indexes.def"
#undef BIMIX_DOCUMENT_INDEX

const std::vector<const IndexFormat*>& index_formats() {
  static const std::vector<const IndexFormat*> all{
#define BIMIX_DOCUMENT_INDEX(name) &index_##name(),
#include "indexes.def"
#undef BIMIX_DOCUMENT_INDEX
  };
  return all;
}

std::string remedy_for_index(const std::string& index) {
  return fmt::format(
      "Copy or write it again; or move {} away: then the file of tokens is one "
      "document",
      core::shell_word(index));
}

MappedFile map_index(const std::filesystem::path& index) {
  std::error_code failure;
  if (std::filesystem::file_size(index, failure) == 0 && !failure)
    throw core::DataError({.place = index.string(),
                           .problem = "is empty",
                           .rule = "it tells where documents end",
                           .remedy = remedy_for_index(index.string())});
  return map_file(index);
}

FoundIndex index_beside(const std::filesystem::path& tokens) {
  for (const std::filesystem::path& name : {tokens, std::filesystem::weakly_canonical(tokens)})
    for (const IndexFormat* format : index_formats()) {
      FoundIndex found{format, name};
      // Itself, not what it leads to.
      if (!found.path().empty() &&
          std::filesystem::exists(std::filesystem::symlink_status(found.path())))
        return found;
    }
  return {};
}

}  // namespace bimix::corpus
