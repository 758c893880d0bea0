#include "weighted_mean.hpp"

namespace bimix::mix {
namespace {

/// The mean loss of all sets.
class Mean final : public WeightedMean {
 public:
  std::string_view name() const override { return "mean"; }
  std::vector<core::Complaint> complaints(std::span<const double> given) const override {
    return refuse_weights(name(), given);
  }
  std::vector<double> weights(std::span<const double>, std::size_t sets) const override {
    return std::vector<double>(sets, 1.0);
  }
};

}  // namespace

const Objective& objective_mean() {
  static const Mean objective;
  return objective;
}

}  // namespace bimix::mix
