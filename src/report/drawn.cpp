#include "drawn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace bimix::report {
namespace {

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

}  // namespace

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
                             drawn_residuals(held_out_residuals(input.record)).index})
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

std::vector<std::int64_t> section_volumes(const data::RunRecord& record, const data::LawFit& fit) {
  std::vector<std::int64_t> fitted, volumes;
  for (const std::int64_t tokens : record.plan.tokens)
    if (static_cast<double>(tokens) >= fit.tokens_low) fitted.push_back(tokens);
  for (const std::size_t i : some_of(fitted.size(), most_section_volumes))
    volumes.push_back(fitted[i]);
  return volumes;
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

std::vector<Unseen> unseen_points(const PageInput& input) {
  const std::vector<std::size_t> drawn = drawn_mixtures(input.record).index;
  std::vector<Unseen> points;
  for (const data::HeldOutLoss& loss : held_out_losses(input.record))
    if (std::binary_search(drawn.begin(), drawn.end(), loss.mixture))
      points.push_back({.mixture = input.record.plan.labels[loss.mixture],
                        .domain = loss.eval_domain,
                        .kind = "held out",
                        .seen = loss.seen_nats,
                        .predicted = loss.predicted_nats});
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

}  // namespace bimix::report
