#pragma once

#include <bimix/data/records.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bimix::mix {

/// What a policy may know: what is known before any run.
struct PolicyInput {
  const data::Mixture& default_share;              ///< K, on the simplex
  const std::vector<data::EntropyTable>& entropy;  ///< none, or one table
  std::string place{};  ///< where the campaign names the policy: "design.mixtures[0]"
};

/// A rule that makes a mixture without any run: a preset of the design.
///
/// A new policy is src/mix/policies/<name>.cpp, which defines `const Policy& policy_<name>()`, and
/// its line in policies.def there. tests/mix/policy_contract_test.cpp then holds it to this
/// interface.
class Policy {
 public:
  virtual ~Policy() = default;

  /// After `preset:` in a campaign.
  virtual std::string_view name() const = 0;

  /// True: it makes a mixture from each measure of entropy, and `<name>-<measure>` names one. It
  /// needs texts then.
  virtual bool is_by_measure() const { return false; }

  /// @param measure of entropy; empty unless is_by_measure()
  /// @return K shares, on the simplex
  /// @throws UsageError at input.place, if what it needs is not there
  virtual data::Mixture mixture(const PolicyInput& input, std::string_view measure) const = 0;
};

/// Names of all mixtures that policies make, in the order of policies.def.
/// @param measures of entropy that there are
std::vector<std::string> policy_names(const std::vector<std::string>& measures);

/// True if the mixture of this name is made from entropies of texts.
bool needs_entropy(std::string_view name);

/// The mixture of a policy.
/// @param name one of policy_names
/// @return K shares, on the simplex
/// @throws UsageError at input.place, if the name is not known or what it needs is not there
data::Mixture policy_mixture(std::string_view name, const PolicyInput& input);

}  // namespace bimix::mix
