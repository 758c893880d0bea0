#include "worst_group.hpp"

namespace bimix::mix {

/// The largest rise of a loss above the reference.
const Objective& objective_worst() {
  static const WorstGroup objective("worst", {});
  return objective;
}

}  // namespace bimix::mix
