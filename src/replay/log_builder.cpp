#include "log_builder.hpp"

#include "csv.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace bimix::replay {
namespace {

/// Where doubles stop counting.
constexpr double most_tokens = 0x1p53;

std::string text_of(const std::optional<double>& share) {
  return share ? fmt::format("{}", *share) : std::string("blank");
}

/// The unit that the user gives to all losses; nothing: the one that their names say.
std::optional<LossScale> told_scale(LoggedUnit unit) {
  switch (unit) {
    case LoggedUnit::automatic:
      return std::nullopt;
    case LoggedUnit::nats:
      return LossScale::nats;
    case LoggedUnit::bits:
      return LossScale::bits;
    case LoggedUnit::bits_per_byte:
      return LossScale::bits_per_byte;
    case LoggedUnit::log10:
      return LossScale::log10;
    case LoggedUnit::perplexity:
      return LossScale::perplexity;
  }
  return std::nullopt;
}

bool same_loss(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

const core::WordTable<LoggedUnit>& word_table(LoggedUnit) {
  static const core::WordTable<LoggedUnit> table{
      {{LoggedUnit::automatic, "auto"},
       {LoggedUnit::nats, "nats"},
       {LoggedUnit::bits, "bits"},
       {LoggedUnit::bits_per_byte, "bits/byte"},
       {LoggedUnit::log10, "log10"},
       {LoggedUnit::perplexity, "perplexity"}},
      [](const std::string& word, const std::vector<std::string>& known) {
        return core::Complaint{.problem = "'" + word + "' is no unit of a loss",
                               .rule = "known are " + core::join_words(known),
                               .remedy = core::did_you_mean(word, known, "Name one of these")};
      }};
  return table;
}

LogBuilder::LogBuilder(const ReplayOptions& options, LogOrigin origin)
    : options_(options), origin_(origin), told_scale_(told_scale(options.unit)) {}

void LogBuilder::pass_over(const std::string& what, const std::string& name, int count) {
  constexpr std::size_t most_names = 4;
  if (count == 0) return;
  PassedOver& passed = passed_over_[what];
  passed.count += count;
  if (!name.empty() && passed.names.size() < most_names) passed.names.insert(name);
}

void LogBuilder::pass_over(const Metric& metric, const std::string& name) {
  switch (metric.kind) {
    case Metric::Kind::derived:
      return pass_over("spreads, bounds, parts or smoothed values of a loss", name);
    case Metric::Kind::perplexity:
      return pass_over("perplexities (--losses METRIC --unit perplexity takes their logarithm)",
                       name);
    case Metric::Kind::score:
      return pass_over("scores that are better when larger", name);
    case Metric::Kind::loss:
    case Metric::Kind::other:
      return;
  }
}

std::size_t LogBuilder::Names::of(const std::string& name) {
  const auto [known, is_new] = index.try_emplace(name, names.size());
  if (is_new) names.push_back(name);
  return known->second;
}

LogBuilder::Place LogBuilder::place_of(const std::string& path, int line) {
  if (files_.empty() || files_.back() != path) files_.push_back(path);
  return {static_cast<int>(files_.size()) - 1, line};
}

void LogBuilder::add_share(const std::string& run, const std::string& domain,
                           std::optional<double> share, const std::string& path, int line) {
  const Place place = place_of(path, line);
  if (run.empty() || domain.empty())
    throw bad_line(path, line, "run or domain is blank", "every row names both");
  Recipe& recipe = recipes_.try_emplace(run, Recipe{place, {}}).first->second;
  const auto [known, is_new] = recipe.share.try_emplace(domain, share);
  if (known->second != share)
    throw bad_line(path, line,
                   fmt::format("the share of '{}' in run '{}' is {} here and {} before", domain,
                               run, text_of(share), text_of(known->second)),
                   "a run has one mixture; repeats are seeds of it");
  if (share) train_.of(domain);
}

void LogBuilder::add_pool(const std::string& run, const std::string& domain, double unique_tokens,
                          const std::string& path, int line) {
  if (unique_tokens == 0.0) return;
  const Place place = place_of(path, line);
  const auto [known, is_new] = pools_[run].try_emplace(domain, Pool{unique_tokens, place});
  if (known->second.unique_tokens == unique_tokens) return;
  const std::string of_run = run.empty() ? "" : " in run '" + run + "'";
  throw bad_line(
      path, line,
      fmt::format("the pool of '{}'{} is {:.16g} tokens here", domain, of_run, unique_tokens),
      fmt::format("{:.16g} at {}:{}", known->second.unique_tokens, path_of(known->second.place),
                  known->second.place.line),
      "A run draws from one pool of each domain; give runs of several pools names of "
      "their own");
}

void LogBuilder::add_mixture_where_none(const std::vector<std::string>& train,
                                        const data::Mixture& mixture) {
  for (const Run& run : runs_) {
    if (recipes_.contains(run.name)) continue;
    for (std::size_t k = 0; k < train.size(); ++k)
      add_share(run.name, train[k], mixture[k], path_of(run.place), run.place.line);
  }
}

std::int64_t LogBuilder::volume_of(const LogCell& cell, Place place) {
  if (cell.tokens && told_by_log_ == 0.0 && cell.steps.value_or(0) > 0)
    told_by_log_ = static_cast<double>(*cell.tokens) / static_cast<double>(*cell.steps);
  const bool is_told = cell.prefers_told && cell.steps && options_.tokens_per_step > 0;
  if (cell.tokens && !is_told) return *cell.tokens;
  if (!cell.steps) {
    uses_tokens_ = true;
    if (options_.tokens > 0) return options_.tokens;
    throw core::UsageError({.place = fmt::format("{}:{}", path_of(place), place.line),
                            .problem = "the log tells neither tokens nor steps",
                            .rule = "a loss belongs to a volume",
                            .remedy =
                                "Say how long the runs were trained: --tokens 1B, or `tokens: 1B` "
                                "in the campaign's replay"});
  }
  uses_tokens_per_step_ = true;
  if (options_.tokens_per_step == 0)
    throw core::UsageError({.place = fmt::format("{}:{}", path_of(place), place.line),
                            .problem = "the log counts steps and does not tell tokens",
                            .rule = "laws are about tokens",
                            .remedy = "Say batch x sequence length: --tokens-per-step 1M, or "
                                      "`tokens_per_step: 1M` in the campaign's replay"});
  const double tokens =
      static_cast<double>(*cell.steps) * static_cast<double>(options_.tokens_per_step);
  if (tokens > most_tokens)
    throw bad_line(path_of(place), place.line,
                   fmt::format("{} steps of {} tokens", *cell.steps, options_.tokens_per_step),
                   "at most 2^53 tokens", "Check tokens_per_step");
  return *cell.steps * options_.tokens_per_step;
}

LogBuilder::Run& LogBuilder::run_of(const LogCell& cell, Place place) {
  Run*& known = runs_by_name_[cell.run][{cell.repeat, cell.parameters}];
  if (known == nullptr) {
    runs_.push_back(
        {.name = cell.run, .repeat = cell.repeat, .parameters = cell.parameters, .place = place});
    known = &runs_.back();
  }
  return *known;
}

double LogBuilder::in_our_unit(const LogCell& cell, Place place) const {
  switch (told_scale_.value_or(cell.scale)) {
    case LossScale::nats:
    case LossScale::bits_per_byte:
      return cell.loss;
    case LossScale::bits:
      return cell.loss * std::numbers::ln2;
    case LossScale::log10:
      return cell.loss * std::numbers::ln10;
    case LossScale::perplexity:
      if (cell.loss <= 1.0)
        throw bad_line(path_of(place), place.line,
                       fmt::format("the perplexity of '{}' is {}", cell.domain, cell.loss),
                       "perplexities are above 1", "Check the unit: --unit nats if it is a loss");
      return std::log(cell.loss);
  }
  return cell.loss;
}

std::size_t LogBuilder::series_of(const LogCell& cell) {
  const std::size_t set = eval_.of(cell.domain);
  const auto [known, is_new] = series_index_.try_emplace({set, cell.metric}, series_.size());
  if (is_new) {
    series_.push_back({set, cell.metric, cell.version, told_scale_.value_or(cell.scale),
                       cell.says_loss, cell.needs_domain});
  }
  return known->second;
}

void LogBuilder::add_loss(const LogCell& cell, const std::string& path, int line, Again again) {
  if (is_of_trial()) again = Again::replaces;
  const Place place = place_of(path, line);
  if (cell.run.empty() || cell.domain.empty())
    throw bad_line(path, line, "run or domain is blank", "every row names both");
  if (std::isinf(cell.loss) && !is_of_trial())
    throw bad_line(path, line,
                   fmt::format("the loss of '{}' in run '{}' is not finite", cell.domain, cell.run),
                   "a loss is a positive number; a missing one is a blank cell");
  Run& run = run_of(cell, place);
  const std::size_t series = series_of(cell);
  const double loss_nats = in_our_unit(cell, place);
  const std::int64_t tokens = volume_of(cell, place);
  if (tokens == 0) {
    ++at_zero_;
    return;
  }
  const std::int64_t steps = cell.steps.value_or(0);
  Point& point = run.points.try_emplace(tokens, Point{steps, place, {}}).first->second;
  if (again == Again::replaces) point.steps = steps;
  if (point.steps != steps)
    throw bad_line(
        path, line, fmt::format("{} steps at {} tokens", steps, tokens),
        fmt::format("{} steps at {}:{}", point.steps, path_of(point.place), point.place.line));
  if (!std::isnan(loss_nats)) run.series.insert(series);
  const auto [seen, is_new] = point.losses.try_emplace(series, Seen{loss_nats, place});
  if (is_new) return;
  Seen& before = seen->second;
  if (same_loss(before.loss_nats, loss_nats)) {
    ++repeated_;
  } else if (again == Again::replaces) {
    before = {loss_nats, place};
    ++replaced_;
  } else {
    throw bad_line(
        path, line,
        fmt::format("the loss of '{}' in run '{}' at {} tokens is {} here", cell.domain, cell.run,
                    tokens, loss_nats),
        fmt::format("{} at {}:{}", before.loss_nats, path_of(before.place), before.place.line),
        "Keep one of the two lines");
  }
}

void LogBuilder::add_metric(LogCell cell, const Metric& metric, const std::string& text,
                            const CellPlace& place, Again again) {
  if (cell.domain.empty()) cell.domain = metric.set;
  cell.scale = metric.scale;
  if (cell.metric.empty()) cell.metric = place.column;
  cell.version = metric.version;
  cell.says_loss = metric.says_loss;
  cell.needs_domain = metric.needs_domain;
  if (metric.kind == Metric::Kind::perplexity) {
    cell.loss = core::parse_number(core::trimmed(text))
                    .value_or(0.0);  // a witness that is none says nothing
    add_perplexity(cell, place.path, place.line);
  } else if (metric.kind == Metric::Kind::loss) {
    cell.loss = read_loss(text, place);
    add_loss(cell, place.path, place.line, again);
  }
}

void LogBuilder::add_perplexity(const LogCell& cell, const std::string& path, int line) {
  constexpr std::size_t enough = 1000;
  if (told_scale_ || !(cell.loss > 1.0) || witnesses_.size() >= enough) return;
  witnesses_.push_back({cell.run, cell.domain, volume_of(cell, place_of(path, line)), cell.loss});
}

void LogBuilder::found_no_loss(const std::string& path, const std::string& rule) {
  pass_over("files without an evaluation loss");
  if (!no_loss_)
    no_loss_ = core::DataError({.place = path,
                                .problem = "no metric is an evaluation loss",
                                .rule = rule,
                                .remedy = metrics_remedy});
}

}  // namespace bimix::replay
