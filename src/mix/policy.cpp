#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace bimix::mix {

#define BIMIX_POLICY(name) const Policy& policy_##name();
#include "policies/policies.def"
#undef BIMIX_POLICY

namespace {

const std::vector<const Policy*>& policies() {
  static const std::vector<const Policy*> all{
#define BIMIX_POLICY(name) &policy_##name(),
#include "policies/policies.def"
#undef BIMIX_POLICY
  };
  return all;
}

std::string with_measure(const Policy& policy, std::string_view measure) {
  return fmt::format("{}-{}", policy.name(), measure);
}

bool is_positive_number(std::string_view text) {
  const std::optional<double> number = core::parse_number(text);
  return number && *number > 0.0 && std::isfinite(*number);
}

/// What stands between `start` and `end` of a name, if it begins and ends so and there is
/// something.
std::optional<std::string_view> inside(std::string_view name, std::string_view start,
                                       std::string_view end) {
  if (name.size() <= start.size() + end.size() || !name.starts_with(start) || !name.ends_with(end))
    return std::nullopt;
  return name.substr(start.size(), name.size() - start.size() - end.size());
}

/// What a name says to a policy, empty where it says nothing; nothing if the name is that of
/// another.
std::optional<std::string_view> argument_in(std::string_view name, const Policy& policy) {
  switch (policy.argument()) {
    case PolicyArgument::measure:
      return inside(name, with_measure(policy, ""), "");
    case PolicyArgument::number:
      if (const auto number = inside(name, fmt::format("{}(", policy.name()), ")");
          number && is_positive_number(*number))
        return number;
      [[fallthrough]];
    case PolicyArgument::none:
      break;
  }
  if (name == policy.name()) return std::string_view();
  return std::nullopt;
}

}  // namespace

std::vector<std::string> policy_names_with_number() {
  std::vector<std::string> names;
  for (const Policy* policy : policies())
    if (policy->argument() == PolicyArgument::number) names.emplace_back(policy->name());
  return names;
}

std::vector<std::string> policy_names(const std::vector<std::string>& measures) {
  std::vector<std::string> names;
  for (const Policy* policy : policies()) {
    if (policy->argument() != PolicyArgument::measure) {
      names.emplace_back(policy->name());
      continue;
    }
    for (const std::string& measure : measures) names.push_back(with_measure(*policy, measure));
  }
  return names;
}

bool is_policy_name(std::string_view name, const std::vector<std::string>& measures) {
  return std::any_of(policies().begin(), policies().end(), [&](const Policy* policy) {
    const auto argument = argument_in(name, *policy);
    return argument && (policy->argument() != PolicyArgument::measure ||
                        std::find(measures.begin(), measures.end(), *argument) != measures.end());
  });
}

bool needs_entropy(std::string_view name) {
  return std::any_of(policies().begin(), policies().end(), [name](const Policy* policy) {
    return policy->needs_entropy() && argument_in(name, *policy);
  });
}

data::Mixture policy_mixture(std::string_view name, const PolicyInput& input) {
  for (const Policy* policy : policies())
    if (const auto argument = argument_in(name, *policy)) return policy->mixture(input, *argument);
  throw core::UsageError(core::Complaint{
      input.place, fmt::format("preset '{}' is not known", core::shown_text(name)),
      "there are " + core::join_words(policy_names({"<measure>"})), "Choose one of them"});
}

}  // namespace bimix::mix
