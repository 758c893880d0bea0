#pragma once

#include <bimix/run/screen.hpp>

#include <string>
#include <vector>

namespace bimix::run {

/// Joins run folders of one campaign in another one, which is made if it is absent. Of trials that
/// several have, one that ended well counts before one that did not, and the earlier one of two.
/// Models that trials ended with come along. Rank 0 only.
/// @param screen is told which folders are left out, and which losses differ
/// @return what there is now, and the command that goes on
/// @throws DataError if the folders are not of one campaign, or have other losses for one trial
///         whose bits repeat
std::string merge(Screen& screen, const std::vector<std::string>& folders,
                  const std::string& target);

}  // namespace bimix::run
