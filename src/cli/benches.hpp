#pragma once

#include "commands.hpp"

#include <cstdint>
#include <vector>

/// The parts of `bimix bench`, each a command below it.
namespace bimix::cli {

void add_proxy_bench(CLI::App& bench, Context& context, Action& action);
void add_sweep_bench(CLI::App& bench, Context& context, Action& action);
void add_fit_bench(CLI::App& bench, Context& context, Action& action);
void add_scale_bench(CLI::App& bench, Context& context, Action& action);

/// English and YAML of the program's own, over and over: 16 MB.
std::vector<std::uint8_t> built_in_text(const CLI::App& app);
/// @param app the program, whose manual is what it reads or counts
void add_corpus_bench(CLI::App& app, CLI::App& bench, Context& context, Action& action);
void add_entropy_bench(CLI::App& app, CLI::App& bench, Context& context, Action& action);

}  // namespace bimix::cli
