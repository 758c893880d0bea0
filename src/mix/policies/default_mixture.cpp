#include <bimix/mix/policy.hpp>

namespace bimix::mix {
namespace {

/// The shares that the campaign gives its domains.
class DefaultMixture final : public Policy {
 public:
  std::string_view name() const override { return "default"; }
  data::Mixture mixture(const PolicyInput& input, std::string_view) const override {
    return input.default_share;
  }
};

}  // namespace

const Policy& policy_default_mixture() {
  static const DefaultMixture policy;
  return policy;
}

}  // namespace bimix::mix
