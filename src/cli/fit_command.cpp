#include "by_domain.hpp"
#include "commands.hpp"

#include <bimix/data/json.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fit_teller.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/spread/collective.hpp>
#include <bimix/store/results.hpp>

namespace bimix::cli {
namespace {

/// One law as itself; several with the table that compares them, and the one that is used.
void show_laws(Context& context, const spread::LawFits& fits, double level, bool as_json) {
  if (!context.comm().is_root()) return;  // the others have no held-out figures
  const data::LawFit& used = fits.laws[fits.used];
  if (as_json) {
    data::Json json = data::to_json(used);
    for (const data::LawFit& fit : fits.laws)
      if (fits.laws.size() > 1) json["laws"].push_back(data::to_json(fit));
    context.console.show(json.dump(1));
    return;
  }
  if (fits.laws.size() > 1) context.console.show(report::laws_text(fits.laws) + "\n");
  context.console.show(report::fit_text(used, level));
}

}  // namespace

void add_fit_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string folder;
    law::FitOptions options{};
    std::string residual, min_tokens;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(app, "fit", "fit the trials of a run again, without running any",
                                  "mpirun -n 2 bimix fit runs/demo --residual plain");
  command->add_option("DIR", flags->folder, "run folder")->required();
  CLI::Option* law = command->add_option(
      "--law", flags->options.law, "form of the loss; all compares every law, auto uses the best");
  CLI::Option* residual =
      command->add_option("--residual", flags->residual, "relative, plain or log");
  CLI::Option* huber =
      command->add_option("--huber", flags->options.huber,
                          "larger residuals count by their size, not its square; 0: none");
  CLI::Option* shrinkage = command->add_option("--shrinkage", flags->options.shrinkage,
                                               "strength of a law's own prior; 0: none");
  CLI::Option* bootstrap =
      command->add_option("--bootstrap", flags->options.bootstrap, "resamples over mixtures");
  CLI::Option* minimum = command->add_option("--min-tokens", flags->min_tokens,
                                             "leave out smaller volumes, for example 256K");
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags, law, residual, huber, shrinkage, bootstrap,
                     minimum] {
    action = [&context, flags, law, residual, huber, shrinkage, bootstrap, minimum] {
      run::StoredRun run;
      par::collectively(context.comm(), [&] { run = run::load_run(flags->folder); });
      law::FitOptions options = run.campaign.fit;
      if (law->count() > 0) options.law = flags->options.law;
      if (huber->count() > 0) options.huber = flags->options.huber;
      if (shrinkage->count() > 0) options.shrinkage = flags->options.shrinkage;
      if (bootstrap->count() > 0) options.bootstrap = flags->options.bootstrap;
      par::collectively(context.comm(), [&] {
        if (residual->count() > 0)
          options.residual = core::parse_word<law::Residual>(flags->residual, "fit.residual");
        if (minimum->count() > 0)
          options.min_tokens = parse_tokens("--min-tokens", flags->min_tokens);
      });
      const data::Observations observations = run::observations_of(run);
      spread::LawFits fits;
      {
        run::FitTeller teller(context.console);
        if (law::wants_every_law(options))
          fits =
              spread::fit_laws_over_ranks(context.comm(), observations, options, teller.progress());
        else
          fits.laws.push_back(
              spread::fit_over_ranks(context.comm(), observations, options, teller.progress()));
      }
      show_laws(context, fits, options.level, flags->json);
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
