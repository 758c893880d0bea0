#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

/// The definitions of the commands in the forms that other programs read.
namespace bimix::cli {

/// Those that have a name, in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// A manual page in roff, for section 1. @param command the program itself, or one of its commands
std::string manual_page(const CLI::App& command);

/// Completion of commands and flags for bash: to be sourced, or put where bash-completion looks.
std::string bash_completion(const CLI::App& app);

/// The same for zsh, with descriptions: a file `_bimix` in a folder of $fpath.
std::string zsh_completion(const CLI::App& app);

/// The same for fish, with descriptions: a file `bimix.fish` in a folder of $fish_complete_path.
std::string fish_completion(const CLI::App& app);

}  // namespace bimix::cli
