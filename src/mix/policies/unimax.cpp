#include "pools.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/mix/policy.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace bimix::mix {
namespace {

/// min(c, cap_i) with the c that makes the sum 1. @param caps sum to more than 1
data::Mixture water_level(const std::vector<double>& caps) {
  std::vector<std::size_t> order(caps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return caps[a] < caps[b]; });
  data::Mixture share(caps.size());
  double rest = 1.0;
  for (std::size_t n = 0; n < order.size(); ++n) {
    share[order[n]] = std::min(caps[order[n]], rest / static_cast<double>(order.size() - n));
    rest -= share[order[n]];
  }
  return core::normalised(share);
}

/// As even as at most e epochs of each domain allow: r_i = min(c, e n_i / D) of the volume D, with
/// c from sum r = 1; e = 4 unless said. Where e epochs of all domains are less than D, all are
/// repeated alike, more than e times.
/// @see Chung et al. 2023, arXiv 2304.09151
class UniMax final : public Policy {
 public:
  std::string_view name() const override { return "unimax"; }
  PolicyArgument argument() const override { return PolicyArgument::number; }
  data::Mixture mixture(const PolicyInput& input, std::string_view argument) const override {
    constexpr double usual = 4.0;
    const double epochs = number_in(argument, usual);
    data::Pools caps = known_pools(input, name(), false);
    require_volume(input, name());
    for (double& cap : caps) cap *= epochs / input.tokens;
    if (core::stable_sum(caps) <= 1.0) return core::normalised(caps);
    return water_level(caps);
  }
};

}  // namespace

const Policy& policy_unimax() {
  static const UniMax policy;
  return policy;
}

}  // namespace bimix::mix
