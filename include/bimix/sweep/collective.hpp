#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>
#include <bimix/entropy/entropy.hpp>
#include <bimix/law/options.hpp>
#include <bimix/par/comm.hpp>

#include <vector>

/// Work that the layers below offer in independent parts, spread over the ranks. Every part is a
/// pure function of its index and the merge is in index order, so results are the same bits at any
/// number of ranks.
namespace bimix {

/// @collective The entropy table: byte counts in equal parts of each domain, a von Neumann entropy
/// as one part a domain.
EntropyTable entropy_over_ranks(const Comm& comm, const Corpus& corpus,
                                const EntropyOptions& options, std::uint64_t seed);

/// @collective The fit with its bootstrap samples and held-out figures.
/// @param observations the same on every rank
/// @throws CollectiveError what fit_law throws, on every rank
LawFit fit_over_ranks(const Comm& comm, const Observations& observations,
                      const FitOptions& options);

}  // namespace bimix
