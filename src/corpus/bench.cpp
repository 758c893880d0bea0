#include "documents/document_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/median.hpp>
#include <bimix/corpus/bench.hpp>

#include <chrono>
#include <vector>

namespace bimix::corpus {

ReadingSpeed bench_reading(const std::filesystem::path& file, const ReadOptions& options,
                           double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  beginning_of(file);  // says why a file cannot be read
  ReadingSpeed speed{.file_bytes = std::filesystem::file_size(file)};
  std::vector<double> rates;
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point begin = Clock::now();
    speed.documents = speed.text_bytes = 0;
    const auto reader =
        format_of(beginning_of(file), options).open({.path = file}, options, {Where()});
    while (const auto document = reader->next()) {
      ++speed.documents;
      speed.text_bytes += document->bytes.size();
    }
    rates.push_back(static_cast<double>(speed.text_bytes) / seconds_since(begin));
  } while (seconds_since(start) < seconds);
  if (speed.documents == 0)
    throw core::DataError({.place = file.string(),
                           .problem = "holds no document",
                           .remedy = "Name a file with some"});
  speed.bytes_per_second = core::median(std::move(rates));
  return speed;
}

}  // namespace bimix::corpus
