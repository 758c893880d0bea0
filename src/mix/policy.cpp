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

std::string with_argument(const Policy& policy, std::string_view argument) {
  return fmt::format("{}-{}", policy.name(), argument);
}

bool positive_number(std::string_view text) {
  const std::optional<double> number = core::parse_number(text);
  return number && *number > 0.0 && std::isfinite(*number);
}

/// What a name says to a policy, empty where it says nothing; nothing if the name is that of
/// another.
std::optional<std::string_view> argument_in(std::string_view name, const Policy& policy) {
  if (policy.argument() != PolicyArgument::measure && name == policy.name())
    return std::string_view();
  const std::string start = with_argument(policy, "");
  if (policy.argument() == PolicyArgument::none || !name.starts_with(start) ||
      name.size() == start.size())
    return std::nullopt;
  const std::string_view argument = name.substr(start.size());
  if (policy.argument() == PolicyArgument::number && !positive_number(argument))
    return std::nullopt;
  return argument;
}

}  // namespace

std::vector<std::string> policy_names(const std::vector<std::string>& measures) {
  std::vector<std::string> names;
  for (const Policy* policy : policies()) {
    if (policy->argument() != PolicyArgument::measure) {
      names.emplace_back(policy->name());
      continue;
    }
    for (const std::string& measure : measures) names.push_back(with_argument(*policy, measure));
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
