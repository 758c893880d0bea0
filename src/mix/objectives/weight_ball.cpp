#include "weight_ball.hpp"

#include <bimix/core/simplex.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

/// Sets that count, without those that do not.
struct Counted {
  Counted(std::span<const double> weights, std::span<const double> losses) {
    for (std::size_t e = 0; e < weights.size(); ++e) {
      if (!(weights[e] > 0.0)) continue;
      place.push_back(e);
      weight.push_back(weights[e]);
      rise.push_back(losses[e]);
    }
  }
  bool is_finite() const {
    return std::all_of(rise.begin(), rise.end(), [](double x) { return std::isfinite(x); });
  }
  double largest() const { return *std::max_element(rise.begin(), rise.end()); }

  std::vector<std::size_t> place{};
  std::vector<double> weight{}, rise{};
};

}  // namespace

double WeightBall::price_at(std::span<const double> weight, std::span<const double> rise,
                            double least) const {
  const auto is_near = [&](double price) {
    return tilt(weight, rise, price).divergence <= radius_;
  };
  if (is_near(least)) return least;
  double low = least, high = 2.0 * least;
  while (!is_near(high)) low = high, high *= 2.0;
  constexpr int halvings = 60;  // to the last bit
  for (int n = 0; n < halvings; ++n) {
    const double middle = std::sqrt(low * high);
    (is_near(middle) ? high : low) = middle;
  }
  return high;
}

double WeightBall::smooth(std::span<const double> weight, std::span<const double> loss,
                          double softness, std::span<double> slope) const {
  std::fill(slope.begin(), slope.end(), 0.0);
  const Counted counted(weight, loss);
  if (!counted.is_finite()) return counted.largest();
  const double price = price_at(counted.weight, counted.rise, softness);
  const Tilt found = tilt(counted.weight, counted.rise, price);
  for (std::size_t i = 0; i < counted.place.size(); ++i) slope[counted.place[i]] = found.weight[i];
  return core::dot(found.weight, counted.rise) - price * (found.divergence - radius_);
}

double WeightBall::value(std::span<const double> weight, std::span<const double> loss) const {
  constexpr double hardest = 1e-13;
  std::vector<double> ignored(loss.size());
  return std::min(smooth(weight, loss, hardest, ignored), Counted(weight, loss).largest());
}

std::string WeightBall::value_words(std::span<const double> weight) const {
  return std::count_if(weight.begin(), weight.end(), [](double w) { return w > 0.0; }) == 1
             ? "rise of the loss"
             : "mean rise at the worst weights";
}

std::string WeightBall::words(std::span<const double>, const std::string& sets,
                              const std::string& reference) const {
  return fmt::format("rise above {} at the worst weights within {} {:g}, of {}", reference,
                     divergence_word(), radius_, sets);
}

}  // namespace bimix::mix
