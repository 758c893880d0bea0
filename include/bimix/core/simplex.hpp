#pragma once

#include <span>
#include <vector>

namespace bimix::core {

/// How far from 1 the sum of proportions may be before it counts as a mistake.
inline constexpr double simplex_tolerance = 1e-9;

/// All finite, none negative, sum within simplex_tolerance of 1.
bool is_on_simplex(std::span<const double> shares);

/// Divided by their sum. @throws InternalError unless finite, non-negative and not all zero.
std::vector<double> normalised(std::span<const double> weights);

/// The nearest point (Euclidean) of {r : sum r = 1, r >= floor}.
/// @param floor at most 1/size in each place
/// @see Duchi et al. 2008, "Efficient projections onto the l1-ball", doi:10.1145/1390156.1390191
std::vector<double> project_to_simplex(std::span<const double> point, double floor = 0.0);

/// Total variation of two mixtures: half the sum of |differences|, the part that changes its place.
/// @param b as long as a
double total_variation(std::span<const double> a, std::span<const double> b);

/// Sum of the products, from the first to the last. @param b as long as a
double dot(std::span<const double> a, std::span<const double> b);

/// Sum with Neumaier's compensation: the same bits wherever it is computed, error independent of
/// the number of terms. NaN and infinities behave as in a plain sum.
double stable_sum(std::span<const double> terms);

/// The same for terms that come one at a time.
class StableSum {
 public:
  void add(double term);
  double value() const;

 private:
  double sum_ = 0.0;
  double lost_ = 0.0;
};

}  // namespace bimix::core
