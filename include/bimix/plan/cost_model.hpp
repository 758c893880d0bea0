#pragma once

#include <cstddef>
#include <vector>

namespace bimix::plan {

/// Seconds that a trial of some cost takes, learned from trials that have ended:
/// seconds = set-up + cost * pace, by least squares with neither below 0.
class CostModel {
 public:
  /// A trial of this cost took that long. Ignored unless both are positive and finite.
  void learn(double cost, double seconds);
  /// False before anything was learned; the estimates are NaN then.
  bool knows() const { return !seen_.empty(); }
  double seconds(double cost) const;
  /// The ratio of true to expected seconds below which that part of the trials stayed.
  /// @param part 0 to 1
  double spread(double part) const;
  /// The largest cost that should take no longer; negative if none does.
  double cost_within(double seconds) const;

 private:
  struct Seen {
    double cost = 0.0, seconds = 0.0;
  };
  void fit();

  std::vector<Seen> seen_;  ///< the last ones
  std::size_t next_ = 0;    ///< to be replaced
  double setup_ = 0.0, pace_ = 0.0;
};

}  // namespace bimix::plan
