#include "pools.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/mix/policy.hpp>
#include <bimix/mix/quality_curve.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace bimix::mix {
namespace {

std::vector<double> epochs_at(std::span<const double> parts, double wanted, double dropped,
                              double q) {
  const auto g = [&](double t) {
    return t <= dropped ? 0.0 : std::pow((t - dropped) / (1.0 - dropped), q);
  };
  std::vector<double> epochs;
  double below = 0.0;
  for (std::size_t n = 0; n < parts.size(); ++n) {
    const double above = n + 1 == parts.size() ? 1.0 : below + parts[n];
    epochs.push_back(wanted * (g(above) - g(below)) / parts[n]);
    below = above;
  }
  return epochs;
}

/// The domains of each node that holds no other; of domains without nodes all of them.
std::vector<std::vector<std::size_t>> ordered_buckets(const std::vector<std::string>& domains,
                                                      std::size_t count) {
  const std::vector<data::DomainNode> nodes = data::domain_nodes(domains);
  std::vector<std::vector<std::size_t>> topics;
  std::vector<bool> is_in_one(count, false);
  for (const data::DomainNode& node : nodes)  // from inside to outside
    if (std::none_of(node.domains.begin(), node.domains.end(),
                     [&](std::size_t k) { return is_in_one[k]; })) {
      topics.push_back(node.domains);
      for (const std::size_t k : node.domains) is_in_one[k] = true;
    }
  if (!topics.empty()) return topics;
  topics.emplace_back();
  for (std::size_t k = 0; k < count; ++k) topics.back().push_back(k);
  return topics;
}

/// Within each innermost node of the domains, whose children stand from the worst to the best: a
/// curve that drops the worst 40 % of its text and goes through the best child `c` times, 7 unless
/// said. Each node keeps its share of the default; without nodes all domains are one.
/// @see quality_epochs
class Quality final : public Policy {
 public:
  std::string_view name() const override { return "quality"; }
  PolicyArgument argument() const override { return PolicyArgument::number; }
  data::Mixture mixture(const PolicyInput& input, std::string_view argument) const override {
    constexpr double usual_cap = 7.0, dropped = 0.4;
    const data::Pools& pools = known_pools(input, name(), true);
    require_volume(input, name());
    data::Mixture share = input.default_share;
    for (const std::vector<std::size_t>& topic : ordered_buckets(input.domains, share.size())) {
      double text = 0.0, part = 0.0;
      for (const std::size_t k : topic) {
        text += pools[k];
        part += share[k];
      }
      if (!(part > 0.0)) continue;
      std::vector<double> parts;
      for (const std::size_t k : topic) parts.push_back(pools[k] / text);
      const std::vector<double> epochs = quality_epochs(parts, part * input.tokens / text, dropped,
                                                        number_in(argument, usual_cap));
      for (std::size_t n = 0; n < topic.size(); ++n)
        share[topic[n]] = epochs[n] * pools[topic[n]] / input.tokens;
    }
    return core::normalised(share);
  }
};

}  // namespace

std::vector<double> quality_epochs(std::span<const double> parts, double wanted, double dropped,
                                   double cap) {
  double low = 1.0, high = 1000.0;
  const auto best = [&](double q) { return epochs_at(parts, wanted, dropped, q).back(); };
  if (best(low) >= cap) return epochs_at(parts, wanted, dropped, low);
  if (best(high) <= cap) return epochs_at(parts, wanted, dropped, high);
  for (;;) {  // it rises in q
    const double middle = low + 0.5 * (high - low);
    if (!(middle > low && middle < high)) return epochs_at(parts, wanted, dropped, low);
    (best(middle) < cap ? low : high) = middle;
  }
}

const Policy& policy_quality() {
  static const Quality policy;
  return policy;
}

}  // namespace bimix::mix
