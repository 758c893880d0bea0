#pragma once

#include <bimix/data/records.hpp>
#include <bimix/mix/optimum.hpp>

#include <functional>
#include <span>
#include <vector>

namespace bimix::mix {

/// Value of a smooth objective and its slope, written to the second argument (K). May be infinite,
/// and slopes may be, at shares of 0.
using SmoothObjective = std::function<double(const data::Mixture&, std::vector<double>&)>;

/// Where a descent came to rest.
struct Rest {
  data::Mixture share{};
  double value = 0.0;
  /// Frank-Wolfe gap, slope . (share - v) at its largest over the mixtures v in the box: if the
  /// objective is convex, the value is at most this much above the least.
  double gap = 0.0;
};

/// Spectral projected gradient from one start, with a non-monotone line search; where that stops
/// short, next to shares of 0 whose slope is steep, exchanges between two domains by exact line
/// search, in turn with it.
/// @param box holds a mixture
/// @note Deterministic. Stops where the gap is at rounding, or nothing more is gained.
/// @see Birgin, Martinez and Raydan 2000, doi:10.1137/S1052623497330963; Jaggi 2013 for the gap
Rest descend(const SmoothObjective& objective, const Box& box, const data::Mixture& start);

/// The nearest mixture in the box (Euclidean).
data::Mixture project_to_box(std::span<const double> point, const Box& box);

/// The mixture in the box with the least slope . mixture.
data::Mixture least_in_box(std::span<const double> slope, const Box& box);

}  // namespace bimix::mix
