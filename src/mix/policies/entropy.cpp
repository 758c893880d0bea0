#include "measures.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

namespace bimix::mix {
namespace {

/// exp(H_i) / sum_j exp(H_j) of one measure H of entropy.
/// @see Ge et al. 2025, arXiv 2405.14908
class Entropy final : public Policy {
 public:
  std::string_view name() const override { return "entropy"; }
  PolicyArgument argument() const override { return PolicyArgument::measure; }
  data::Mixture mixture(const PolicyInput& input, std::string_view measure) const override {
    return core::normalised(row_of_measure(input, &data::EntropyTable::mixture, measure,
                                           fmt::format("entropy-{}", measure)));
  }
};

}  // namespace

const Policy& policy_entropy() {
  static const Entropy policy;
  return policy;
}

}  // namespace bimix::mix
