#pragma once

#include <bimix/proxy/training.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bimix {

/// A proxy's training between two steps, with the place of its batch source.
struct SavedTraining {
  std::vector<std::int64_t> drawn{};  ///< MixtureSampler::state
  TrainingState state{};
};

/// One line of JSON (drawn, tokens, steps, training loss, curve), then the model's bytes.
std::string bytes_of(const SavedTraining& saved);
/// @throws DataError or Json::exception if the bytes are none of that
SavedTraining saved_training_from(std::string_view bytes);

}  // namespace bimix
