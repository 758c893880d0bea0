#include "pools.hpp"

#include <bimix/mix/policy.hpp>

namespace bimix::mix {
namespace {

/// As much of each domain as there is of it: r_i ~ n_i.
class Proportional final : public Policy {
 public:
  std::string_view name() const override { return "proportional"; }
  data::Mixture mixture(const PolicyInput& input, std::string_view) const override {
    return shares_of_pools(known_pools(input, name(), true), 1.0);
  }
};

}  // namespace

const Policy& policy_proportional() {
  static const Proportional policy;
  return policy;
}

}  // namespace bimix::mix
