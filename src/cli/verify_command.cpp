#include "commands.hpp"

#include <bimix/run/fitted_run.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>

namespace bimix::cli {

void add_verify_command(CLI::App& app, Context& context, Action& action) {
  const auto folder = std::make_shared<std::string>();
  CLI::App* command =
      add_command(app, "verify", "check that journal and results.h5 are whole and agree",
                  "bimix verify runs/demo");
  command->add_option("DIR", *folder, "run folder")->required();
  command->callback([&context, &action, folder] {
    action = [&context, folder] {
      run::StoredRun run;
      par::collectively(context.comm(), [&] { run = run::load_run(*folder); });
      for (const std::string& note : run.state.notes) context.console.say(note);
      const bool finished = run.state.ended && run.state.stops.back().reason == run::run_finished;
      if (!finished) {
        context.console.say(fmt::format(
            "{}: {} trial results, sound; the run is not finished, so results.h5 is not compared",
            store::journal_path(run.path).string(), run.state.results.size()));
        return core::ExitCode::done;
      }
      data::RunRecord record = run::derive_anew(context.comm(), context.console, run);
      par::on_root(context.comm(), [&] {
        const auto results = run.path / "results.h5";
        const auto found = store::verify_results(results, record);
        std::string text;
        for (const std::string& difference : found) text += "\n  " + difference;
        if (!found.empty())
          throw core::DataError({.place = results.string(),
                                 .problem = "is not the image of its journal" + text,
                                 .remedy =
                                     "Remove it and run the campaign again on this folder: it "
                                     "is rebuilt"});
        context.console.say(fmt::format("{}: {} trial results, sound; results.h5 is their image",
                                        store::journal_path(run.path).string(),
                                        run.state.results.size()));
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
