#include "by_domain.hpp"
#include "commands.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/law/continuation.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/spread/collective.hpp>

#include <fmt/format.h>

#include <cmath>

namespace bimix::cli {
namespace {

struct PredictFlags {
  std::string folder, mixture, trial, tokens, parameters;
  bool json = false;
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

std::string interval_text(const law::Interval& interval) {
  return fmt::format("{:.4f} to {:.4f}", interval.low, interval.high);
}

std::string loss_heading(const data::LawFit& fit) {
  return fmt::format("loss ({})", data::unit_text(fit.domains.loss_unit));
}

/// The answer in both forms.
struct Answer {
  data::Json json = data::Json::array();
  std::vector<std::vector<std::string>> rows{};
};

Answer predict_mixture(const data::LawFit& fit, const data::Mixture& mixture, double tokens,
                       double model_size, double level) {
  Answer answer;
  answer.rows = {{"domain", loss_heading(fit), fmt::format("{:.4g} %", 100 * level)}};
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
    const double loss = law::predict(fit, e, mixture, tokens, model_size);
    const law::Interval interval =
        law::predict_interval(fit, e, mixture, tokens, level, model_size);
    answer.json.push_back({{"domain", fit.domains.eval[e]},
                           {"loss_unit", data::unit_text(fit.domains.loss_unit)},
                           {"loss_nats", loss},
                           {"low", interval.low},
                           {"high", interval.high}});
    answer.rows.push_back(
        {fit.domains.eval[e], fmt::format("{:.4f}", loss), interval_text(interval)});
  }
  return answer;
}

/// The trial whose id begins with `text`, or of the logged run of that name.
const data::TrialSpec& trial_named(const std::string& text, const data::SweepPlan& plan) {
  std::vector<const data::TrialSpec*> found;
  std::vector<std::string> names;
  for (const data::TrialSpec& trial : plan.trials) {
    names.push_back(trial.run.empty() ? trial.id : trial.run);
    if (trial.run == text || trial.id == text) return trial;
    if (!text.empty() && trial.id.starts_with(text)) found.push_back(&trial);
  }
  if (found.size() == 1) return *found.front();
  throw core::UsageError(core::Complaint{
      .place = "--trial",
      .problem = found.empty() ? fmt::format("there is no trial '{}'", text)
                               : fmt::format("{} trials begin with '{}'", found.size(), text),
      .rule = "an id, the beginning of one, or the name of a logged run",
      .remedy = found.empty() ? core::did_you_mean(text, names) : "Give more of the id"});
}

/// What was seen of it, however it ended, but for a run that diverged.
const data::TrialResult& seen_of(const data::TrialSpec& trial,
                                 const std::vector<data::TrialResult>& results) {
  for (const data::TrialResult& result : results)
    if (result.id == trial.id && result.status != data::TrialStatus::diverged &&
        !result.curve.empty())
      return result;
  throw core::UsageError(core::Complaint{.place = "--trial",
                                         .problem = fmt::format("trial {} has no losses", trial.id),
                                         .rule = "a run is continued from what was seen of it",
                                         .remedy = "Use --mixture for a run that was not seen"});
}

Answer continue_trial(const data::LawFit& fit, const run::StoredRun& run,
                      const data::TrialSpec& trial, double tokens) {
  const data::TrialResult& seen = seen_of(trial, run.state.results);
  const auto losses =
      law::continue_run(fit, plan::observations_of(run.plan, run.state.results), run.campaign.fit,
                        trial.mixture, seen.parameters, seen.curve, tokens);
  Answer answer;
  answer.rows = {{"domain", loss_heading(fit),
                  fmt::format("{:.4g} %", 100 * run.campaign.fit.level), "law alone",
                  "own power law", "last seen", "at tokens"}};
  const auto nats = [](double value) {
    return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
  };
  for (std::size_t e = 0; e < losses.size(); ++e) {
    const law::ContinuedLoss& loss = losses[e];
    answer.json.push_back({{"domain", fit.domains.eval[e]},
                           {"loss_unit", data::unit_text(fit.domains.loss_unit)},
                           {"loss_nats", loss.loss_nats},
                           {"low", loss.interval.low},
                           {"high", loss.interval.high},
                           {"law_nats", loss.law_nats},
                           {"run_power_nats", loss.run_power_nats},
                           {"seen_nats", loss.seen_nats},
                           {"seen_tokens", loss.seen_tokens}});
    answer.rows.push_back(
        {fit.domains.eval[e], nats(loss.loss_nats), interval_text(loss.interval),
         nats(loss.law_nats), nats(loss.run_power_nats), nats(loss.seen_nats),
         std::isnan(loss.seen_tokens) ? "-" : core::format_count_about(loss.seen_tokens, 4)});
  }
  return answer;
}

}  // namespace

void add_predict_command(CLI::App& app, Context& context, Action& action) {
  const auto flags = std::make_shared<PredictFlags>();
  CLI::App* command =
      add_command(app, "predict", "losses of a mixture at a volume, or of a run at a later one",
                  "bimix predict runs/demo --mixture prose=0.3,code=0.7 --tokens 20M");
  command->add_option("DIR", flags->folder, "run folder")->required();
  CLI::Option* shares = command->add_option("--mixture", flags->mixture, "shares: a=0.3,b=0.7");
  command
      ->add_option("--trial", flags->trial,
                   "continue this run from what was seen of it: the beginning of its id, or the "
                   "name of a logged run")
      ->excludes(shares);
  command->add_option("--tokens", flags->tokens, "volume, for example 20B")->required();
  command
      ->add_option("--parameters", flags->parameters,
                   "model size, where the logs have several; the largest common one if not given")
      ->needs(shares);
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      run::StoredRun run;
      par::collectively(context.comm(), [&] { run = run::load_run(flags->folder); });
      data::Mixture mixture;
      const data::TrialSpec* trial = nullptr;
      double tokens = 0, model_size = 0;
      par::collectively(context.comm(), [&] {
        if (flags->trial.empty())
          mixture = mixture_of(*flags, run);
        else
          trial = &trial_named(flags->trial, run.plan);
        tokens = parse_tokens("--tokens", flags->tokens);
        if (!flags->parameters.empty())
          model_size = parse_tokens("--parameters", flags->parameters);
      });
      const data::LawFit fit = spread::used_fit_over_ranks(
          context.comm(), plan::observations_of(run.plan, run.state.results), run.campaign.fit);
      run::warn_if_in_doubt(context.console, fit);
      par::on_root(context.comm(), [&] {
        const Answer answer =
            trial != nullptr ? continue_trial(fit, run, *trial, tokens)
                             : predict_mixture(fit, mixture, tokens,
                                               law::predicted_size(fit, model_size, "--parameters"),
                                               run.campaign.fit.level);
        context.console.show(flags->json ? answer.json.dump(1) : report::aligned(answer.rows));
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
