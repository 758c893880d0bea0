#pragma once

#include <bimix/data/records.hpp>

#include <cstdint>
#include <functional>
#include <vector>

/// Parts of observations: which mixtures there are, in which order they are dealt out, which rows
/// take part.
namespace bimix {

/// Ids of mixtures that have observations, ascending.
std::vector<int> observed_mixtures(const Observations& observations);

/// These ids, shuffled by RandomStream(seed, Purpose::folds, stream).
std::vector<int> shuffled_mixtures(const Observations& observations, std::uint64_t seed,
                                   std::uint64_t stream);

/// The observations with only those rows for which `keeps(row)` holds.
Observations rows_where(const Observations& all, const std::function<bool(std::size_t)>& keeps);

}  // namespace bimix
