#include "weight_ball.hpp"

#include <algorithm>
#include <numeric>

namespace bimix::mix {
namespace {

/// Half the chi-squared divergence, 1/2 sum (w - v)^2 / v: w = v max(0, 1 + (x - m) / l), with m
/// from sum w = 1.
class ChiSquaredBall final : public WeightBall {
 public:
  explicit ChiSquaredBall(double radius = ObjectiveSetting().radius)
      : WeightBall("chi-squared", radius) {}
  std::unique_ptr<const Objective> with(const ObjectiveSetting& setting) const override {
    return std::make_unique<ChiSquaredBall>(setting.radius);
  }

 protected:
  std::string_view divergence_word() const override { return "half a chi-squared divergence of"; }
  Tilt tilt(std::span<const double> weight, std::span<const double> rise,
            double price) const override {
    const double weights = std::accumulate(weight.begin(), weight.end(), 0.0);
    const double top = *std::max_element(rise.begin(), rise.end());
    std::vector<double> v,
        y;  // rises in prices, from the largest down: small prices cost no digits
    for (std::size_t i = 0; i < rise.size(); ++i) {
      v.push_back(weight[i] / weights);
      y.push_back((rise[i] - top) / price);
    }
    const double m = middle(v, y);
    Tilt tilt;
    for (std::size_t i = 0; i < rise.size(); ++i) {
      tilt.weight.push_back(v[i] * std::max(0.0, 1.0 + y[i] - m));
      tilt.divergence += 0.5 * (tilt.weight[i] - v[i]) * (tilt.weight[i] - v[i]) / v[i];
    }
    return tilt;
  }

 private:
  /// The m of the largest rises y that have a weight then. @param v sums to 1
  static double middle(const std::vector<double>& v, const std::vector<double>& y) {
    std::vector<std::size_t> order(y.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return y[a] > y[b]; });
    double mass = 0.0, sum = 0.0, m = 0.0;
    for (const std::size_t i : order) {
      if (mass > 0.0 && !(1.0 + y[i] - m > 0.0)) break;
      mass += v[i];
      sum += v[i] * y[i];
      m = (sum + mass - 1.0) / mass;
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
