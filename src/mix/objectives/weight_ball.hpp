#pragma once

#include "rises.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::mix {

/// The largest mean of the rises above the reference, over all weights w on the simplex
/// whose divergence D(w) from the campaign's is at most the radius q. By duality it is the least
/// over prices l > 0 of max_w [w . x - l (D(w) - q)]; with l kept above a softness it is smooth,
/// and its slopes are the w. Between the mean (q = 0) and the largest rise (q large).
/// @see Duchi and Namkoong 2021, doi:10.1214/20-AOS2004; Wu et al. 2022, arXiv 2204.07742 (DRFLM)
class WeightBall : public Rises {
 public:
  /// @param name as in a campaign
  WeightBall(std::string name, double radius) : Rises(std::move(name)), radius_(radius) {}

  double value(std::span<const double> weight, std::span<const double> loss) const final;
  double smooth(std::span<const double> weight, std::span<const double> loss, double softness,
                std::span<double> slope) const final;
  std::string value_words(std::span<const double> weight) const final;
  std::string words(std::span<const double> weight, const std::string& sets,
                    const std::string& reference) const final;

 protected:
  /// The weights at a price, and how far they are.
  struct Tilt {
    std::vector<double> weight{};
    double divergence = 0.0;
  };
  /// @param rise of sets whose weight is not 0, finite
  virtual Tilt tilt(std::span<const double> weight, std::span<const double> rise,
                    double price) const = 0;
  virtual std::string_view divergence_word() const = 0;

 private:
  /// The price at which the weights are the radius away, or `least` where they are nearer there.
  double price_at(std::span<const double> weight, std::span<const double> rise, double least) const;

  double radius_;
};

}  // namespace bimix::mix
