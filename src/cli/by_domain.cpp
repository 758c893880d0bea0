#include "by_domain.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace bimix::cli {

std::vector<double> parse_by_domain(const std::string& flag, const std::string& text,
                                    const std::vector<std::string>& names, double missing) {
  std::vector<double> values(names.size(), missing);
  std::vector<bool> given(names.size(), false);
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t equals = part.find('=');
    const std::string name(trimmed(part.substr(0, equals)));
    const auto found = std::find(names.begin(), names.end(), name);
    if (equals == std::string::npos || found == names.end()) {
      const auto nearest = nearest_name(name, names);
      throw UsageError(Complaint{.place = flag,
                                 .problem = fmt::format("'{}' names no domain", part),
                                 .rule = "domains: " + join_words(names),
                                 .remedy = nearest ? fmt::format("Did you mean '{}=...'", *nearest)
                                                   : "Write name=number, separated by commas"});
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    std::optional<double> value = parse_number(trimmed(part.substr(equals + 1)));
    if (!value)
      if (const auto count = parse_count(trimmed(part.substr(equals + 1))))
        value = static_cast<double>(*count);
    if (!value || !(*value >= 0) || !std::isfinite(*value) || given[index])
      throw UsageError(
          Complaint{.place = flag,
                    .problem = given[index] ? fmt::format("'{}' is given twice", name)
                                            : fmt::format("'{}' is no non-negative number", part),
                    .remedy = fmt::format("Write {}=0.3", name)});
    values[index] = *value;
    given[index] = true;
  }
  return values;
}

double parse_tokens(const std::string& flag, const std::string& text) {
  const auto tokens = parse_count(text);
  if (!tokens || *tokens < 1)
    throw UsageError(Complaint{.place = flag,
                               .problem = fmt::format("'{}' is no volume", text),
                               .remedy = "Write for example 250K, 20B or 1e9"});
  return static_cast<double>(*tokens);
}

}  // namespace bimix::cli
