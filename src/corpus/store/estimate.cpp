#include "estimate.hpp"

#include "readers.hpp"

#include <bimix/core/error.hpp>

#include <algorithm>

namespace bimix::corpus {
namespace {

/// Bytes of text to a byte of the files of a unit, by its first documents. @return 0: not known
double texts_to_a_byte(const Unit& unit, const CorpusOptions& options) {
  constexpr double enough = 4e6;
  double text_bytes = 0.0;
  const auto reader = readers_of(unit, options).front()();
  while (const auto document = reader->next()) {
    text_bytes += static_cast<double>(document->bytes.size() * document->takers.size());
    if (text_bytes >= enough) break;
  }
  const auto file_bytes = static_cast<double>(reader->bytes_read());
  return file_bytes > 0 ? text_bytes / file_bytes : 0.0;
}

}  // namespace

TextEstimate estimated_texts(const ReadingPlan& plan, const CorpusOptions& options) {
  constexpr std::size_t most_units = 8;
  CorpusOptions quick = options;
  quick.on_error = OnError::stop;  // reading says what is wrong; here it only must not go on and on
  quick.tokenizer = {};            // a file need not be checked to its end
  double all_bytes = 0.0, seen_bytes = 0.0, seen_texts = 0.0;
  TextEstimate estimate;
  const std::size_t step = std::max<std::size_t>(1, plan.units.size() / most_units);
  for (std::size_t n = 0; n < plan.units.size(); ++n) {
    Unit unit = plan.units[n];
    if (!unit.command.empty()) return {};
    if (unit.has_conditions()) {  // nobody knows when the next document comes that meets them
      unit.takers = {Taker{}};
      estimate.are_filtered = true;
    }
    const auto bytes = static_cast<double>(unit.bytes());
    all_bytes += bytes;
    if (n % step != 0) continue;
    try {
      const double ratio = texts_to_a_byte(unit, quick);
      if (!(ratio > 0)) continue;
      seen_bytes += bytes;
      seen_texts += ratio * bytes;
    } catch (const core::Error&) {
      return {};
    }
  }
  if (!(seen_bytes > 0)) return {};
  estimate.bytes = static_cast<std::uint64_t>(all_bytes * seen_texts / seen_bytes);
  return estimate;
}

}  // namespace bimix::corpus
