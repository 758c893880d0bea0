#include "document_index.hpp"

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

const IndexFormat* index_beside(const std::filesystem::path& tokens) {
  for (const IndexFormat* format : index_formats()) {
    const std::filesystem::path index = format->index_of(tokens);
    if (!index.empty() && std::filesystem::exists(index)) return format;
  }
  return nullptr;
}

}  // namespace bimix::corpus
