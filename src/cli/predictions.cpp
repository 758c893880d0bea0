#include "predictions.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/law/continuation.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

#include <cmath>

namespace bimix::cli {
namespace {

/// What the law says of one domain.
struct Predicted {
  double loss = 0.0;
  law::Interval interval{};
};

Predicted predicted(const data::LawFit& fit, std::size_t e, const data::Mixture& mixture,
                    const Question& question) {
  const law::FittedLaw law(fit);
  const law::PredictedRun run{mixture, question.tokens, question.model_size};
  return {law.predict(e, run), law.interval(e, run, question.level)};
}

data::Json json_of(const data::LawFit& fit, std::size_t e, const Predicted& value) {
  return {{"domain", fit.domains.eval[e]},
          {"loss_unit", data::unit_text(fit.domains.loss_unit)},
          {"loss_nats", value.loss},
          {"low", value.interval.low},
          {"high", value.interval.high}};
}

std::string interval_text(const law::Interval& interval) {
  return fmt::format("{:.4f} to {:.4f}", interval.low, interval.high);
}

std::string loss_heading(const data::LawFit& fit) {
  return fmt::format("loss ({})", data::unit_text(fit.domains.loss_unit));
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

}  // namespace

Answer predict_mixture(const data::LawFit& fit, const data::Mixture& mixture,
                       const Question& question) {
  Answer answer;
  answer.rows = {{"domain", loss_heading(fit), fmt::format("{:.4g} %", 100 * question.level)}};
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
    const Predicted value = predicted(fit, e, mixture, question);
    answer.json.push_back(json_of(fit, e, value));
    answer.rows.push_back(
        {fit.domains.eval[e], fmt::format("{:.4f}", value.loss), interval_text(value.interval)});
  }
  return answer;
}

Answer predict_mixtures(const data::LawFit& fit, const std::vector<data::Mixture>& mixtures,
                        const Question& question) {
  const data::DomainSet& domains = fit.domains;
  Answer answer;
  std::vector<std::string> cells{"mixture", "tokens"};
  answer.rows = {{loss_heading(fit) + " of mixture"}};
  for (const std::string& name : domains.train) cells.push_back("share/" + name);
  for (const std::string& name : domains.eval) {
    for (const char* what : {"loss/", "low/", "high/"}) cells.push_back(what + name);
    answer.rows.front().push_back(name);
  }
  cells.push_back("loss_unit");
  answer.csv = report::csv_line(cells);
  for (std::size_t m = 0; m < mixtures.size(); ++m) {
    const std::string number = std::to_string(m + 1);
    data::Json losses = data::Json::array(), shares = data::Json::object();
    cells = {number, report::number_cell(question.tokens)};
    answer.rows.push_back({number});
    for (std::size_t k = 0; k < domains.train.size(); ++k) {
      cells.push_back(report::number_cell(mixtures[m][k]));
      shares[domains.train[k]] = mixtures[m][k];
    }
    for (std::size_t e = 0; e < domains.eval.size(); ++e) {
      const Predicted value = predicted(fit, e, mixtures[m], question);
      for (const double x : {value.loss, value.interval.low, value.interval.high})
        cells.push_back(report::number_cell(x));
      losses.push_back(json_of(fit, e, value));
      answer.rows.back().push_back(fmt::format("{:.4f}", value.loss));
    }
    cells.emplace_back(data::unit_text(domains.loss_unit));
    answer.csv += report::csv_line(cells);
    answer.json.push_back({{"mixture", shares}, {"tokens", question.tokens}, {"losses", losses}});
  }
  return answer;
}

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

Answer continue_trial(const data::LawFit& fit, const run::StoredRun& run,
                      const data::TrialSpec& trial, double tokens) {
  const data::TrialResult& seen = seen_of(trial, run.state.results);
  const auto losses =
      law::continue_run(fit, plan::observations_of(run.plan, run.state.results), run.campaign.fit,
                        {trial.mixture, seen.parameters, seen.curve}, tokens);
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

}  // namespace bimix::cli
