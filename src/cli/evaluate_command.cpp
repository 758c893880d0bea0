#include "by_domain.hpp"
#include "commands.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/law/law.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/spread/collective.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

/// Ids of the mixtures that train, for each draw; folds say theirs by the seed.
data::Json training_ids(const law::Evaluation& evaluation) {
  data::Json draws = data::Json::array();
  for (const auto& group : evaluation.splits) {
    if (group.size() != 1) continue;
    data::Json ids = data::Json::array();
    for (std::size_t id = 0; id < group.front().trains.size(); ++id)
      if (group.front().trains[id]) ids.push_back(id);
    draws.push_back(std::move(ids));
  }
  return draws;
}

data::Json json_of(const law::MixtureScore& score) {
  return {{"mixture", score.mixture},
          {"error", data::to_json(score.error)},
          {"worst", data::to_json(score.worst)},
          {"persistence", data::to_json(score.persistence)},
          {"persistence_worst", data::to_json(score.persistence_worst)},
          {"curve_r2", data::to_json(score.curve_r2)},
          {"curve_r2_lowest", data::to_json(score.curve_r2_lowest)}};
}

/// One column of the points of all draws and folds.
/// @param value of a row of a group's part
template <class Value>
data::Json column(const law::LawScore& score, const Value& value) {
  data::Json values = data::Json::array();
  for (std::size_t group = 0; group < score.parts.size(); ++group)
    for (const law::HeldOutPart& part : score.parts[group])
      for (std::size_t row = 0; row < part.point.rows; ++row)
        values.push_back(value(group, part.point, row));
  return values;
}

data::Json nats_column(const law::LawScore& score, law::HeldOutPart::Column which) {
  return column(score, [which](std::size_t, const data::Table& points, std::size_t row) {
    return data::to_json(points(row, which));
  });
}

data::Json id_column(const law::LawScore& score, law::HeldOutPart::Column which) {
  return column(score, [which](std::size_t, const data::Table& points, std::size_t row) {
    return static_cast<int>(points(row, which));
  });
}

data::Json group_column(const law::LawScore& score) {
  return column(score, [](std::size_t group, const data::Table&, std::size_t) { return group; });
}

data::Json json_of(const law::Evaluation& evaluation, const std::vector<std::string>& labels) {
  data::Json laws = data::Json::array();
  for (const law::LawScore& score : evaluation.laws) {
    data::Json row{{"law", score.law}, {"mean", data::to_json(score.mean)}};
    for (const data::HeldOut& group : score.groups) row["groups"].push_back(data::to_json(group));
    for (const law::MixtureScore& mixture : law::mixture_scores(score))
      row["mixtures"].push_back(json_of(mixture));
    row["predicted"] = nats_column(score, law::HeldOutPart::predicted);
    laws.push_back(std::move(row));
  }
  // All laws predict the same points.
  const law::LawScore& any = evaluation.laws.front();
  return {{"protocol", core::word_of(evaluation.protocol)},
          {"domains", evaluation.domains.eval},
          {"loss_unit", data::unit_text(evaluation.domains.loss_unit)},
          {"mixtures", labels},
          {"training_mixtures", training_ids(evaluation)},
          {"points",
           {{"group", group_column(any)},
            {"mixture", id_column(any, law::HeldOutPart::mixture_id)},
            {"domain", id_column(any, law::HeldOutPart::eval_domain)},
            {"seen", nats_column(any, law::HeldOutPart::seen)},
            {"persistence", nats_column(any, law::HeldOutPart::previous)},
            {"mean_baseline", nats_column(any, law::HeldOutPart::training_mean)}}},
          {"laws", std::move(laws)}};
}

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
                   "kfold, draws, unseen, extrapolation or larger-model")
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
      const data::Observations observations = plan::observations_of(run.plan, run.state.results);
      law::FitOptions fit = run.campaign.fit;
      if (flags->folds != 0) fit.folds = flags->folds;
      par::collectively(context.comm(), [&] {
        std::vector<core::Complaint> found;
        law::EvaluateOptions& options = flags->options;
        options.protocol = core::parse_word(flags->protocol, "--protocol", options.protocol, found);
        if (found.empty()) return;
        for (core::Complaint& other : law::complaints(options, law::counted(observations, options)))
          found.push_back(std::move(other));
        core::refuse_if_any(found);
      });
      const law::Evaluation evaluation =
          spread::evaluate_over_ranks(context.comm(), observations, fit, flags->options);
      if (!context.comm().is_root()) return core::ExitCode::done;
      context.console.show(flags->json ? json_of(evaluation, run.plan.labels).dump(1)
                                       : report::evaluation_text(evaluation, run.plan.labels));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
