#pragma once

#include <bimix/mix/objective.hpp>

namespace bimix::mix {

/// The sum of weight[e] * loss[e].
class WeightedMean : public Objective {
 public:
  bool is_mean() const override { return true; }
  double value(std::span<const double> weight, std::span<const double> loss) const override;
  double smooth(std::span<const double> weight, std::span<const double> loss, double softness,
                std::span<double> slope) const override;
  std::string value_words(std::span<const double> weight) const override;
  std::string words(std::span<const double> weight, const std::string& sets,
                    const std::string& reference) const override;
};

}  // namespace bimix::mix
