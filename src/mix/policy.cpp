#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

#include <algorithm>
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

/// The measure that a name asks of a policy, empty where it takes none; nothing if the name is that
/// of another.
std::optional<std::string_view> measure_in(std::string_view name, const Policy& policy) {
  if (!policy.is_by_measure()) {
    if (name == policy.name()) return std::string_view();
    return std::nullopt;
  }
  const std::string start = with_measure(policy, "");
  if (!name.starts_with(start) || name.size() == start.size()) return std::nullopt;
  return name.substr(start.size());
}

}  // namespace

std::vector<std::string> policy_names(const std::vector<std::string>& measures) {
  std::vector<std::string> names;
  for (const Policy* policy : policies()) {
    if (!policy->is_by_measure()) names.emplace_back(policy->name());
    if (policy->is_by_measure())
      for (const std::string& measure : measures) names.push_back(with_measure(*policy, measure));
  }
  return names;
}

bool needs_entropy(std::string_view name) {
  return std::any_of(policies().begin(), policies().end(), [name](const Policy* policy) {
    return policy->is_by_measure() && measure_in(name, *policy);
  });
}

data::Mixture policy_mixture(std::string_view name, const PolicyInput& input) {
  for (const Policy* policy : policies())
    if (const auto measure = measure_in(name, *policy)) return policy->mixture(input, *measure);
  throw core::UsageError(core::Complaint{
      input.place, fmt::format("preset '{}' is not known", core::shown_text(name)),
      "there are " + core::join_words(policy_names({"<measure>"})), "Choose one of them"});
}

}  // namespace bimix::mix
