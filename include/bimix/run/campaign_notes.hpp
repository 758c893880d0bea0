#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/par/comm.hpp>

#include <string>
#include <vector>

namespace bimix::run {

/// What is no mistake in a campaign, and is better known before it is run.
std::vector<std::string> notes_on(const config::Campaign& campaign);

/// @collective The same about the processors that ranks, and what they start, may use here.
/// @return each rank speaks of its own host
std::vector<std::string> notes_on_processors(const par::Comm& comm,
                                             const config::Campaign& campaign);

/// The files among the words of a command, also behind a `=`, each with a hash of its content: one
/// a line. Scripts and settings are meant; what is larger than they are is left out.
std::string files_of_command(const trial::CommandOptions& command);

/// The names of those that both texts of files_of_command have, and that differ.
std::vector<std::string> changed_files(const std::string& before, const std::string& now);

}  // namespace bimix::run
