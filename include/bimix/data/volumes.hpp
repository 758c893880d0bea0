#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bimix::data {

/// Volumes within this fraction of one another are one volume, and so are model sizes.
inline constexpr double volume_tolerance = 0.005;

/// True if two model sizes count as one; 0, which is none, counts as 0 only.
bool is_same_size(double a, double b);

/// The distinct volumes among `tokens`, ascending. A group starts at its smallest member and
/// reaches volume_tolerance above it; its largest member stands for it ("keep the later").
/// @param tokens any order, positive
std::vector<std::int64_t> merged_volumes(std::vector<std::int64_t> tokens);

/// Index of the volume nearest to `tokens`, if it is within volume_tolerance of it.
/// @param volumes ascending
std::optional<std::size_t> find_volume(std::span<const std::int64_t> volumes, std::int64_t tokens);

}  // namespace bimix::data
