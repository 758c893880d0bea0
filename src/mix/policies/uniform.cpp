#include <bimix/mix/policy.hpp>

namespace bimix::mix {
namespace {

/// The same share for each domain.
class Uniform final : public Policy {
 public:
  std::string_view name() const override { return "uniform"; }
  data::Mixture mixture(const PolicyInput& input, std::string_view) const override {
    const std::size_t domains = input.default_share.size();
    return data::Mixture(domains, 1.0 / static_cast<double>(domains));
  }
};

}  // namespace

const Policy& policy_uniform() {
  static const Uniform policy;
  return policy;
}

}  // namespace bimix::mix
