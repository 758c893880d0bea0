#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace bimix::run {

/// What unfinished trials of commands left in DIR/trials/<id> that they may go on from: by id, when
/// the newest file changed that bimix did not write itself.
/// @return nothing of trials without one
std::map<std::string, std::string> saved_by_commands(const std::filesystem::path& folder);

}  // namespace bimix::run
