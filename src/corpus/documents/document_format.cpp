#include "document_format.hpp"

#include <algorithm>

namespace bimix::corpus {

#define BIMIX_DOCUMENT_FORMAT(name) const DocumentFormat& documents_##name();
#include "documents.def"
#undef BIMIX_DOCUMENT_FORMAT

const std::vector<const DocumentFormat*>& document_formats() {
  static const std::vector<const DocumentFormat*> all{
#define BIMIX_DOCUMENT_FORMAT(name) &documents_##name(),
#include "documents.def"
#undef BIMIX_DOCUMENT_FORMAT
  };
  return all;
}

const DocumentFormat& format_of(const Beginning& file, const ReadOptions& options) {
  const auto& formats = document_formats();
  return **std::find_if(formats.begin(), formats.end(), [&](const DocumentFormat* format) {
    return format->recognises(file, options);
  });
}

Beginning beginning_of(const std::filesystem::path& path) {
  constexpr std::size_t enough = 64 << 10;
  Beginning file{path, packing_of(path), std::string(enough, '\0')};
  file.bytes.resize(open_bytes(path)->read(file.bytes));
  return file;
}

}  // namespace bimix::corpus
