#pragma once

#include <bimix/data/records.hpp>
#include <bimix/mix/optimum.hpp>

#include <cstdint>
#include <vector>

/// Which mixtures may be the best, and which may be run next.
namespace bimix::mix {

/// Makes the box hold a mixture.
void widen(Box& box, const data::Mixture& mixture);

/// What `optimize` would allow if mixtures a factor of two beyond those tried had been run.
OptimizeOptions widened(const data::LawFit& fit, OptimizeOptions options);

/// Appends the best mixture and evenly chosen optima of the samples, each once.
/// @param most of the samples' optima
void append_optima(const data::MixtureChoice& choice, std::size_t most,
                   std::vector<data::Mixture>& optima);

/// Mixtures that may be run next, in whole ten-thousandths: the optima, `centre` with each share at
/// either end of what was tried, and random ones; none that was run.
std::vector<data::Mixture> candidates_of(const data::LawFit& fit, const data::Observations& seen,
                                         const data::Mixture& centre,
                                         const std::vector<data::Mixture>& optima,
                                         std::uint64_t seed);

}  // namespace bimix::mix
