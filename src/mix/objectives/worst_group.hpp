#pragma once

#include "rises.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bimix::mix {

/// The largest rise above the reference of any group, a group's rise being the mean of its sets' by
/// their weights. Its smooth stand-in is T log sum exp(rise / T) over G groups, which is above the
/// largest by T log G at most.
class WorstGroup : public Rises {
 public:
  /// @param name as in a campaign @param group E: of each set, from 0 on; empty: each is its own
  WorstGroup(std::string name, std::vector<int> group)
      : Rises(std::move(name)), group_(std::move(group)) {}

  double value(std::span<const double> weight, std::span<const double> loss) const final;
  double smooth(std::span<const double> weight, std::span<const double> loss, double temperature,
                std::span<double> slope) const final;
  std::string value_words(std::span<const double> weight) const final;
  std::string words(std::span<const double> weight, const std::string& sets,
                    const std::string& reference) const final;

 private:
  /// Sets that count, by group; groups without one are left out.
  std::vector<std::vector<std::size_t>> members(std::span<const double> weight) const;

  std::vector<int> group_;
};

}  // namespace bimix::mix
