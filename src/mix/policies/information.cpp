#include "pools.hpp"

#include <bimix/core/error.hpp>
#include <bimix/mix/policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace bimix::mix {
namespace {

constexpr std::string_view conditional = "conditional";

/// What is left of each pool when its redundancy is taken out: r_i ~ n_i H_i, H the conditional
/// entropy of a token after the one before.
/// @see TiMix (Jiang et al. 2024, arXiv 2312.08846) for the thought of scoring data by information
class Information final : public Policy {
 public:
  std::string_view name() const override { return "information"; }
  bool needs_entropy() const override { return true; }
  data::Mixture mixture(const PolicyInput& input, std::string_view) const override {
    const data::Pools& pools = known_pools(input, name(), true);
    for (const data::EntropyTable& table : input.entropy) {
      const auto found = std::find(table.measures.begin(), table.measures.end(), conditional);
      if (found == table.measures.end()) continue;
      const auto nats = table.nats.row(static_cast<std::size_t>(found - table.measures.begin()));
      std::vector<double> information;
      for (std::size_t k = 0; k < pools.size(); ++k) information.push_back(pools[k] * nats[k]);
      return shares_of_pools(information, 1.0);
    }
    throw core::UsageError(core::Complaint{
        input.place, fmt::format("preset '{}' needs the measure '{}'", name(), conditional),
        "entropy.measures does not list it, or the source has no text",
        fmt::format("Add '{}' to entropy.measures", conditional)});
  }
};

}  // namespace

const Policy& policy_information() {
  static const Information policy;
  return policy;
}

}  // namespace bimix::mix
