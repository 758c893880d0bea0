#pragma once

#include <bimix/entropy/entropy.hpp>
#include <bimix/par/comm.hpp>

namespace bimix::spread {

/// @collective The tally of a domain's pairs of tokens, on the root; nothing on the others. Each
/// rank reads a part of the texts and counts a part of the pairs, those of its classes: it sends
/// the others theirs, some MiB at a time. The same at any number of ranks and passes.
/// @throws DataError on all ranks for a token that is not below the vocabulary
entropy::PairTally tally_over_ranks(const par::Comm& comm, const corpus::Corpus& corpus,
                                    std::size_t domain, const entropy::EntropyOptions& options);

}  // namespace bimix::spread
