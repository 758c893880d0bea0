#include "scale_sizes.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::cli {

std::vector<int> scale_sizes(const ScaleSeries& series, const std::string& text) {
  const auto given = core::parse_count(text);
  if (!given || *given < series.least || *given > series.most)
    throw core::UsageError(core::Complaint{
        .place = series.flag,
        .problem = fmt::format("'{}' is no such size", core::shown_text(text)),
        .rule = fmt::format("a whole number from {} to {}", series.least,
                            core::format_count(series.most)),
        .remedy =
            fmt::format("Write for example {}", core::format_count(series.least * series.times))});
  std::vector<int> sizes;
  for (int size = series.least; size < *given; size *= series.times) sizes.push_back(size);
  sizes.push_back(static_cast<int>(*given));
  return sizes;
}

}  // namespace bimix::cli
