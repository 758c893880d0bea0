#pragma once

#include <span>
#include <vector>

namespace bimix::mix {

/// How often to go through each bucket of a topic whose documents are ordered by quality.
///
/// The part `dropped` of the text, the worst, is left out; above it the amount that is drawn grows
/// with the percentile t as the slope of g(t) = ((t - dropped) / (1 - dropped))^q, so that bucket
/// [u, v] is gone through wanted (g(v) - g(u)) / (v - u) times. q >= 1 is where the best bucket is
/// gone through `cap` times: 1 where that is already more, and 1000 where it is never so often.
/// @param parts of the text, from the worst to the best bucket, positive, summing to 1
/// @param wanted tokens over those that there are, positive
/// @param dropped in [0, 1)
/// @return epochs of each bucket; their mean by `parts` is `wanted`
/// @see OLMo 3, arXiv 2512.13961
std::vector<double> quality_epochs(std::span<const double> parts, double wanted, double dropped,
                                   double cap);

}  // namespace bimix::mix
