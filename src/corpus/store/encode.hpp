#pragma once

#include "state.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace bimix::corpus {

/// Puts the model that texts are encoded by into the folder: the one that is given, or one that is
/// trained on a sample of what was settled to train on. Each domain gives lines of its documents,
/// in an order keyed by the seed, as its share of the default mixture is.
/// @throws DataError if there is no such model, or none can be trained
void settle_tokenizer(const Preparation::State& state, const std::vector<SettledSide>& settled);

/// Takes the first line off a text, without its end; of a long one the first part, up to a blank.
std::string_view take_line(std::string_view& text);

/// Encodes what is kept of the texts of a unit.
/// @param on_bytes as of Preparation::encode_unit
void encode_texts(const Preparation::State& state, std::size_t unit,
                  const std::vector<SettledSide>& settled,
                  const std::function<void(std::uint64_t)>& on_bytes);

}  // namespace bimix::corpus
