#pragma once

#include <bimix/replay/loss_log.hpp>

#include <string>
#include <vector>

namespace bimix::replay {

/// What in a log can hardly be meant, a sentence each: losses that no language model has, volumes
/// below a batch, one mixture with losses that only another model explains. Nothing is changed.
std::vector<std::string> implausible(const LossLog& log);

}  // namespace bimix::replay
