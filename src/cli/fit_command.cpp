#include "by_domain.hpp"
#include "commands.hpp"
#include "pipeline.hpp"

#include <bimix/data/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/store/results.hpp>
#include <bimix/sweep/collective.hpp>
#include <bimix/sweep/plan.hpp>

namespace bimix::cli {

void add_fit_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string folder;
    FitOptions options{};
    std::string min_tokens;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(app, "fit", "fit the trials of a run again, without running any",
                                  "mpirun -n 2 bimix fit runs/demo --residual plain");
  command->add_option("DIR", flags->folder, "run folder")->required();
  CLI::Option* law = command->add_option("--law", flags->options.law, "form of the loss");
  CLI::Option* residual =
      command->add_option("--residual", flags->options.residual, "relative or plain");
  CLI::Option* bootstrap =
      command->add_option("--bootstrap", flags->options.bootstrap, "resamples over mixtures");
  CLI::Option* minimum = command->add_option("--min-tokens", flags->min_tokens,
                                             "leave out smaller volumes, for example 256K");
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags, law, residual, bootstrap, minimum] {
    action = [&context, flags, law, residual, bootstrap, minimum] {
      StoredRun run;
      collectively(context.comm(), [&] { run = load_run(flags->folder); });
      FitOptions options = run.campaign.fit;
      if (law->count() > 0) options.law = flags->options.law;
      if (residual->count() > 0) options.residual = flags->options.residual;
      if (bootstrap->count() > 0) options.bootstrap = flags->options.bootstrap;
      collectively(context.comm(), [&] {
        if (minimum->count() > 0)
          options.min_tokens = parse_tokens("--min-tokens", flags->min_tokens);
      });
      const LawFit fit =
          fit_over_ranks(context.comm(), observations_of(run.plan, run.state.results), options);
      context.console.show(flags->json ? to_json(fit).dump(1) : fit_text(fit, options.level));
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
