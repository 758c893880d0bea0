#pragma once

#include <bimix/mix/objective.hpp>

namespace bimix::mix {

/// The sum of weight[e] * loss[e]; who derives says where the weights come from.
class WeightedMean : public Objective {
 public:
  bool counts_rises() const override { return false; }
  bool is_mean() const override { return true; }
  double value(std::span<const double> weight, std::span<const double> loss) const override;
  std::vector<double> softness() const override { return {0.0}; }
  double smooth(std::span<const double> weight, std::span<const double> loss, double softness,
                std::span<double> slope) const override;
  std::string value_words(std::span<const double> weight) const override;
  std::string words(std::span<const double> weight, const std::string& sets) const override;
};

/// The complaint of an objective that treats all sets alike about weights that were given.
std::vector<core::Complaint> refuse_weights(std::string_view objective,
                                            std::span<const double> given);

}  // namespace bimix::mix
