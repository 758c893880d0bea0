#include "page_data.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/law/predict.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace bimix::report {
namespace {

constexpr int points_of_a_line = 24;
constexpr std::size_t most_mixtures = 64;
constexpr std::size_t most_residuals = 60;
constexpr std::size_t most_listed_mixtures = 500;
constexpr std::size_t most_runs = 400;
constexpr std::size_t most_trials = 100;
constexpr std::size_t most_listed_trials = 1000;
constexpr std::size_t most_bars = 2000;
constexpr std::size_t most_section_volumes = 6;
constexpr std::size_t most_volumes = 100;
constexpr std::size_t most_timeline_ranks = 64;
constexpr double longest_idle_seconds = 10;  ///< of a timeline; longer is cut out

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

/// At most `most` of `count` places, evenly chosen, the first and the last among them.
std::vector<std::size_t> some_of(std::size_t count, std::size_t most) {
  std::vector<std::size_t> chosen;
  const std::size_t n = std::min(count, most);
  for (std::size_t i = 0; i < n; ++i)
    chosen.push_back(n == 1 ? count - 1 : i * (count - 1) / (n - 1));
  return chosen;
}

/// The first `most` of the places in this order, ascending.
std::vector<std::size_t> first_of(std::vector<std::size_t> order, std::size_t most) {
  order.resize(std::min(order.size(), most));
  std::sort(order.begin(), order.end());
  return order;
}

/// Where a mixture of the plan stands among those that are listed.
std::size_t place_of(const std::vector<std::size_t>& listed, std::size_t mixture) {
  return static_cast<std::size_t>(std::lower_bound(listed.begin(), listed.end(), mixture) -
                                  listed.begin());
}

std::vector<TrialAndResult> trials_of(const data::RunRecord& record) {
  const ResultsById results(record);
  std::vector<TrialAndResult> all;
  for (const auto* specs : {&record.plan.trials, &record.check_trials})
    for (const data::TrialSpec& spec : *specs) all.emplace_back(&spec, results.of(spec));
  return all;
}

/// At most `most` of them, in their order: those that did not end well, then the longest.
std::vector<TrialAndResult> bad_or_long(const std::vector<TrialAndResult>& all, std::size_t most) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    const data::TrialResult* result = all[i].second;
    return result == nullptr
               ? std::pair(false, 0.0)
               : std::pair(result->status == data::TrialStatus::ok, -result->wall_seconds);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  std::vector<TrialAndResult> some;
  for (const std::size_t i : first_of(std::move(order), most)) some.push_back(all[i]);
  return some;
}

/// The drawn runs, their losses and the law's.
data::Json runs(const data::RunRecord& record, const data::LawFit* fit,
                const std::vector<std::size_t>& listed) {
  const std::vector<std::int64_t> volumes = drawn_volumes(record, fit);
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
      if (fit == nullptr) continue;
      std::vector<double> law;
      for (std::size_t e = 0; e < record.plan.domains.eval.size(); ++e)
        law.push_back(law::predict(*fit, e, spec.mixture, static_cast<double>(point.tokens),
                                   result->parameters));
      run["law"].push_back(data::to_json(law));
    }
    array.push_back(std::move(run));
  }
  return array;
}

/// The law along the volume, for each drawn mixture and domain.
data::Json curves(const data::RunRecord& record, const data::LawFit& fit,
                  const std::vector<std::size_t>& listed) {
  const std::vector<double> tokens = log_spaced(fit.tokens_low, fit.tokens_high, points_of_a_line);
  data::Json lines = data::Json::array();
  for (const std::size_t m : drawn_mixtures(record).index) {
    data::Json losses = data::Json::array();
    for (std::size_t e = 0; e < record.plan.domains.eval.size(); ++e) {
      std::vector<double> line;
      for (const double s : tokens)
        line.push_back(law::predict(fit, e, record.plan.mixtures[m], s));
      losses.push_back(data::to_json(line));
    }
    lines.push_back({{"mixture", place_of(listed, m)}, {"loss", std::move(losses)}});
  }
  return {{"tokens", data::to_json(tokens)}, {"lines", std::move(lines)}};
}

/// The mixture with another share of domain k; the others share the rest in proportion.
data::Mixture with_share(data::Mixture mixture, std::size_t k, double share) {
  const double rest = 1.0 - mixture[k];
  for (std::size_t j = 0; j < mixture.size(); ++j)
    mixture[j] = rest > 0 ? mixture[j] * (1.0 - share) / rest
                          : (1.0 - share) / static_cast<double>(mixture.size() - 1);
  mixture[k] = share;
  return mixture;
}

/// The default mixture; the first one where nothing says which it is.
const data::Mixture& default_of(const data::RunRecord& record) {
  return record.optimum.empty() ? record.plan.mixtures.front()
                                : record.optimum.front().default_share;
}

/// Some of the fitted volumes.
std::vector<std::int64_t> section_volumes(const data::RunRecord& record, const data::LawFit& fit) {
  std::vector<std::int64_t> fitted, volumes;
  for (const std::int64_t tokens : record.plan.tokens)
    if (static_cast<double>(tokens) >= fit.tokens_low) fitted.push_back(tokens);
  for (const std::size_t i : some_of(fitted.size(), most_section_volumes))
    volumes.push_back(fitted[i]);
  return volumes;
}

/// The law along the own share of each domain, at the volumes of the sections.
data::Json sections(const data::RunRecord& record, const data::LawFit& fit) {
  const std::vector<std::int64_t> volumes = section_volumes(record, fit);
  const data::Mixture& start = default_of(record);
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
        line.push_back(law::predict(fit, e, with_share(start, k, r), static_cast<double>(tokens)));
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
  const data::Table all = held_out_residuals(input);
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
                     {"purpose", spec->purpose},
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
                    {"purpose", bar.spec->purpose},
                    {"repeat", bar.spec->repeat},
                    {"status", static_cast<int>(bar.result->status)}});
  }
  return {{"ranks", ranks}, {"bars", bars}, {"cuts", data::to_json(all.cuts)}};
}

}  // namespace

const data::LawFit* used_law(const data::RunRecord& record) {
  for (const data::LawFit& fit : record.laws)
    if (!record.optimum.empty() && fit.law == record.optimum.front().law) return &fit;
  return record.laws.empty() ? nullptr : &record.laws.front();
}

ResultsById::ResultsById(const data::RunRecord& record) {
  for (const data::TrialResult& result : record.results) by_id_.try_emplace(result.id, &result);
}

const data::TrialResult* ResultsById::of(const data::TrialSpec& spec) const {
  const auto found = by_id_.find(spec.id);
  return found == by_id_.end() ? nullptr : found->second;
}

Drawn drawn_mixtures(const data::RunRecord& record) {
  const ResultsById results(record);
  std::vector<bool> ran(record.plan.mixtures.size());
  for (const data::TrialSpec& spec : record.plan.trials)
    if (const data::TrialResult* result = results.of(spec);
        result != nullptr && result->status == data::TrialStatus::ok)
      ran[static_cast<std::size_t>(spec.mixture_id)] = true;
  std::vector<std::size_t> finished;
  for (std::size_t m = 0; m < ran.size(); ++m)
    if (ran[m]) finished.push_back(m);
  Drawn drawn{.all = finished.size()};
  for (const std::size_t i : some_of(finished.size(), most_mixtures))
    drawn.index.push_back(finished[i]);
  return drawn;
}

Drawn drawn_residuals(const data::Table& residuals) {
  std::vector<double> largest(residuals.rows, -1.0);
  std::vector<std::size_t> order;
  for (std::size_t m = 0; m < residuals.rows; ++m) {
    for (std::size_t e = 0; e < residuals.columns; ++e)
      if (std::isfinite(residuals(m, e)))
        largest[m] = std::max(largest[m], std::abs(residuals(m, e)));
    if (largest[m] >= 0) order.push_back(m);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return largest[a] > largest[b]; });
  const std::size_t all = order.size();
  return {first_of(std::move(order), most_residuals), all};
}

Drawn listed_mixtures(const PageInput& input) {
  const std::size_t all = input.record.plan.mixtures.size();
  std::vector<bool> is_listed(all);
  for (const auto& places : {some_of(all, most_listed_mixtures), drawn_mixtures(input.record).index,
                             drawn_residuals(held_out_residuals(input)).index})
    for (const std::size_t m : places) is_listed[m] = true;
  Drawn listed{.all = all};
  for (std::size_t m = 0; m < all; ++m)
    if (is_listed[m]) listed.index.push_back(m);
  return listed;
}

DrawnRuns drawn_runs(const data::RunRecord& record, const data::LawFit* fit) {
  const std::vector<std::size_t> mixtures = drawn_mixtures(record).index;
  const ResultsById results(record);
  std::vector<TrialAndResult> runs;
  for (const data::TrialSpec& spec : record.plan.trials) {
    const data::TrialResult* result = results.of(spec);
    if (result != nullptr && result->status == data::TrialStatus::ok &&
        std::binary_search(mixtures.begin(), mixtures.end(),
                           static_cast<std::size_t>(spec.mixture_id)) &&
        (fit == nullptr || is_of_the_figures(*fit, *result)))
      runs.emplace_back(&spec, result);
  }
  DrawnRuns drawn{.all = runs.size()};
  for (const std::size_t i : some_of(runs.size(), most_runs)) drawn.runs.push_back(runs[i]);
  return drawn;
}

std::vector<std::int64_t> drawn_volumes(const data::RunRecord& record, const data::LawFit* fit) {
  const std::vector<std::int64_t>& all = record.plan.tokens;
  if (all.size() <= most_volumes) return all;
  std::vector<std::int64_t> drawn =
      fit == nullptr ? std::vector<std::int64_t>() : section_volumes(record, *fit);
  for (const std::size_t i : some_of(all.size(), most_volumes)) drawn.push_back(all[i]);
  std::sort(drawn.begin(), drawn.end());
  drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
  return drawn;
}

std::vector<TrialAndResult> drawn_trials(const data::RunRecord& record) {
  std::vector<TrialAndResult> ended = trials_of(record);
  std::erase_if(ended, [](const TrialAndResult& trial) { return trial.second == nullptr; });
  return bad_or_long(ended, most_trials);
}

std::vector<TrialAndResult> listed_trials(const data::RunRecord& record) {
  return bad_or_long(trials_of(record), most_listed_trials);
}

bool is_of_the_figures(const data::LawFit& fit, const data::TrialResult& result) {
  return fit.last_size == 0.0 || result.parameters == 0.0 ||
         data::is_same_size(result.parameters, fit.last_size);
}

data::Table seen_at_last_volume(const data::RunRecord& record) {
  const std::size_t domains = record.plan.domains.eval.size();
  const ResultsById results(record);
  data::Table sum(record.plan.mixtures.size(), domains), count(sum);
  for (const data::TrialSpec& spec : record.plan.trials) {
    const data::TrialResult* result = results.of(spec);
    if (result == nullptr || result->status != data::TrialStatus::ok) continue;
    if (!record.laws.empty() && !is_of_the_figures(record.laws.front(), *result)) continue;
    const auto m = static_cast<std::size_t>(spec.mixture_id);
    for (const data::LossPoint& point : result->curve) {
      if (data::find_volume(record.plan.tokens, point.tokens) != record.plan.tokens.size() - 1)
        continue;
      for (std::size_t e = 0; e < domains; ++e) {
        if (!std::isfinite(point.loss_nats[e])) continue;
        sum(m, e) += point.loss_nats[e];
        count(m, e) += 1;
      }
    }
  }
  for (std::size_t i = 0; i < sum.values.size(); ++i)
    sum.values[i] = count.values[i] > 0 ? sum.values[i] / count.values[i] : std::nan("");
  return sum;
}

std::vector<Unseen> unseen_points(const PageInput& input) {
  const std::vector<std::size_t> drawn = drawn_mixtures(input.record).index;
  std::vector<Unseen> points;
  for (const law::HeldOutPart& part : input.held_out)
    for (std::size_t i = 0; i < part.point.rows; ++i) {
      const auto m = static_cast<std::size_t>(part.point(i, law::HeldOutPart::mixture_id));
      if (!std::binary_search(drawn.begin(), drawn.end(), m)) continue;
      points.push_back(
          {.mixture = input.record.plan.labels[m],
           .domain = static_cast<std::size_t>(part.point(i, law::HeldOutPart::eval_domain)),
           .kind = "held out",
           .seen = part.point(i, law::HeldOutPart::seen),
           .predicted = part.point(i, law::HeldOutPart::predicted)});
    }
  for (const data::CheckReport& check : input.record.check)
    for (std::size_t m = 0; m < check.labels.size(); ++m)
      for (std::size_t e = 0; e < check.domains.size(); ++e)
        points.push_back({.mixture = check.labels[m],
                          .domain = e,
                          .kind = "check",
                          .seen = check.trained_nats(m, e),
                          .predicted = check.predicted_nats(m, e)});
  return points;
}

data::Table held_out_residuals(const PageInput& input) {
  data::Table residuals(input.record.plan.mixtures.size(), input.record.plan.domains.eval.size(),
                        std::nan(""));
  for (const law::HeldOutPart& part : input.held_out)
    for (std::size_t i = 0; i < part.point.rows; ++i) {
      const double seen = part.point(i, law::HeldOutPart::seen);
      residuals(static_cast<std::size_t>(part.point(i, law::HeldOutPart::mixture_id)),
                static_cast<std::size_t>(part.point(i, law::HeldOutPart::eval_domain))) =
          (part.point(i, law::HeldOutPart::predicted) - seen) / seen;
    }
  return residuals;
}

data::Table transfer_table(const data::RunRecord& record, const data::LawFit& fit) {
  const data::Mixture& start = default_of(record);
  const double tokens = record.optimum.empty() ? fit.tokens_high : record.optimum.front().tokens;
  data::Table table(record.plan.domains.eval.size(), start.size(), std::nan(""));
  for (std::size_t k = 0; k < start.size(); ++k) {
    if (start[k] + transfer_step > 1.0) continue;
    const data::Mixture moved = with_share(start, k, start[k] + transfer_step);
    for (std::size_t e = 0; e < table.rows; ++e)
      table(e, k) = law::predict(fit, e, moved, tokens) / law::predict(fit, e, start, tokens) - 1.0;
  }
  return table;
}

Timeline timeline_of(const data::RunRecord& record) {
  Timeline timeline;
  for (const auto& [spec, result] : trials_of(record))
    if (result != nullptr && result->started_utc > 0 && result->wall_seconds > 0)
      timeline.bars.push_back({.from = result->started_utc,
                               .to = result->started_utc + result->wall_seconds,
                               .spec = spec,
                               .result = result});
  std::stable_sort(timeline.bars.begin(), timeline.bars.end(),
                   [](const auto& a, const auto& b) { return a.from < b.from; });
  for (const Timeline::Bar& bar : timeline.bars) timeline.ranks.push_back(bar.result->rank);
  std::sort(timeline.ranks.begin(), timeline.ranks.end());
  timeline.ranks.erase(std::unique(timeline.ranks.begin(), timeline.ranks.end()),
                       timeline.ranks.end());
  double left_out = timeline.bars.empty() ? 0.0 : timeline.bars.front().from;
  for (Timeline::Bar& bar : timeline.bars) {
    const double idle = bar.from - left_out - timeline.length;
    if (idle > longest_idle_seconds) {
      left_out += idle;
      timeline.cuts.push_back(timeline.length);
    }
    bar.from -= left_out;
    bar.to -= left_out;
    timeline.length = std::max(timeline.length, bar.to);
    timeline.busy += bar.to - bar.from;
    bar.row = static_cast<std::size_t>(
        std::lower_bound(timeline.ranks.begin(), timeline.ranks.end(), bar.result->rank) -
        timeline.ranks.begin());
  }
  return timeline;
}

std::vector<std::size_t> drawn_rows(const Timeline& timeline) {
  return some_of(timeline.ranks.size(), most_timeline_ranks);
}

Drawn drawn_bars(const Timeline& timeline) {
  const std::vector<std::size_t> rows = drawn_rows(timeline);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < timeline.bars.size(); ++i)
    if (std::binary_search(rows.begin(), rows.end(), timeline.bars[i].row)) order.push_back(i);
  const auto length = [&](std::size_t i) { return timeline.bars[i].to - timeline.bars[i].from; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return length(a) > length(b); });
  return {first_of(std::move(order), most_bars), timeline.bars.size()};
}

data::Json page_data(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const std::vector<std::size_t> listed = listed_mixtures(input).index;
  const data::LawFit* fit = used_law(record);
  data::Json data{{"train", record.plan.domains.train},
                  {"eval", record.plan.domains.eval},
                  {"share_of", record.plan.domains.share_of},
                  {"loss_name", loss_name(record.plan.domains)},
                  {"unit", data::unit_text(record.plan.domains.loss_unit)},
                  {"tokens", record.plan.tokens},
                  {"mixtures", mixtures(record, listed)},
                  {"runs", runs(record, fit, listed)},
                  {"unseen", unseen(input)},
                  {"residuals", residuals(input, listed)},
                  {"by_volume", by_volume(input.by_volume)},
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
