#include "bytes/line_reader.hpp"
#include "documents/document_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/median.hpp>
#include <bimix/corpus/bench.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <vector>

namespace bimix::corpus {
namespace {

/// Bytes of text a second, the median over passes. @param pass returns the bytes of its texts
template <class Pass>
double rate_of(double seconds, Pass pass) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  std::vector<double> rates;
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point begin = Clock::now();
    const std::uint64_t bytes = pass();
    rates.push_back(static_cast<double>(bytes) / seconds_since(begin));
  } while (seconds_since(start) < seconds);
  return core::median(std::move(rates));
}

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
  speed.bytes_per_second = rate_of(seconds, [&] {
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
    speed.peer_bytes_per_second = rate_of(seconds, [&] { return read_as_peer(file, options); });
  return speed;
}

}  // namespace bimix::corpus
