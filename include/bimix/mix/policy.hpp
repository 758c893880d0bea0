#pragma once

#include <bimix/data/records.hpp>
#include <bimix/data/utilities.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bimix::mix {

/// What a policy may know: what is known before any run.
struct PolicyInput {
  const data::Mixture& default_share;              ///< K, on the simplex
  const std::vector<data::EntropyTable>& entropy;  ///< none, or one table
  std::string place{};  ///< where the campaign names the policy: "design.mixtures[0]"
  std::vector<std::string> domains{};  ///< K names, for messages and labels; empty: numbers do
  data::Pools unique_tokens{};         ///< what the model will draw from; empty: not known
  double tokens = 0.0;                 ///< the volume the mixture is for; 0: not known
  data::Utilities utilities{};         ///< empty: not known
};

/// What a name says besides that of its policy.
enum class PolicyArgument {
  none,
  measure,  ///< of entropy: `entropy-joint`; there is a mixture for each
  number    ///< `unimax(8)`; the name alone stands for a usual number
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

  virtual PolicyArgument argument() const { return PolicyArgument::none; }

  /// True if it is made from entropies, and so from texts.
  virtual bool needs_entropy() const { return argument() == PolicyArgument::measure; }

  /// @param argument the measure, or the number as it was written; empty where none was
  /// @return K shares, on the simplex
  /// @throws UsageError at input.place, if what it needs is not there
  virtual data::Mixture mixture(const PolicyInput& input, std::string_view argument) const = 0;
};

/// Names of all mixtures that policies make, in the order of policies.def; of those with a number
/// the name alone.
/// @param measures of entropy that there are
std::vector<std::string> policy_names(const std::vector<std::string>& measures);

/// Names of those that may be followed by a number: "unimax".
std::vector<std::string> policy_names_with_number();

/// True if a policy makes a mixture of this name from these measures, or from any number.
bool is_policy_name(std::string_view name, const std::vector<std::string>& measures);

/// True if the mixture of this name is made from entropies of texts.
bool needs_entropy(std::string_view name);

/// The mixture of a policy.
/// @param name one of policy_names
/// @return K shares, on the simplex
/// @throws UsageError at input.place, if the name is not known or what it needs is not there
data::Mixture policy_mixture(std::string_view name, const PolicyInput& input);

}  // namespace bimix::mix
