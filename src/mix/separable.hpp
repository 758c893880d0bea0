#pragma once

#include <bimix/data/records.hpp>
#include <bimix/mix/optimum.hpp>

#include <vector>

namespace bimix::mix {

/// scale * r^-exponent, part of the objective.
struct PowerTerm {
  double scale = 0.0;     ///< >= 0
  double exponent = 0.0;  ///< >= 0
};

/// Minimises sum_k sum_t scale_kt * r_k^-exponent_kt over the mixtures in the box.
///
/// Convex and separable: r_k solves gain_k(r_k) = lambda, clipped, where gain_k(r) = sum_t scale *
/// exponent * r^-(exponent + 1) falls in r; the sum of the shares falls in lambda, and lambda is
/// its bracketed root (TOMS 748). Domains without gain get their lower bound; what the others
/// cannot take is dealt to them in proportion to their room.
/// @param terms K lists
/// @param box holds a mixture
/// @return exact to rounding; deterministic
/// @see Alefeld, Potra and Shi 1995, doi:10.1145/210089.210111
data::Mixture minimise_separable(const std::vector<std::vector<PowerTerm>>& terms, const Box& box);

}  // namespace bimix::mix
