#pragma once

#include <bimix/data/records.hpp>

#include <span>

/// Pools (records.hpp) and how often a run goes through them.
namespace bimix::data {

/// True if it is known how many different tokens there are, or that they never end.
inline bool is_known(double unique_tokens) { return unique_tokens > 0.0; }

/// How often a run of `tokens` goes through a pool that has this share of it; 0 where the pool is
/// not known or endless. @param unique_tokens as an element of Pools
double epochs(double share, double tokens, double unique_tokens);

/// The same of each domain, K; empty where no pool is known. @param pools K or empty
std::vector<double> epochs(std::span<const double> mixture, double tokens,
                           std::span<const double> pools);

/// The most epochs of any domain; 0 where no pool is known.
double most_epochs(std::span<const double> mixture, double tokens, std::span<const double> pools);

/// Those of a row, K; empty: not known.
std::span<const double> pools_of(const Observations& observations, std::size_t row);

/// Those of most rows, of as many the first; empty: none is known.
Pools usual_pools(const Observations& observations);

/// Of each domain the first that is known; empty if both are. @param preferred, otherwise K or
/// empty
Pools first_known(const Pools& preferred, std::span<const double> otherwise);

/// Where a run's own pools are not known, what is said of all of them. An endless stream is one
/// whatever a run drew from.
/// @param own, said K or empty
Pools settled_pools(const Pools& own, const Pools& said);

}  // namespace bimix::data
