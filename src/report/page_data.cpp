#include "page_data.hpp"

#include "drawn.hpp"
#include "rows.hpp"
#include "run_figures.hpp"
#include "timeline.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/fitted_law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace bimix::report {
namespace {

constexpr int points_of_a_line = 24;

/// Every number of the object with six digits, which is more than a chart can show.
void round_numbers(data::Json& json) {
  if (json.is_number_float()) json = *core::parse_number(fmt::format("{:.6g}", json.get<double>()));
  if (json.is_structured())
    for (data::Json& part : json) round_numbers(part);
}

/// From low to high in equal steps of the logarithm.
std::vector<double> log_spaced(double low, double high, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(low * std::pow(high / low, static_cast<double>(i) / (count - 1)));
  return values;
}

/// Where a mixture of the plan stands among those that are listed.
std::size_t place_of(const std::vector<std::size_t>& listed, std::size_t mixture) {
  return static_cast<std::size_t>(std::lower_bound(listed.begin(), listed.end(), mixture) -
                                  listed.begin());
}

/// The drawn runs, their losses and the law's.
data::Json runs(const data::RunRecord& record, const data::LawFit* fit,
                const std::vector<std::size_t>& listed) {
  const std::vector<std::int64_t> volumes = drawn_volumes(record, fit);
  const auto law = fit == nullptr ? std::nullopt : std::optional<law::FittedLaw>(*fit);
  data::Json array = data::Json::array();
  for (const auto& [trial, result] : drawn_runs(record, fit).runs) {
    const data::TrialSpec& spec = *trial;
    data::Json run{{"mixture", place_of(listed, static_cast<std::size_t>(spec.mixture_id))},
                   {"repeat", spec.repeat}};
    run["tokens"] = run["loss"] = run["law"] = data::Json::array();
    for (const data::LossPoint& point : result->curve) {
      if (!data::find_volume(volumes, point.tokens)) continue;
      run["tokens"].push_back(point.tokens);
      run["loss"].push_back(data::to_json(point.loss_nats));
      if (!law) continue;
      std::vector<double> losses;
      for (std::size_t e = 0; e < record.plan.domains.eval.size(); ++e)
        losses.push_back(law->predict(e, {spec.mixture, static_cast<double>(point.tokens),
                                          result->parameters, result->unique_tokens}));
      run["law"].push_back(data::to_json(losses));
    }
    array.push_back(std::move(run));
  }
  return array;
}

/// The law along the volume, for each drawn mixture and domain.
data::Json curves(const data::RunRecord& record, const data::LawFit& fit,
                  const std::vector<std::size_t>& listed) {
  const std::vector<double> tokens = log_spaced(fit.tokens_low, fit.tokens_high, points_of_a_line);
  const law::FittedLaw law(fit);
  data::Json lines = data::Json::array();
  for (const std::size_t m : drawn_mixtures(record).index) {
    data::Json losses = data::Json::array();
    for (std::size_t e = 0; e < record.plan.domains.eval.size(); ++e) {
      std::vector<double> line;
      for (const double s : tokens) line.push_back(law.predict(e, {record.plan.mixtures[m], s}));
      losses.push_back(data::to_json(line));
    }
    lines.push_back({{"mixture", place_of(listed, m)}, {"loss", std::move(losses)}});
  }
  return {{"tokens", data::to_json(tokens)}, {"lines", std::move(lines)}};
}

/// The law along the own share of each domain, at the volumes of the sections.
data::Json sections(const data::RunRecord& record, const data::LawFit& fit) {
  const std::vector<std::int64_t> volumes = section_volumes(record, fit);
  const data::Mixture& start = default_of(record);
  const law::FittedLaw law(fit);
  data::Json lines = data::Json::array();
  for (std::size_t e = 0; e < record.plan.domains.eval.size(); ++e) {
    const int own = record.plan.domains.share_of[e];
    const auto k = static_cast<std::size_t>(std::max(own, 0));
    if (own < 0 || !(fit.share_low[k] > 0 && fit.share_high[k] > fit.share_low[k])) {
      lines.push_back(nullptr);
      continue;
    }
    const auto shares = log_spaced(fit.share_low[k], fit.share_high[k], points_of_a_line);
    data::Json losses = data::Json::array();
    for (const std::int64_t tokens : volumes) {
      std::vector<double> line;
      for (const double r : shares)
        line.push_back(law.predict(e, {with_share(start, k, r), static_cast<double>(tokens)}));
      losses.push_back(data::to_json(line));
    }
    lines.push_back({{"share", data::to_json(shares)}, {"loss", std::move(losses)}});
  }
  return {{"volumes", volumes}, {"domains", std::move(lines)}};
}

data::Json law(const data::RunRecord& record, const data::LawFit& fit,
               const std::vector<std::size_t>& listed) {
  return {{"name", fit.law},
          {"tokens_low", data::to_json(fit.tokens_low)},
          {"tokens_high", data::to_json(fit.tokens_high)},
          {"curves", curves(record, fit, listed)},
          {"sections", sections(record, fit)},
          {"transfer", data::to_json(transfer_table(record, fit))}};
}

data::Json mixtures(const data::RunRecord& record, const std::vector<std::size_t>& listed) {
  const data::Table seen = seen_at_last_volume(record);
  data::Json array = data::Json::array();
  for (const std::size_t m : listed) {
    const std::vector<double> losses(seen.values.begin() + m * seen.columns,
                                     seen.values.begin() + (m + 1) * seen.columns);
    array.push_back({{"label", record.plan.labels[m]},
                     {"share", data::to_json(record.plan.mixtures[m])},
                     {"mean_loss", data::to_json(mean_of(losses))}});
  }
  return array;
}

data::Json unseen(const PageInput& input) {
  data::Json array = data::Json::array();
  for (const Unseen& point : unseen_points(input))
    array.push_back({{"mixture", point.mixture},
                     {"domain", point.domain},
                     {"kind", point.kind},
                     {"seen", data::to_json(point.seen)},
                     {"predicted", data::to_json(point.predicted)}});
  return array;
}

/// Rows are the mixtures of `drawn_residuals`.
data::Json residuals(const PageInput& input, const std::vector<std::size_t>& listed) {
  const data::Table all = held_out_residuals(input.record);
  data::Json indices = data::Json::array(), rows = data::Json::array();
  for (const std::size_t m : drawn_residuals(all).index) {
    indices.push_back(place_of(listed, m));
    rows.push_back(data::to_json(std::vector<double>(all.values.begin() + m * all.columns,
                                                     all.values.begin() + (m + 1) * all.columns)));
  }
  return {{"mixtures", std::move(indices)}, {"errors", std::move(rows)}};
}

data::Json by_volume(const std::vector<data::MixtureChoice>& choices) {
  data::Json array = data::Json::array();
  for (const data::MixtureChoice& choice : choices)
    array.push_back(
        {{"tokens", data::to_json(choice.tokens)}, {"share", data::to_json(choice.share)}});
  return array;
}

data::Json trials(const data::RunRecord& record) {
  data::Json array = data::Json::array();
  for (const auto& [spec, result] : drawn_trials(record))
    array.push_back({{"label", spec->mixture_label},
                     {"purpose", core::word_of(spec->purpose)},
                     {"repeat", spec->repeat},
                     {"status", static_cast<int>(result->status)},
                     {"seconds", data::to_json(result->wall_seconds)}});
  return array;
}

data::Json timeline(const data::RunRecord& record) {
  const Timeline all = timeline_of(record);
  if (all.bars.empty()) return nullptr;
  data::Json ranks = data::Json::array(), bars = data::Json::array();
  std::vector<int> row_of(all.ranks.size(), -1);
  for (const std::size_t row : drawn_rows(all)) {
    row_of[row] = static_cast<int>(ranks.size());
    ranks.push_back(all.ranks[row]);
  }
  for (const std::size_t i : drawn_bars(all).index) {
    const Timeline::Bar& bar = all.bars[i];
    bars.push_back({{"row", row_of[bar.row]},
                    {"from", data::to_json(bar.from)},
                    {"to", data::to_json(bar.to)},
                    {"label", bar.spec->mixture_label},
                    {"purpose", core::word_of(bar.spec->purpose)},
                    {"repeat", bar.spec->repeat},
                    {"status", static_cast<int>(bar.result->status)}});
  }
  return {{"ranks", ranks}, {"bars", bars}, {"cuts", data::to_json(all.cuts)}};
}

/// What was known before each round.
data::Json rounds(const data::RunRecord& record) {
  data::Json known = data::Json::array();
  for (const data::Round& round : record.rounds)
    if (!round.known.share.empty())
      known.push_back({{"known", round.seen},
                       {"regret", data::to_json(round.known.regret_nats)},
                       {"high", data::to_json(round.known.regret_high_nats)},
                       {"level", data::to_json(round.level)}});
  return known;
}

}  // namespace

data::Json page_data(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const std::vector<std::size_t> listed = listed_mixtures(input).index;
  const data::LawFit* fit = used_law(record);
  data::Json data{{"train", record.plan.domains.train},
                  {"eval", record.plan.domains.eval},
                  {"share_of", record.plan.domains.share_of},
                  {"loss_name", loss_name(record.plan.domains)},
                  {"unit", data::unit_text(record.plan.domains.loss_unit)},
                  {"bytes_per_token", data::to_json(record.plan.domains.bytes_per_token)},
                  {"tokens", record.plan.tokens},
                  {"mixtures", mixtures(record, listed)},
                  {"runs", runs(record, fit, listed)},
                  {"unseen", unseen(input)},
                  {"residuals", residuals(input, listed)},
                  {"by_volume", by_volume(input.by_volume)},
                  {"rounds", rounds(record)},
                  {"trials", trials(record)},
                  {"timeline", timeline(record)}};
  data["law"] = fit == nullptr ? data::Json(nullptr) : law(record, *fit, listed);
  data["optimum"] = record.optimum.empty()
                        ? data::Json(nullptr)
                        : data::to_json(record.optimum.front(), record.plan.domains);
  if (!record.optimum.empty() && record.plan.domains.train.size() == 3)
    data["optimum"]["bootstrap_share"] = data::to_json(record.optimum.front().bootstrap_share);
  data["entropy"] =
      record.entropy.empty() ? data::Json(nullptr) : data::to_json(record.entropy.front());
  round_numbers(data);
  return data;
}

}  // namespace bimix::report
