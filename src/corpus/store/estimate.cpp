#include "estimate.hpp"

#include "readers.hpp"

#include <bimix/core/error.hpp>

#include <algorithm>

namespace bimix::corpus {
namespace {

/// What was read of some files.
struct Seen {
  double file_bytes = 0.0;
  double text_bytes = 0.0;
};

/// Reads the first documents of a unit.
Seen first_documents_of(const Unit& unit, const CorpusOptions& options) {
  constexpr double enough = 4e6;
  Seen seen;
  const auto reader = readers_of(unit, options).front()();
  while (const auto document = reader->next()) {
    seen.text_bytes += static_cast<double>(document->bytes.size() * document->takers.size());
    if (seen.text_bytes >= enough) break;
  }
  seen.file_bytes = static_cast<double>(reader->bytes_read());
  return seen;
}

}  // namespace

TextEstimate estimated_texts(const ReadingPlan& plan, const CorpusOptions& options) {
  constexpr std::size_t most_units = 8;
  CorpusOptions quick = options;
  quick.on_error = OnError::stop;  // reading says what is wrong; here it only must not go on and on
  quick.tokenizer = {};            // a file need not be checked to its end
  double file_bytes = 0.0;
  Seen seen;
  TextEstimate estimate;
  const std::size_t step = std::max<std::size_t>(1, plan.units.size() / most_units);
  for (std::size_t n = 0; n < plan.units.size(); ++n) {
    Unit unit = plan.units[n];
    if (!unit.command.empty()) return {};
    if (unit.has_conditions()) {  // nobody knows when the next document comes that meets them
      unit.takers = {Taker{}};
      estimate.is_most = true;
    }
    file_bytes += static_cast<double>(unit.bytes());
    if (n % step != 0) continue;
    try {
      const Seen part = first_documents_of(unit, quick);
      seen.file_bytes += part.file_bytes;
      seen.text_bytes += part.text_bytes;
    } catch (const core::Error&) {
      return {};
    }
  }
  if (!(seen.file_bytes > 0)) return {};
  estimate.bytes = static_cast<std::uint64_t>(file_bytes * seen.text_bytes / seen.file_bytes);
  return estimate;
}

}  // namespace bimix::corpus
