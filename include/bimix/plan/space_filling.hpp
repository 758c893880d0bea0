#pragma once

#include <bimix/data/records.hpp>

#include <cstdint>
#include <vector>

namespace bimix::plan {

/// `count` mixtures that lie far from those that are there and from one another: each is the one of
/// many random ones whose nearest neighbour is farthest, in the distance of the vectors sqrt(r_k).
/// No share is below a tenth of an equal one.
/// @param there at least one
std::vector<data::Mixture> space_filling(const std::vector<data::Mixture>& there, int count,
                                         std::uint64_t seed);

}  // namespace bimix::plan
