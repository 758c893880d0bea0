#include "weighted_mean.hpp"

#include <bimix/core/simplex.hpp>

namespace bimix::mix {
namespace {

/// The mean loss by the weights of the campaign.
class Weighted final : public WeightedMean {
 public:
  std::string_view name() const override { return "weighted"; }
  std::vector<core::Complaint> complaints(std::span<const double> given) const override {
    if (core::stable_sum(given) > 0.0) return {};
    return {{"optimize.weights", "no domain has a weight", "objective: weighted needs one above 0",
             "Give weights, or use objective: mean"}};
  }
  std::vector<double> weights(std::span<const double> given, std::size_t) const override {
    return {given.begin(), given.end()};
  }
};

}  // namespace

const Objective& objective_weighted() {
  static const Weighted objective;
  return objective;
}

}  // namespace bimix::mix
