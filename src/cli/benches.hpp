#pragma once

#include "commands.hpp"

/// The parts of `bimix bench`, each a command below it.
namespace bimix::cli {

void add_proxy_bench(CLI::App& bench, Context& context, Action& action);
void add_sweep_bench(CLI::App& bench, Context& context, Action& action);
void add_fit_bench(CLI::App& bench, Context& context, Action& action);
/// @param app the program, whose manual is what it counts
void add_entropy_bench(CLI::App& app, CLI::App& bench, Context& context, Action& action);

}  // namespace bimix::cli
