#pragma once

#include "context.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace bimix::cli {

/// What the chosen command does once the command line is read.
using Action = std::function<core::ExitCode()>;

/// Adds a command with its flags to the program; if the user chooses it, `action` is set.
#define BIMIX_COMMAND(name) \
  void add_##name##_command(CLI::App& app, Context& context, Action& action);
#include "commands.def"
#undef BIMIX_COMMAND

/// A command with its one-line description and an example below its flags.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& example);

}  // namespace bimix::cli
