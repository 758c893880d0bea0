#include "by_domain.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

namespace bimix::cli {
namespace {

/// A number or a count from 0 on, if the text is one.
std::optional<double> parse_not_negative(std::string_view text) {
  std::optional<double> value = core::parse_number(text);
  if (const auto count = core::parse_count(text); !value && count)
    value = static_cast<double>(*count);
  return value && *value >= 0.0 && std::isfinite(*value) ? value : std::nullopt;
}

/// @param reads what a value is; nothing where it is none
std::vector<double> parse_each(
    const std::string& flag, const std::string& text, const std::vector<std::string>& names,
    double missing, const std::function<std::optional<double>(std::string_view)>& reads) {
  const PairForm form{flag, "NAME=NUMBER", "domain", "Write name=number, separated by commas"};
  std::vector<double> values(names.size(), missing);
  std::vector<bool> given(names.size(), false);
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto [index, text_of_value] = parse_named_value(form, part, names);
    const std::optional<double> value = reads(core::trimmed(text_of_value));
    if (!value || given[index])
      throw core::UsageError(core::Complaint{
          .place = flag,
          .problem = given[index] ? fmt::format("'{}' is given twice", names[index])
                                  : fmt::format("'{}' is no non-negative number", part),
          .remedy = fmt::format("Write {}=0.3", names[index])});
    values[index] = *value;
    given[index] = true;
  }
  return values;
}

}  // namespace

NamedValue parse_named_value(const PairForm& form, const std::string& text,
                             const std::vector<std::string>& names) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || core::trimmed(text.substr(equals + 1)).empty())
    throw core::UsageError(
        core::Complaint{.place = form.flag,
                        .problem = fmt::format("'{}' is not {}", text, form.form),
                        .remedy = form.remedy});
  const std::string name(core::trimmed(text.substr(0, equals)));
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    const auto nearest = core::nearest_name(name, names);
    throw core::UsageError(core::Complaint{
        .place = form.flag,
        .problem = fmt::format("'{}' names no {}", text, form.what),
        .rule = fmt::format("{}s: {}", form.what, core::join_words(names)),
        .remedy = nearest ? fmt::format("Did you mean '{}=...'", *nearest) : form.remedy});
  }
  return {static_cast<std::size_t>(found - names.begin()), text.substr(equals + 1)};
}

std::vector<double> parse_by_domain(const std::string& flag, const std::string& text,
                                    const std::vector<std::string>& names, double missing) {
  return parse_each(flag, text, names, missing, parse_not_negative);
}

std::vector<double> parse_pools(const std::string& flag, const std::string& text,
                                const std::vector<std::string>& names) {
  return parse_each(flag, text, names, 0.0, [](std::string_view value) {
    return value == "none" ? std::optional(std::numeric_limits<double>::infinity())
                           : parse_not_negative(value);
  });
}

double parse_tokens(const std::string& flag, const std::string& text) {
  const auto tokens = core::parse_count(text);
  if (!tokens || *tokens < 1)
    throw core::UsageError(core::Complaint{.place = flag,
                                           .problem = fmt::format("'{}' is no count", text),
                                           .remedy = "Write for example 250K, 20B or 1e9"});
  return static_cast<double>(*tokens);
}

}  // namespace bimix::cli
