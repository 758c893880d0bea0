#pragma once

#include <bimix/mix/objective.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bimix::mix {

/// What objectives share that are the largest mean of the rises above the reference over some set
/// of weights: stand-ins from soft to sharp, whose slopes are weights of that set.
class Rises : public Objective {
 public:
  /// @param name as in a campaign
  explicit Rises(std::string name) : name_(std::move(name)) {}

  std::string_view name() const final { return name_; }
  bool counts_rises() const final { return true; }
  std::vector<double> softness() const final;
  /// The mean by the slopes: no mean by weights of the set is above the objective.
  double plane(std::span<const double> weight, std::span<const double> loss,
               std::span<const double> slope) const final;

 private:
  std::string name_;
};

}  // namespace bimix::mix
