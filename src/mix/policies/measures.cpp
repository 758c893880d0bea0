#include "measures.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::mix {

std::span<const double> row_of_measure(const PolicyInput& input,
                                       data::Table data::EntropyTable::*values,
                                       std::string_view measure, std::string_view preset) {
  for (const data::EntropyTable& table : input.entropy) {
    const auto found = std::find(table.measures.begin(), table.measures.end(), measure);
    if (found != table.measures.end())
      return (table.*values).row(static_cast<std::size_t>(found - table.measures.begin()));
  }
  throw core::UsageError(core::Complaint{
      input.place, fmt::format("preset '{}' needs the measure '{}'", preset, measure),
      "entropy.measures does not list it, or the source has no text",
      fmt::format("Add '{}' to entropy.measures", measure)});
}

}  // namespace bimix::mix
