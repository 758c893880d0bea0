#include "by_domain.hpp"
#include "commands.hpp"
#include "seen_trial.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/continuation.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/replay/mixture_list.hpp>
#include <bimix/report/predictions.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/run_folder.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

struct PredictFlags {
  std::string folder, mixture, mixtures, trial, tokens, parameters, unique_tokens;
  bool json = false, csv = false;
};

data::Mixture mixture_of(const PredictFlags& flags, const run::StoredRun& run) {
  data::Mixture mixture = parse_by_domain("--mixture", flags.mixture, run.plan.domains.train, 0.0);
  if (!core::is_on_simplex(mixture))
    throw core::UsageError(core::Complaint{
        .place = "--mixture",
        .problem = fmt::format("the shares add up to {:.10g}", core::stable_sum(mixture)),
        .rule = "shares must sum to 1 within 1e-9",
        .remedy = "Name every domain: " + core::join_words(run.plan.domains.train)});
  return mixture;
}

/// The flags, understood.
struct AskedLosses {
  const data::TrialSpec* trial = nullptr;  ///< a trial of the run that is to be continued, or none
  std::vector<data::Mixture> mixtures{};
  bool is_table = false;
  double tokens = 0, model_size = 0;
  data::Pools unique_tokens{};  ///< empty: those of the runs
};

AskedLosses asked_by(const PredictFlags& flags, const run::StoredRun& run) {
  if (flags.mixture.empty() && flags.mixtures.empty() && flags.trial.empty())
    throw core::UsageError(core::Complaint{
        .place = "predict",
        .problem = "of what is not said",
        .rule = "it predicts a mixture, a table of mixtures, or a run at a later volume",
        .remedy = "Give --mixture, --mixtures FILE or --trial"});
  AskedLosses asked{.is_table = !flags.mixtures.empty(),
                    .tokens = parse_tokens("--tokens", flags.tokens)};
  if (!flags.parameters.empty()) asked.model_size = parse_tokens("--parameters", flags.parameters);
  if (!flags.unique_tokens.empty())
    asked.unique_tokens =
        parse_pools("--unique-tokens", flags.unique_tokens, run.plan.domains.train);
  if (!flags.trial.empty())
    asked.trial = &trial_named(flags.trial, run.plan);
  else if (asked.is_table)
    asked.mixtures = replay::read_mixtures(flags.mixtures, run.plan.domains.train);
  else
    asked.mixtures = {mixture_of(flags, run)};
  return asked;
}

report::Answer answer_to(const AskedLosses& asked, const data::LawFit& fit,
                         const run::StoredRun& run) {
  const double level = run.campaign.fit.level;
  if (asked.trial != nullptr) {
    const data::TrialResult& seen = seen_of(*asked.trial, run.state.results);
    const data::Observations observations = run::observations_of(run);
    return report::predict_run(
        fit,
        law::continue_run(fit, observations, run.campaign.fit,
                          {asked.trial->mixture, seen.parameters, seen.curve, seen.unique_tokens},
                          asked.tokens),
        level);
  }
  const report::Question question{
      .tokens = asked.tokens,
      .model_size = law::FittedLaw(fit).predicted_size(asked.model_size, "--parameters"),
      .level = level,
      .unique_tokens = run::target_pools(run, asked.unique_tokens)};
  return asked.is_table ? report::predict_mixtures(fit, asked.mixtures, question)
                        : report::predict_mixture(fit, asked.mixtures.front(), question);
}

}  // namespace

void add_predict_command(CLI::App& app, Context& context, Action& action) {
  const auto flags = std::make_shared<PredictFlags>();
  CLI::App* command =
      add_command(app, "predict", "losses of a mixture at a volume, or of a run at a later one",
                  "bimix predict runs/demo --mixture prose=0.3,code=0.7 --tokens 20M");
  command->add_option("DIR", flags->folder, "run folder")->required();
  CLI::Option* shares = command->add_option("--mixture", flags->mixture, "shares: a=0.3,b=0.7");
  CLI::Option* table =
      command
          ->add_option("--mixtures", flags->mixtures,
                       "a table of mixtures, one a row; its columns are the domains")
          ->excludes(shares);
  CLI::Option* trial =
      command
          ->add_option(
              "--trial", flags->trial,
              "continue this run from what was seen of it: the beginning of its id, or the "
              "name of a logged run")
          ->excludes(shares)
          ->excludes(table);
  command->add_option("--tokens", flags->tokens, "volume, for example 20B")->required();
  command
      ->add_option("--parameters", flags->parameters,
                   "model size, where the logs have several; the largest common one if not given")
      ->excludes(trial);
  command
      ->add_option("--unique-tokens", flags->unique_tokens,
                   "what is drawn from, a=3B,b=none; else the campaign's pools, or the runs'")
      ->excludes(trial);
  CLI::Option* json = command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->add_flag("--csv", flags->csv, "as CSV, on stdout")->needs(table)->excludes(json);
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      run::StoredRun run;
      AskedLosses asked;
      par::collectively(context.comm(), [&] {
        run = run::load_run(flags->folder);
        asked = asked_by(*flags, run);
      });
      const data::LawFit fit =
          run::used_fit_of(context.comm(), context.console, run, asked.unique_tokens);
      par::on_root(context.comm(), [&] {
        const report::Answer answer = answer_to(asked, fit, run);
        if (flags->csv && !answer.epochs.empty())
          context.console.say(std::string(core::trimmed(answer.epochs)));
        context.console.show(flags->json  ? answer.json.dump(1)
                             : flags->csv ? answer.csv
                                          : report::aligned(answer.rows) + answer.epochs);
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
