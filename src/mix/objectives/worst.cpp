#include <bimix/core/simplex.hpp>
#include <bimix/mix/objective.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

double largest(std::span<const double> weight, std::span<const double> loss) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t e = 0; e < loss.size(); ++e)
    if (weight[e] > 0.0) largest = std::max(largest, loss[e]);
  return largest;
}

/// The largest rise of a loss above what the default mixture gives. Its smooth stand-in is T log
/// sum exp(rise / T), which is above the largest by T log E at most.
class Worst final : public Objective {
 public:
  std::string_view name() const override { return "worst"; }
  bool counts_rises() const override { return true; }
  double value(std::span<const double> weight, std::span<const double> loss) const override {
    return largest(weight, loss);
  }

  std::vector<double> softness() const override {
    constexpr double coldest = 1e-6;
    std::vector<double> temperatures;
    for (double temperature = 0.1; temperature >= 0.99 * coldest; temperature *= 0.1)
      temperatures.push_back(temperature);
    return temperatures;
  }

  double smooth(std::span<const double> weight, std::span<const double> loss, double temperature,
                std::span<double> slope) const override {
    std::fill(slope.begin(), slope.end(), 0.0);
    const double top = largest(weight, loss);
    if (!std::isfinite(top)) return top;
    double sum = 0.0;
    for (std::size_t e = 0; e < loss.size(); ++e)
      if (weight[e] > 0.0) sum += slope[e] = std::exp((loss[e] - top) / temperature);
    const std::vector<double> part = core::normalised(slope);
    std::copy(part.begin(), part.end(), slope.begin());
    return top + temperature * std::log(sum);
  }

  /// No mean of the rises is above the largest of them.
  double plane(std::span<const double>, std::span<const double> loss,
               std::span<const double> slope) const override {
    double mean = 0.0;
    for (std::size_t e = 0; e < loss.size(); ++e) mean += slope[e] * loss[e];
    return mean;
  }

  std::string value_words(std::span<const double> weight) const override {
    return std::count_if(weight.begin(), weight.end(), [](double w) { return w > 0.0; }) == 1
               ? "rise of the loss"
               : "largest rise of a loss";
  }
  std::string words(std::span<const double> weight, const std::string& sets) const override {
    return fmt::format("{} above the default's, of {}", value_words(weight), sets);
  }
};

}  // namespace

const Objective& objective_worst() {
  static const Worst objective;
  return objective;
}

}  // namespace bimix::mix
