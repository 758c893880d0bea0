#include "weighted_mean.hpp"

namespace bimix::mix {
namespace {

/// The mean loss of all sets.
class Mean final : public WeightedMean {
 public:
  std::string_view name() const override { return "mean"; }
};

}  // namespace

const Objective& objective_mean() {
  static const Mean objective;
  return objective;
}

}  // namespace bimix::mix
