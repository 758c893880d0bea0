#include "weight_ball.hpp"

#include <algorithm>
#include <numeric>

namespace bimix::mix {
namespace {

/// Half the chi-squared divergence, 1/2 sum (w - v)^2 / v: w = v max(0, 1 + (x - m) / l), with m
/// from sum w = 1.
class ChiSquaredBall final : public WeightBall {
 public:
  explicit ChiSquaredBall(std::string name = "chi-squared", double radius = 0.1)
      : WeightBall(std::move(name), radius) {}
  std::unique_ptr<const Objective> with_number(std::string name, double radius) const override {
    return std::make_unique<ChiSquaredBall>(std::move(name), radius);
  }

 protected:
  std::string_view divergence_word() const override { return "half a chi-squared divergence of"; }
  Tilt tilt(std::span<const double> weight, std::span<const double> rise,
            double price) const override {
    const double weights = std::accumulate(weight.begin(), weight.end(), 0.0);
    const double m = middle(weight, rise, price);
    Tilt tilt;
    for (std::size_t i = 0; i < rise.size(); ++i) {
      const double v = weight[i] / weights;
      tilt.weight.push_back(v * std::max(0.0, 1.0 + (rise[i] - m) / price));
      tilt.divergence += 0.5 * (tilt.weight.back() - v) * (tilt.weight.back() - v) / v;
    }
    return tilt;
  }

 private:
  /// The m for the largest rises that have a weight then.
  static double middle(std::span<const double> weight, std::span<const double> rise, double l) {
    std::vector<std::size_t> order(rise.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rise[a] > rise[b]; });
    const double weights = std::accumulate(weight.begin(), weight.end(), 0.0);
    double mass = 0.0, sum = 0.0, m = 0.0;
    for (const std::size_t i : order) {
      if (mass > 0.0 && !(l + rise[i] - m > 0.0)) break;
      mass += weight[i] / weights;
      sum += weight[i] / weights * rise[i];
      m = (sum + l * (mass - 1.0)) / mass;
    }
    return m;
  }
};

}  // namespace

const Objective& objective_chi_squared() {
  static const ChiSquaredBall objective;
  return objective;
}

}  // namespace bimix::mix
