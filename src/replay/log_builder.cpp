#include "log_builder.hpp"

#include "csv.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bimix {
namespace {

std::string text_of(const std::optional<double>& share) {
  return share ? fmt::format("{}", *share) : std::string("blank");
}

bool same_loss(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// "3 rows", "1 row".
std::string count_of(int count, const char* singular, const char* plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

}  // namespace

std::size_t LogBuilder::domain_index(const std::string& name) {
  const auto [known, is_new] = domain_by_name_.try_emplace(name, domains_.size());
  if (is_new) domains_.push_back(name);
  return known->second;
}

LogBuilder::Run& LogBuilder::run_of(const LogCell& cell, Place place) {
  Run*& known = run_by_name_[{cell.run, cell.repeat}];
  if (known == nullptr) {
    runs_.push_back(
        {.name = cell.run, .repeat = cell.repeat, .parameters = cell.parameters, .place = place});
    known = &runs_.back();
  }
  if (known->parameters != cell.parameters)
    throw bad_line(
        path_of(place), place.line,
        fmt::format("run '{}' has {} parameters here", cell.run, cell.parameters),
        fmt::format("{} at {}:{}", known->parameters, path_of(known->place), known->place.line));
  return *known;
}

void LogBuilder::add(const LogCell& cell, const std::string& path, int line) {
  if (files_.empty() || files_.back() != path) files_.push_back(path);
  const Place place{static_cast<int>(files_.size()) - 1, line};
  if (cell.run.empty() || cell.domain.empty())
    throw bad_line(path, line, "run or domain is blank", "every row names both");
  Run& run = run_of(cell, place);
  const std::size_t domain = domain_index(cell.domain);
  const auto [share, is_new_share] = run.share.try_emplace(domain, cell.share);
  if (share->second != cell.share)
    throw bad_line(path, line,
                   fmt::format("the share of '{}' in run '{}' is {} here and {} before",
                               cell.domain, cell.run, text_of(cell.share), text_of(share->second)),
                   "a run has one mixture");
  if (cell.tokens == 0) {
    ++at_zero_;
    return;
  }
  Point& point = run.points.try_emplace(cell.tokens, Point{cell.steps, place, {}}).first->second;
  if (point.steps != cell.steps)
    throw bad_line(
        path, line, fmt::format("{} steps at {} tokens", cell.steps, cell.tokens),
        fmt::format("{} steps at {}:{}", point.steps, path_of(point.place), point.place.line));
  const auto [seen, is_new] = point.losses.try_emplace(domain, Seen{cell.loss_nats, place});
  if (is_new) return;
  const Seen& before = seen->second;
  if (!same_loss(before.loss_nats, cell.loss_nats))
    throw bad_line(
        path, line,
        fmt::format("the loss of '{}' in run '{}' at {} tokens is {} here", cell.domain, cell.run,
                    cell.tokens, cell.loss_nats),
        fmt::format("{} at {}:{}", before.loss_nats, path_of(before.place), before.place.line),
        "Keep one of the two lines");
  ++repeated_;
}

DomainSet LogBuilder::domain_set() const {
  std::vector<bool> is_trained(domains_.size(), false);
  for (const Run& run : runs_)
    for (const auto& [domain, share] : run.share)
      if (share) is_trained[domain] = true;
  DomainSet set;
  for (std::size_t d = 0; d < domains_.size(); ++d) {
    set.eval.push_back(domains_[d]);
    set.share_of.push_back(is_trained[d] ? static_cast<int>(set.train.size()) : -1);
    if (is_trained[d]) set.train.push_back(domains_[d]);
  }
  return set;
}

Mixture LogBuilder::mixture_of(const Run& run, const DomainSet& domains, bool normalise,
                               int& normalised_runs) const {
  const auto refuse = [&](const std::string& problem, const std::string& rule,
                          const std::string& remedy) {
    return bad_line(path_of(run.place), run.place.line, "run '" + run.name + "': " + problem, rule,
                    remedy);
  };
  Mixture mixture;
  for (const std::string& name : domains.train) {
    const auto given = run.share.find(domain_by_name_.at(name));
    if (given == run.share.end() || !given->second)
      throw refuse("no share of '" + name + "' is given",
                   "every run gives the share of every training domain",
                   "Add a row for it; its loss may be blank");
    mixture.push_back(*given->second);
  }
  const double sum = stable_sum(mixture);
  const bool is_rounded = std::abs(sum - 1.0) <= log_share_tolerance;
  if (is_on_simplex(mixture)) return mixture;
  if (!(sum > 0) || !(is_rounded || normalise))
    throw refuse(fmt::format("its shares sum to {}", sum),
                 fmt::format("they must sum to 1 within {}", log_share_tolerance),
                 "Correct them, or set `normalise: true` if they are weights");
  ++normalised_runs;
  return normalised(mixture);
}

LossLog LogBuilder::build(bool normalise) const {
  LossLog log;
  log.domains = domain_set();
  if (log.domains.train.empty())
    throw DataError({.place = files_.empty() ? "" : files_.front(),
                     .problem = "no domain has a share",
                     .rule = "a law needs to know what each run was trained on",
                     .remedy = "Fill in the shares"});
  std::vector<std::int64_t> tokens;
  for (const Run& run : runs_)
    for (const auto& [volume, point] : run.points) tokens.push_back(volume);
  if (tokens.empty())
    throw DataError({.place = files_.front(),
                     .problem = "no loss stands at a positive number of tokens",
                     .rule = "",
                     .remedy = "Name a log of training that went on for a while"});
  log.volumes = merged_volumes(std::move(tokens));

  const std::size_t E = domains_.size();
  int merged = 0, absent_points = 0, blank = 0, normalised_runs = 0;
  for (const Run& run : runs_) {
    LossCurve curve{.run = run.name,
                    .repeat = run.repeat,
                    .parameters = run.parameters,
                    .mixture = mixture_of(run, log.domains, normalise, normalised_runs)};
    std::optional<std::size_t> last_volume;
    for (const auto& [volume, cells] : run.points) {
      LossPoint point{
          .tokens = volume,
          .steps = cells.steps,
          .loss_nats = std::vector<double>(E, std::numeric_limits<double>::quiet_NaN())};
      for (const auto& [domain, seen] : cells.losses) point.loss_nats[domain] = seen.loss_nats;
      const auto at = find_volume(log.volumes, volume);
      if (at == last_volume) {
        curve.points.pop_back();
        ++merged;
      }
      last_volume = at;
      curve.points.push_back(std::move(point));
    }
    for (const LossPoint& point : curve.points)
      blank += static_cast<int>(std::count_if(point.loss_nats.begin(), point.loss_nats.end(),
                                              [](double loss) { return std::isnan(loss); }));
    absent_points += static_cast<int>(log.volumes.size() - curve.points.size());
    log.runs.push_back(std::move(curve));
  }

  const auto note = [&](int count, const char* singular, const char* plural,
                        const std::string& what) {
    if (count > 0) log.notes.push_back(count_of(count, singular, plural) + " " + what);
  };
  note(repeated_, "repeated loss", "repeated losses", "dropped (identical)");
  note(at_zero_, "loss", "losses", "at 0 tokens dropped (a power law has no value there)");
  note(merged, "point", "points",
       fmt::format("dropped for a later one within {} % of its volume", 100 * volume_tolerance));
  note(normalised_runs, "mixture", "mixtures", "divided by the sum of its shares");
  note(absent_points, "(run, volume) cell", "(run, volume) cells", "missing from the log");
  note(blank, "loss", "losses", "missing at volumes that were logged");
  return log;
}

}  // namespace bimix
