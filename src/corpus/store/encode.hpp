#pragma once

#include "state.hpp"

namespace bimix::corpus {

/// Puts the model that texts are encoded by into the folder: the one that is given, or one that is
/// trained on a sample of what was settled to train on. Each domain gives lines of its documents,
/// in an order keyed by the seed, as its share of the default mixture is.
/// @throws DataError if there is no such model, or none can be trained
void settle_tokenizer(const Preparation::State& state, const std::vector<SettledSide>& settled);

/// Encodes what is kept of the texts of a unit, unless that was done.
void encode_texts(const Preparation::State& state, std::size_t unit,
                  const std::vector<SettledSide>& settled);

}  // namespace bimix::corpus
