#include "rows.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/report/predictions.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::report {
namespace {

bool knows_bytes(const data::LawFit& fit) { return !fit.domains.bytes_per_token.empty(); }

double in_bits(const data::LawFit& fit, std::size_t e, double nats) {
  return data::bits_per_byte(nats, fit.domains.bytes_per_token[e]);
}

/// What the law says of one domain.
struct Predicted {
  double loss = 0.0;
  law::Interval interval{};
};

Predicted predicted(const law::FittedLaw& law, std::size_t e, const data::Mixture& mixture,
                    const Question& question) {
  const law::PredictedRun run{mixture, question.tokens, question.model_size,
                              question.unique_tokens};
  return {law.predict(e, run), law.interval(e, run, question.level)};
}

/// With the loss in bits a byte where that is known.
data::Json with_bits(data::Json json, const data::LawFit& fit, std::size_t e, double nats) {
  if (knows_bytes(fit)) json["loss_bits_per_byte"] = in_bits(fit, e, nats);
  return json;
}

data::Json json_of(const data::LawFit& fit, std::size_t e, const Predicted& value) {
  return with_bits({{"domain", fit.domains.eval[e]},
                    {"loss_unit", data::unit_text(fit.domains.loss_unit)},
                    {"loss_nats", value.loss},
                    {"low", value.interval.low},
                    {"high", value.interval.high}},
                   fit, e, value.loss);
}

std::string interval_text(const law::Interval& interval) {
  return fmt::format("{:.4f} to {:.4f}", interval.low, interval.high);
}

/// How often each pool is gone through, K; empty where none is known.
std::vector<double> epochs_of(const data::LawFit& fit, const data::Mixture& mixture,
                              const Question& question) {
  return data::epochs(mixture, question.tokens,
                      question.unique_tokens.empty() ? fit.unique_tokens : question.unique_tokens);
}

/// Of what no run has seen; empty where runs have.
std::string warning_beyond(const data::LawFit& fit, double most_epochs) {
  const double seen = std::max(1.0, fit.most_epochs);
  if (most_epochs <= seen * 1.005) return "";
  return fmt::format("  No run went through a domain more than {} times: beyond, {}\n",
                     epochs(seen),
                     law::law_of(fit).sees_repetition()
                         ? "the law goes by what is known of other runs"
                         : fmt::format("law {} takes repeated text for new", fit.law));
}

/// Of one mixture in words, with a warning where no run repeated so often.
std::string epochs_line(const data::LawFit& fit, const std::vector<double>& counts) {
  if (counts.empty()) return "";
  std::vector<std::string> parts;
  for (std::size_t k = 0; k < counts.size(); ++k)
    if (counts[k] > 0.0)
      parts.push_back(fmt::format("{} {}", fit.domains.train[k], epochs(counts[k])));
  constexpr std::size_t most = 8;
  return "  Epochs: " + core::join_some(parts, most) + "\n" +
         warning_beyond(fit, *std::max_element(counts.begin(), counts.end()));
}

std::string loss_heading(const data::LawFit& fit) {
  return fmt::format("loss ({})", data::unit_text(fit.domains.loss_unit));
}

}  // namespace

Answer predict_mixture(const data::LawFit& fit, const data::Mixture& mixture,
                       const Question& question) {
  const law::FittedLaw law(fit);
  Answer answer;
  answer.rows = {{"domain", loss_heading(fit), fmt::format("{:.4g} %", 100 * question.level)}};
  if (knows_bytes(fit)) answer.rows.front().emplace_back("bits/byte");
  for (std::size_t e = 0; e < fit.domains.eval.size(); ++e) {
    const Predicted value = predicted(law, e, mixture, question);
    answer.json.push_back(json_of(fit, e, value));
    answer.rows.push_back(
        {fit.domains.eval[e], fmt::format("{:.4f}", value.loss), interval_text(value.interval)});
    if (knows_bytes(fit))
      answer.rows.back().push_back(fmt::format("{:.4f}", in_bits(fit, e, value.loss)));
  }
  answer.epochs = epochs_line(fit, epochs_of(fit, mixture, question));
  return answer;
}

Answer predict_mixtures(const data::LawFit& fit, const std::vector<data::Mixture>& mixtures,
                        const Question& question) {
  const data::DomainSet& domains = fit.domains;
  Answer answer;
  std::vector<std::string> cells{"mixture", "tokens"};
  answer.rows = {{loss_heading(fit) + " of mixture"}};
  for (const std::string& name : domains.train) cells.push_back("share/" + name);
  const bool knows_pools = !mixtures.empty() && !epochs_of(fit, mixtures.front(), question).empty();
  if (knows_pools) {
    for (const std::string& name : domains.train) cells.push_back("epochs/" + name);
    answer.rows.front().push_back("most epochs");
  }
  for (const std::string& name : domains.eval) {
    for (const char* what : {"loss/", "low/", "high/"}) cells.push_back(what + name);
    if (knows_bytes(fit)) cells.push_back("bits_per_byte/" + name);
    answer.rows.front().push_back(name);
  }
  cells.push_back("loss_unit");
  answer.csv = csv_line(cells);
  const law::FittedLaw law(fit);
  double most_epochs = 0.0;
  for (std::size_t m = 0; m < mixtures.size(); ++m) {
    const std::string number = std::to_string(m + 1);
    data::Json losses = data::Json::array(), shares = data::Json::object();
    cells = {number, number_cell(question.tokens)};
    answer.rows.push_back({number});
    for (std::size_t k = 0; k < domains.train.size(); ++k) {
      cells.push_back(number_cell(mixtures[m][k]));
      shares[domains.train[k]] = mixtures[m][k];
    }
    const std::vector<double> counts = epochs_of(fit, mixtures[m], question);
    for (const double count : counts) most_epochs = std::max(most_epochs, count);
    for (const double count : counts) cells.push_back(number_cell(count));
    if (knows_pools)
      answer.rows.back().push_back(epochs(*std::max_element(counts.begin(), counts.end())));
    for (std::size_t e = 0; e < domains.eval.size(); ++e) {
      const Predicted value = predicted(law, e, mixtures[m], question);
      for (const double x : {value.loss, value.interval.low, value.interval.high})
        cells.push_back(number_cell(x));
      if (knows_bytes(fit)) cells.push_back(number_cell(in_bits(fit, e, value.loss)));
      losses.push_back(json_of(fit, e, value));
      answer.rows.back().push_back(fmt::format("{:.4f}", value.loss));
    }
    cells.emplace_back(data::unit_text(domains.loss_unit));
    answer.csv += csv_line(cells);
    answer.json.push_back({{"mixture", shares},
                           {"tokens", question.tokens},
                           {"epochs", data::to_json(counts)},
                           {"losses", losses}});
  }
  answer.epochs = warning_beyond(fit, most_epochs);
  return answer;
}

Answer predict_run(const data::LawFit& fit, const std::vector<law::ContinuedLoss>& losses,
                   double level) {
  Answer answer;
  answer.rows = {{"domain", loss_heading(fit), fmt::format("{:.4g} %", 100 * level), "law alone",
                  "own power law", "last seen", "at tokens"}};
  if (knows_bytes(fit)) answer.rows.front().emplace_back("bits/byte");
  const auto nats = [](double value) {
    return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
  };
  for (std::size_t e = 0; e < losses.size(); ++e) {
    const law::ContinuedLoss& loss = losses[e];
    answer.json.push_back(with_bits({{"domain", fit.domains.eval[e]},
                                     {"loss_unit", data::unit_text(fit.domains.loss_unit)},
                                     {"loss_nats", loss.loss_nats},
                                     {"low", loss.interval.low},
                                     {"high", loss.interval.high},
                                     {"law_nats", loss.law_nats},
                                     {"run_power_nats", loss.run_power_nats},
                                     {"seen_nats", loss.seen_nats},
                                     {"seen_tokens", loss.seen_tokens}},
                                    fit, e, loss.loss_nats));
    answer.rows.push_back(
        {fit.domains.eval[e], nats(loss.loss_nats), interval_text(loss.interval),
         nats(loss.law_nats), nats(loss.run_power_nats), nats(loss.seen_nats),
         std::isnan(loss.seen_tokens) ? "-" : core::format_count_about(loss.seen_tokens, 4)});
    if (knows_bytes(fit)) answer.rows.back().push_back(nats(in_bits(fit, e, loss.loss_nats)));
  }
  return answer;
}

}  // namespace bimix::report
