#pragma once

#include <bimix/proxy/training.hpp>

#include <string>
#include <string_view>

namespace bimix::trial {

/// One line of JSON (what was seen, steps, places), then the bytes of the model, then those of the
/// trunk's where there is one.
std::string bytes_of(const proxy::TrainingState& state);
/// @throws DataError or Json::exception if the bytes are none of that
proxy::TrainingState training_state_from(std::string_view bytes);

}  // namespace bimix::trial
