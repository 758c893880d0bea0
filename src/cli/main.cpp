#include "commands.hpp"
#include "run_stamp.hpp"

#include <bimix/core/text.hpp>
#include <bimix/core/told.hpp>
#include <bimix/run/stop.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace bimix::cli {
namespace {

std::string command_line(int argc, char** argv) {
  std::string text = "bimix";
  for (int i = 1; i < argc; ++i) text += std::string(" ") + argv[i];
  return text;
}

/// Commands and flags that a later version will have; they are refused by name.
const std::vector<std::string> later_words{"--fresh"};

/// What was meant by "bimix fti", or that it is yet to come.
std::string command_hint(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (const std::string& word : words)
    if (std::find(later_words.begin(), later_words.end(), word.substr(0, word.find('='))) !=
        later_words.end())
      return fmt::format(" '{}' is not in this version.", word);
  for (const std::string& word : words)
    for (const CLI::App* other : app.get_subcommands({}))
      if (word.starts_with("--") && !app.get_subcommands().empty() &&
          !app.get_subcommands().front()->get_option_no_throw(word.substr(0, word.find('='))) &&
          other->get_option_no_throw(word.substr(0, word.find('='))))
        return fmt::format(" '{}' is a flag of `bimix {}`.", word, other->get_name());
  const auto command = std::find_if(words.begin(), words.end(),
                                    [](const std::string& word) { return !word.starts_with("-"); });
  if (command == words.end() || std::find(names.begin(), names.end(), *command) != names.end())
    return "";
  const auto nearest = core::nearest_name(*command, names);
  return nearest ? fmt::format(" Did you mean 'bimix {}'?", *nearest) : "";
}

/// Ends this rank, or all of them if only some know about the error.
int end_with(const Context& context, Console& console, core::ExitCode code, const std::string& text,
             bool every_rank_knows) {
  const bool alone = context.comm().size() == 1;
  if (alone || every_rank_knows) {
    if (context.comm().is_root()) console.complain(text);
    return static_cast<int>(code);
  }
  Console(true).complain(fmt::format("rank {}: {}", context.comm().rank(), text));
  context.session.abort(code);
}

int run(int argc, char** argv) {
  run::install_stop_handlers();
  const par::MpiSession session;
  Context context{session, Console(session.comm().is_root()), command_line(argc, argv)};

  CLI::App app(
      "bimix decides the data mixture of a pretraining run: it trains small proxies (or replays\n"
      "logs) over mixtures and volumes, fits L = (A / r^alpha)(B / s^beta + C) and recommends a\n"
      "mixture with its interval.",
      "bimix");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", version_text());
  app.footer("A first campaign:  bimix init demo.yaml && mpirun -n 2 bimix run demo.yaml");
  bool quiet = false, verbose = false;
  app.add_flag("-q,--quiet", quiet, "results and errors only");
  app.add_flag("-v,--verbose", verbose, "more messages");
  app.fallthrough();

  Action action;
#define BIMIX_COMMAND(name) add_##name##_command(app, context, action);
#include "commands.def"
#undef BIMIX_COMMAND

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (!session.comm().is_root()) return error.get_exit_code() == 0 ? 0 : 2;
    if (error.get_exit_code() == 0) {  // asked for help or the version
      std::ostringstream text;
      app.exit(error, text, text);
      context.console.show(text.str());
      return 0;
    }
    context.console.complain(
        fmt::format("{}.{} See `bimix --help`.", error.what(), command_hint(app, argc, argv)));
    return static_cast<int>(core::ExitCode::usage);
  }
  if (app.get_subcommands().empty()) {
    context.console.show(app.help());
    return static_cast<int>(core::ExitCode::done);
  }
  context.console.set_quiet(quiet);
  context.console.set_verbose(verbose);

  try {
    const core::ExitCode code = action();
    par::on_root(context.comm(), [&] { context.console.require_all_shown(); });
    return static_cast<int>(code);
  } catch (const std::exception& error) {
    const core::Told what = core::told(error);
    const bool every_rank_knows = dynamic_cast<const par::CollectiveError*>(&error) != nullptr;
    return end_with(context, context.console, what.exit_code, what.text, every_rank_knows);
  }
}

}  // namespace

}  // namespace bimix::cli

int main(int argc, char** argv) {
  try {
    return bimix::cli::run(argc, argv);
  } catch (const std::exception& error) {
    // Before there is a session (singletons, for example), or of what shows help.
    const bimix::core::Told what = bimix::core::told(error);
    bimix::cli::talk(what.text);
    return static_cast<int>(what.exit_code);
  }
}
