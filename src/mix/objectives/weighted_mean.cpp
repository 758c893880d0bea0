#include "weighted_mean.hpp"

#include <bimix/data/mean_words.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::mix {

double WeightedMean::value(std::span<const double> weight, std::span<const double> loss) const {
  double sum = 0.0;
  for (std::size_t e = 0; e < loss.size(); ++e) sum += weight[e] * loss[e];
  return sum;
}

double WeightedMean::smooth(std::span<const double> weight, std::span<const double> loss, double,
                            std::span<double> slope) const {
  std::copy(weight.begin(), weight.end(), slope.begin());
  return value(weight, loss);
}

std::string WeightedMean::value_words(std::span<const double> weight) const {
  return data::mean_words(weight);
}

std::string WeightedMean::words(std::span<const double> weight, const std::string& sets,
                                const std::string& /*reference*/) const {
  return fmt::format("{} of {}", value_words(weight), sets);
}

}  // namespace bimix::mix
