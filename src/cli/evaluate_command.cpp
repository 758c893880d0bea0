#include "by_domain.hpp"
#include "commands.hpp"
#include "pipeline.hpp"

#include <bimix/data/json.hpp>
#include <bimix/law/law.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/sweep/collective.hpp>
#include <bimix/sweep/plan.hpp>

namespace bimix::cli {
namespace {

/// Ids of the mixtures that train, for each draw; folds say theirs by the seed.
Json training_ids(const Evaluation& evaluation) {
  Json draws = Json::array();
  for (const auto& group : evaluation.splits) {
    if (group.size() != 1) continue;
    Json ids = Json::array();
    for (std::size_t id = 0; id < group.front().trains.size(); ++id)
      if (group.front().trains[id]) ids.push_back(id);
    draws.push_back(std::move(ids));
  }
  return draws;
}

Json json_of(const Evaluation& evaluation) {
  Json laws = Json::array();
  for (const LawScore& score : evaluation.laws) {
    Json row{{"law", score.law}, {"mean", to_json(score.mean)}};
    for (const HeldOut& group : score.groups) row["groups"].push_back(to_json(group));
    laws.push_back(std::move(row));
  }
  return {{"protocol", evaluation.protocol},
          {"domains", evaluation.domains.eval},
          {"training_mixtures", training_ids(evaluation)},
          {"laws", std::move(laws)}};
}

}  // namespace

void add_evaluate_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string folder, seen;
    EvaluateOptions options{};
    int folds = 0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "evaluate", "how well laws predict what they have not seen",
                  "mpirun -n 2 bimix evaluate runs/demo --protocol draws --train 8");
  command->add_option("DIR", flags->folder, "run folder")->required();
  command
      ->add_option("--protocol", flags->options.protocol, "kfold, draws, unseen or extrapolation")
      ->capture_default_str();
  command
      ->add_option("--laws", flags->options.laws,
                   "names, and auto for a choice made anew in every split; all if not given")
      ->delimiter(',');
  command->add_option("--train", flags->options.train, "mixtures that train: draws, unseen");
  command->add_option("--folds", flags->folds, "of kfold; 0: as the campaign says")
      ->capture_default_str();
  command->add_option(
      "--seen", flags->seen,
      "tokens that are seen of each run, for extrapolation: all volumes but the last "
      "if not given");
  command->add_option("--draws", flags->options.draws, "number of draws")->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      StoredRun run;
      collectively(context.comm(), [&] { run = load_run(flags->folder); });
      collectively(context.comm(), [&] {
        if (!flags->seen.empty()) flags->options.seen_tokens = parse_tokens("--seen", flags->seen);
      });
      FitOptions fit = run.campaign.fit;
      if (flags->folds != 0) fit.folds = flags->folds;
      const Evaluation evaluation = evaluate_over_ranks(
          context.comm(), observations_of(run.plan, run.state.results), fit, flags->options);
      context.console.show(flags->json ? json_of(evaluation).dump(1) : evaluation_text(evaluation));
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
