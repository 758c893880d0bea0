#include "run_limits.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::cli {

FailureLimit::FailureLimit(const std::string& text, std::size_t trials) : text_(text) {
  if (text.empty()) return;
  const bool percent = text.back() == '%';
  const auto count = parse_number(percent ? text.substr(0, text.size() - 1) : text);
  if (!count || !(*count >= 0) || (percent && *count > 100))
    throw UsageError(
        Complaint{.place = "--max-failures",
                  .problem = fmt::format("'{}' is neither a count nor a percentage", text),
                  .remedy = "For example --max-failures 3 or --max-failures 10%"});
  limit_ = percent ? *count / 100 * static_cast<double>(trials) : *count;
}

std::optional<std::string> FailureLimit::reached() const {
  if (!limit_) {
    if (well_ > 0 || badly_ < hopeless) return std::nullopt;
    return fmt::format("the first {} trials all ended badly", badly_);
  }
  if (static_cast<double>(badly_) <= *limit_) return std::nullopt;
  return fmt::format("{} trials ended badly, and --max-failures allows {}", badly_, text_);
}

}  // namespace bimix::cli
