#include "measures.hpp"
#include "pools.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

namespace bimix::mix {
namespace {

/// What is left of each pool when its redundancy is taken out: r_i ~ n_i H_i, H the conditional
/// entropy of a token after the one before.
/// @see TiMix (Jiang et al. 2024, arXiv 2312.08846) for the thought of scoring data by information
class Information final : public Policy {
 public:
  std::string_view name() const override { return "information"; }
  bool needs_entropy() const override { return true; }
  data::Mixture mixture(const PolicyInput& input, std::string_view) const override {
    const data::Pools& pools = known_pools(input, name(), true);
    const std::span<const double> nats =
        row_of_measure(input, &data::EntropyTable::nats, "conditional", name());
    if (std::none_of(nats.begin(), nats.end(), [](double h) { return h > 0.0; }))
      throw core::UsageError(core::Complaint{
          input.place, fmt::format("preset '{}' has nothing to weigh the domains by", name()),
          "in each of them every token follows from the one before",
          "Look at their texts, or use `proportional`"});
    std::vector<double> information;
    for (std::size_t k = 0; k < pools.size(); ++k) information.push_back(pools[k] * nats[k]);
    return core::normalised(information);
  }
};

}  // namespace

const Policy& policy_information() {
  static const Information policy;
  return policy;
}

}  // namespace bimix::mix
