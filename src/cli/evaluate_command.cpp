#include "by_domain.hpp"
#include "commands.hpp"

#include <bimix/core/text.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fit_teller.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/spread/collective.hpp>

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace bimix::cli {
namespace {

/// Ids of the mixtures that have one of these labels.
std::vector<int> ids_of(const std::vector<std::string>& wanted,
                        const std::vector<std::string>& labels) {
  std::vector<int> ids;
  for (const std::string& label : wanted) {
    const std::size_t before = ids.size();
    for (std::size_t id = 0; id < labels.size(); ++id)
      if (labels[id] == label) ids.push_back(static_cast<int>(id));
    if (ids.size() == before)
      throw core::UsageError(core::Complaint{
          "--hold-out", fmt::format("there is no mixture '{}'", label), "",
          core::did_you_mean(label, labels, "`bimix plan` lists the mixtures of a campaign")});
  }
  return ids;
}

/// A protocol that is not known hides no other mistake.
void settle_protocol(const std::string& word, const data::Observations& observations,
                     law::EvaluateOptions& options) {
  std::vector<core::Complaint> found;
  options.protocol = core::parse_word(word, "--protocol", options.protocol, found);
  if (found.empty()) return;
  for (core::Complaint& other : law::complaints(options, law::counted(observations, options)))
    found.push_back(std::move(other));
  core::refuse_if_any(found);
}

}  // namespace

void add_evaluate_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string folder, protocol, seen;
    law::EvaluateOptions options{};
    int folds = 0;
    std::vector<std::string> held_out;
    std::string tokens;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  flags->protocol = core::word_of(flags->options.protocol);
  CLI::App* command =
      add_command(app, "evaluate", "how well laws predict what they have not seen",
                  "mpirun -n 2 bimix evaluate runs/demo --protocol draws --train 8");
  command->add_option("DIR", flags->folder, "run folder")->required();
  command
      ->add_option("--protocol", flags->protocol,
                   core::join_words(core::all_words<law::Protocol>(), "or"))
      ->capture_default_str();
  command
      ->add_option("--laws", flags->options.laws,
                   "names, and auto for a choice made anew in every split; all if not given")
      ->delimiter(',');
  command->add_option(
      "--train", flags->options.train,
      "number of training mixtures (draws, unseen), or of mixtures that are also seen with the "
      "largest model (larger-model)");
  command
      ->add_option("--folds", flags->folds, "number of folds, for kfold; 0: as the campaign says")
      ->capture_default_str();
  command->add_option(
      "--seen", flags->seen,
      "tokens that are seen of each run, for extrapolation: all volumes but the last "
      "if not given");
  command
      ->add_option("--hold-out", flags->held_out,
                   "unseen: mixtures to predict from all others, by label")
      ->delimiter(',');
  command->add_option("--draws", flags->options.draws, "number of draws")->capture_default_str();
  command->add_option("--tokens", flags->tokens,
                      "the volume to predict, later ones are left out; the last one if not given");
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      run::StoredRun run;
      par::collectively(context.comm(), [&] {
        run = run::load_run(flags->folder);
        flags->options.held_out = ids_of(flags->held_out, run.plan.labels);
        if (!flags->seen.empty()) flags->options.seen_tokens = parse_tokens("--seen", flags->seen);
        if (!flags->tokens.empty()) flags->options.tokens = parse_tokens("--tokens", flags->tokens);
      });
      const data::Observations observations = run::observations_of(run);
      law::FitOptions fit = run.campaign.fit;
      if (flags->folds != 0) fit.folds = flags->folds;
      par::collectively(context.comm(),
                        [&] { settle_protocol(flags->protocol, observations, flags->options); });
      std::optional<run::FitTeller> teller(std::in_place, context.console);
      const law::Evaluation evaluation = spread::evaluate_over_ranks(
          context.comm(), observations, fit, flags->options, teller->progress());
      teller.reset();
      if (!context.comm().is_root()) return core::ExitCode::done;
      context.console.show(flags->json
                               ? report::evaluation_json(evaluation, run.plan.labels).dump(1)
                               : report::evaluation_text(evaluation, run.plan.labels));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
