#include "bytes/line_reader.hpp"
#include "documents/document_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/rate.hpp>
#include <bimix/corpus/bench.hpp>

#include <nlohmann/json.hpp>
#include <zstd.h>

#include <fstream>

namespace bimix::corpus {
namespace {

/// Bytes of the texts of JSON Lines, as a program reads them that has no parser of its own.
std::uint64_t read_as_peer(const std::filesystem::path& file, const ReadOptions& options) {
  LineReader lines(open_bytes(file), static_cast<std::size_t>(options.max_document));
  std::uint64_t bytes = 0;
  while (const auto line = lines.next()) {
    const auto document = nlohmann::json::parse(line->text, nullptr, false);
    for (const std::string& key : {options.text_key, std::string("text"), std::string("content")})
      if (const auto found = document.find(key);
          document.is_object() && found != document.end() && found->is_string()) {
        bytes += found->get_ref<const std::string&>().size();
        break;
      }
  }
  return bytes;
}

}  // namespace

ReadingSpeed bench_reading(const std::filesystem::path& file, const ReadOptions& options,
                           double seconds) {
  const Beginning beginning = beginning_of(file);
  const DocumentFormat& format = format_of(beginning, options);
  ReadingSpeed speed{.file_bytes = std::filesystem::file_size(file)};
  speed.bytes_per_second = core::rate_of(seconds, [&] {
    speed.documents = speed.text_bytes = 0;
    const auto reader = format.open({.path = file}, options, {Where()});
    while (const auto document = reader->next()) {
      ++speed.documents;
      speed.text_bytes += document->bytes.size();
    }
    return speed.text_bytes;
  });
  if (speed.documents == 0)
    throw core::DataError({.place = file.string(),
                           .problem = "holds no document",
                           .remedy = "Name a file with some"});
  if (format.is_by_line())
    speed.peer_bytes_per_second =
        core::rate_of(seconds, [&] { return read_as_peer(file, options); });
  return speed;
}

void pack_by_zstd(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::string text = core::read_file(from);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), ZSTD_CLEVEL_DEFAULT);
  core::require(ZSTD_isError(size) == 0, "the bound of zstd is enough");
  packed.resize(size);
  std::ofstream file(to, std::ios::binary);
  file << packed;
  if (!file.flush())
    throw core::DataError({.place = to.string(),
                           .problem = "cannot be written",
                           .remedy = "Set TMPDIR to a folder with room"});
}

}  // namespace bimix::corpus
