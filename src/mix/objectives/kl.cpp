#include "weight_ball.hpp"

#include <algorithm>
#include <cmath>

namespace bimix::mix {
namespace {

/// Kullback-Leibler divergence: w ~ v exp(x / l).
class KlBall final : public WeightBall {
 public:
  explicit KlBall(double radius = ObjectiveSetting().radius) : WeightBall("kl", radius) {}
  std::unique_ptr<const Objective> with(const ObjectiveSetting& setting) const override {
    return std::make_unique<KlBall>(setting.radius);
  }

 protected:
  std::string_view divergence_word() const override { return "a Kullback-Leibler divergence of"; }
  Tilt tilt(std::span<const double> weight, std::span<const double> rise,
            double price) const override {
    const double top = *std::max_element(rise.begin(), rise.end());
    Tilt tilt;
    double sum = 0.0, weights = 0.0;
    for (std::size_t i = 0; i < rise.size(); ++i) {
      tilt.weight.push_back(weight[i] * std::exp((rise[i] - top) / price));
      sum += tilt.weight.back();
      weights += weight[i];
    }
    for (std::size_t i = 0; i < rise.size(); ++i) {
      double& w = tilt.weight[i];
      w /= sum;
      if (w > 0.0) tilt.divergence += w * std::log(w * weights / weight[i]);
    }
    return tilt;
  }
};

}  // namespace

const Objective& objective_kl() {
  static const KlBall objective;
  return objective;
}

}  // namespace bimix::mix
