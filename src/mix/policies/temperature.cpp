#include "pools.hpp"

#include <bimix/mix/policy.hpp>

namespace bimix::mix {
namespace {

/// Between proportional (1) and uniform (infinite): r_i ~ n_i^(1/T), T = 2 unless said.
/// @see Devlin 2019, multilingual BERT; Xue et al. 2021, arXiv 2010.11934 (mT5: T = 3.3)
class Temperature final : public Policy {
 public:
  std::string_view name() const override { return "temperature"; }
  PolicyArgument argument() const override { return PolicyArgument::number; }
  data::Mixture mixture(const PolicyInput& input, std::string_view argument) const override {
    constexpr double usual = 2.0;
    return shares_of_pools(known_pools(input, name(), true), 1.0 / number_in(argument, usual));
  }
};

}  // namespace

const Policy& policy_temperature() {
  static const Temperature policy;
  return policy;
}

}  // namespace bimix::mix
