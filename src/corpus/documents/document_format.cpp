#include "document_format.hpp"

#include <algorithm>
#include <span>

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

namespace {

/// True for a part of what may be a document of JSON Lines.
bool may_be_a_longer_line(const std::string& bytes) {
  constexpr std::size_t mark_and_blanks = 16;
  return bytes.substr(0, mark_and_blanks).find('{') != std::string::npos &&
         bytes.find('\n') == std::string::npos;
}

}  // namespace

Beginning beginning_of(const std::filesystem::path& path, std::int64_t longest) {
  constexpr std::size_t enough = 64 << 10;
  Beginning file{path, packing_of(path), {}};
  const auto stream = open_bytes(path);
  const auto read_more = [&](std::size_t wanted) {
    std::string more(wanted, '\0');  // apart: a torn file has nothing to add
    const std::size_t got = stream->read(more);
    file.bytes.append(more, 0, got);
    return got > 0;
  };
  try {
    bool has_more = read_more(enough);
    while (has_more && may_be_a_longer_line(file.bytes) &&
           file.bytes.size() < static_cast<std::size_t>(longest))
      has_more = read_more(file.bytes.size());
  } catch (const TornError&) {
    // Who reads it from the beginning says so.
  }
  return file;
}

}  // namespace bimix::corpus
