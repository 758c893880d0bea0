#include "pools.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/pools.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::mix {

const data::Pools& known_pools(const PolicyInput& input, std::string_view policy, bool finite) {
  const data::Pools& pools = input.unique_tokens;
  const auto is_of_use = [finite](double pool) {
    return data::is_known(pool) && !(finite && std::isinf(pool));
  };
  if (!pools.empty() && std::all_of(pools.begin(), pools.end(), is_of_use)) return pools;
  const bool endless =
      std::any_of(pools.begin(), pools.end(), [](double n) { return std::isinf(n); });
  throw core::UsageError(core::Complaint{
      input.place, fmt::format("preset '{}' needs the pool of every domain", policy),
      endless && finite ? "of an endless one there is no proportion"
                        : "how many different tokens there are",
      "Give each domain `unique_tokens: 3B`"});
}

void require_volume(const PolicyInput& input, std::string_view policy) {
  if (!(input.tokens > 0.0))
    throw core::UsageError(core::Complaint{
        input.place, fmt::format("preset '{}' needs the volume that the mixture is for", policy),
        "it counts epochs in it", "Set `optimize: {tokens: 10B}`"});
}

double number_in(std::string_view argument, double usual) {
  return argument.empty() ? usual : core::parse_number(argument).value_or(usual);
}

data::Mixture shares_of_pools(const data::Pools& pools, double power) {
  const double largest = *std::max_element(pools.begin(), pools.end());
  std::vector<double> weights;
  for (const double pool : pools) weights.push_back(std::pow(pool / largest, power));
  return core::normalised(weights);
}

}  // namespace bimix::mix
