// What is made of all cells and shares: LogBuilder::build.
#include "csv.hpp"
#include "log_builder.hpp"
#include "plausible.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/set_names.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace bimix::replay {
namespace {

/// "3 rows", "1 row".
std::string count_of(int count, const char* singular, const char* plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

/// At most four of the names, in quotes.
std::string some_of(const std::set<std::string>& names) {
  constexpr std::size_t most = 4;
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back("'" + name + "'");
  return core::join_some(quoted, most);
}

std::string size_text(double parameters) {
  return parameters == 0.0 ? "not said" : core::format_count(std::llround(parameters));
}

/// The training domain of this name, letter case aside; exact names first, -1 if none or two.
int namesake(const std::string& name, const std::vector<std::string>& train) {
  const auto exact = std::find(train.begin(), train.end(), name);
  if (exact != train.end()) return static_cast<int>(exact - train.begin());
  const auto alike = [&](const std::string& other) {
    return core::lower_case(other) == core::lower_case(name);
  };
  if (std::count_if(train.begin(), train.end(), alike) != 1) return -1;
  return static_cast<int>(std::find_if(train.begin(), train.end(), alike) - train.begin());
}

/// The training domain that a set follows: the one of its name, or of what its name says besides
/// that it is a loss (`web_bpb` follows web); -1 if there is none.
int tied_domain(const std::string& set, const std::vector<std::string>& train) {
  const int own = namesake(set, train);
  return own >= 0 ? own : namesake(metric_of("eval/" + set + "/loss").set, train);
}

data::LossUnit unit_of(LossScale scale) {
  return scale == LossScale::bits_per_byte ? data::LossUnit::bits_per_byte : data::LossUnit::nats;
}

}  // namespace

/// What `build` finds on its way.
struct LogBuilder::Counts {
  int merged = 0, absent_points = 0, blank = 0, other_size = 0;
  std::vector<std::string> sizes{};
  std::set<std::string> used{}, normalised{};                         ///< runs by name
  std::set<std::string> other_versions{}, doubtful{};                 ///< metrics that are not read
  std::map<const Run*, std::map<std::size_t, std::size_t>> series{};  ///< read, by evaluation set
  std::map<std::size_t, data::LossUnit> unit{};                       ///< by evaluation set
  bool unit_is_assumed = false;                                       ///< no name says it
};

/// Runs of one name and several model sizes are of one mixture; their names get the size.
std::string LogBuilder::shown_name(const Run& run) const {
  const auto& namesakes = runs_by_name_.at(run.name);
  const bool has_other_sizes =
      std::any_of(namesakes.begin(), namesakes.end(),
                  [&](const auto& namesake) { return namesake.first.second != run.parameters; });
  if (options_.parameters > 0 || !has_other_sizes) return run.name;
  std::string name = run.name + "@" + size_text(run.parameters);
  if (runs_by_name_.contains(name))
    throw bad_line(path_of(run.place), run.place.line,
                   fmt::format("run '{}' of {} parameters would be called '{}'", run.name,
                               size_text(run.parameters), name),
                   "another run has that name", "Rename one of the two");
  return name;
}

std::vector<const LogBuilder::Run*> LogBuilder::runs_of_wanted_size(Counts& counts) const {
  std::map<double, int> sizes;
  for (const Run& run : runs_) ++sizes[run.parameters];
  std::vector<const Run*> kept;
  const auto wanted = static_cast<double>(options_.parameters);
  for (const Run& run : runs_)
    if (options_.parameters == 0 || run.parameters == wanted) kept.push_back(&run);
  counts.other_size = static_cast<int>(runs_.size() - kept.size());
  std::vector<std::string> found;
  for (const auto& [size, count] : sizes)
    found.push_back(fmt::format("{} ({} {})", size_text(size), count, count == 1 ? "run" : "runs"));
  if (kept.empty())
    throw core::UsageError({.place = "replay.parameters",
                            .problem = "no run has " + core::format_count(options_.parameters),
                            .rule = "there are " + core::join_words(found),
                            .remedy =
                                "Name one of these: --parameters N, or `parameters: N` in the "
                                "campaign"});
  if (options_.parameters > 0 || sizes.size() == 1) return kept;
  if (sizes.contains(0.0))
    throw core::UsageError({.place = "replay.parameters",
                            .problem = "the logs tell the model size of some runs only",
                            .rule = "sizes are compared; here are " + core::join_words(found),
                            .remedy = "Add the others, or keep one size: --parameters N, or "
                                      "`parameters: N` in the campaign"});
  counts.sizes = found;
  return kept;
}

/// Whether a metric is the loss of a set: its name says so, or a training domain has its name.
bool LogBuilder::is_certain(std::size_t series) const {
  const Series& metric = series_[series];
  return !metric.needs_domain || tied_domain(eval_.names[metric.set], train_.names) >= 0;
}

/// Of several metrics of one set the one of the lowest version, by evaluation set.
std::map<std::size_t, std::size_t> LogBuilder::series_read(const Run& run, Counts& counts) const {
  std::map<std::size_t, std::size_t> read;
  for (const std::size_t series : run.series) {
    if (!is_certain(series)) {
      counts.doubtful.insert(series_[series].metric);
      continue;
    }
    const auto [known, is_new] = read.try_emplace(series_[series].set, series);
    if (is_new) continue;
    const Series &a = series_[known->second], &b = series_[series];
    if (a.version == b.version)
      throw bad_line(path_of(run.place), run.place.line,
                     fmt::format("'{}' and '{}' are both losses of '{}' in run '{}'", a.metric,
                                 b.metric, eval_.names[a.set], run.name),
                     "a set has one loss",
                     fmt::format("Say which to read: --losses '{}={}', or `losses:` in the "
                                 "campaign's replay; list all that are to be read",
                                 eval_.names[a.set], a.metric));
    counts.other_versions.insert(a.version < b.version ? b.metric : a.metric);
    if (b.version < a.version) known->second = series;
  }
  return read;
}

/// `web/masked_loss` beside `web/loss`, where web is a training domain.
bool LogBuilder::is_version_of_another(std::size_t set, const std::set<std::size_t>& sets) const {
  const std::string& name = eval_.names[set];
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos || tied_domain(name, train_.names) >= 0) return false;
  const auto before = eval_.index.find(name.substr(0, slash));
  return before != eval_.index.end() && sets.contains(before->second) &&
         tied_domain(before->first, train_.names) >= 0;
}

/// Takes out sets that are another version of one that has a loss. @param sets that runs have
void LogBuilder::leave_out_versions(Counts& counts, std::set<std::size_t>& sets) const {
  const std::set<std::size_t> all = sets;
  std::erase_if(sets, [&](std::size_t set) { return is_version_of_another(set, all); });
  for (auto& [run, read] : counts.series)
    std::erase_if(read, [&](const auto& entry) {
      if (sets.contains(entry.first)) return false;
      counts.other_versions.insert(series_[entry.second].metric);
      return true;
    });
}

/// The sets that some run has a loss of; fills in which metric of each is read.
std::vector<std::size_t> LogBuilder::evaluated(const std::vector<const Run*>& runs,
                                               Counts& counts) const {
  std::set<std::size_t> seen;
  for (const Run* run : runs)
    for (const auto& [set, series] : counts.series[run] = series_read(*run, counts))
      seen.insert(set);
  leave_out_versions(counts, seen);
  if (seen.empty() && !counts.doubtful.empty())
    throw core::DataError(
        {.place = files_.empty() ? "" : files_.back(),
         .problem = "no metric is certain to be a loss: " + some_of(counts.doubtful),
         .rule = "a score is better when larger, and would be minimised; a loss says "
                 "loss, bpb or the like, or has the name of a training domain",
         .remedy = metrics_remedy});
  counts.unit_is_assumed = !told_scale_;
  for (const Run* run : runs)
    for (const auto& [set, series] : counts.series.at(run)) {
      if (series_[series].says_loss) counts.unit_is_assumed = false;
      const data::LossUnit unit = unit_of(series_[series].scale);
      if (counts.unit.try_emplace(set, unit).first->second == unit) continue;
      throw bad_line(path_of(run->place), run->place.line,
                     fmt::format("run '{}' has the losses of '{}' in {}, other runs in {}",
                                 run->name, eval_.names[set], data::unit_text(unit),
                                 data::unit_text(counts.unit.at(set))),
                     "losses of one set are compared",
                     "Say which metrics to read with --losses, or import the runs apart");
    }
  return {seen.begin(), seen.end()};
}

/// Perplexities that were logged beside losses tell the base of their logarithm: fairseq's is 2.
void LogBuilder::refuse_another_base(const std::vector<const Run*>& runs,
                                     const Counts& counts) const {
  std::map<std::string, const Run*> by_name;
  for (const Run* run : runs) by_name.try_emplace(run->name, run);
  constexpr double tolerance = 0.01;
  int natural = 0, binary = 0;
  for (const Witness& witness : witnesses_) {
    const auto run = by_name.find(witness.run);
    const auto set = eval_.index.find(witness.set);
    if (run == by_name.end() || set == eval_.index.end()) continue;
    const auto point = run->second->points.find(witness.tokens);
    const auto series = counts.series.at(run->second).find(set->second);
    if (point == run->second->points.end() || series == counts.series.at(run->second).end() ||
        series_[series->second].scale != LossScale::nats)
      continue;
    const auto seen = point->second.losses.find(series->second);
    if (seen == point->second.losses.end()) continue;
    const double loss = seen->second.loss_nats;
    if (std::abs(std::log(witness.perplexity) - loss) <= tolerance * loss) ++natural;
    if (std::abs(std::log2(witness.perplexity) - loss) <= tolerance * loss) ++binary;
  }
  if (binary <= natural) return;
  throw core::UsageError(
      {.place = "losses",
       .problem = "the perplexities beside them are powers of 2: they are bits",
       .rule = fmt::format("{} perplexities are 2^loss, {} are e^loss", binary, natural),
       .remedy = "Say --unit bits, or `unit: bits` in the campaign's replay, which turns "
                 "them into nats"});
}

data::Mixture LogBuilder::mixture_of(const Run& run, Counts& counts) const {
  const auto found = recipes_.find(run.name);
  const auto refuse = [&](Place place, const std::string& problem, const std::string& rule,
                          const std::string& remedy) {
    return bad_line(path_of(place), place.line, "run '" + run.name + "': " + problem, rule, remedy);
  };
  if (found == recipes_.end()) {
    std::set<std::string> known;
    for (const auto& [name, recipe] : recipes_) known.insert(name);
    throw refuse(run.place, "its mixture is not known",
                 known.empty() ? "a law needs to know what each run was trained on"
                               : "there are mixtures of " + some_of(known),
                 known.empty() ? "Give a table of mixtures with --mixtures FILE, or `mixtures: "
                                 "FILE` in the campaign's replay; or name the domain if there is "
                                 "only one: --domains NAME"
                               : "Name the run in the table of mixtures as it is named here");
  }
  const Recipe& recipe = found->second;
  data::Mixture mixture;
  for (const std::string& name : train_.names) {
    const auto given = recipe.share.find(name);
    if (given == recipe.share.end() || !given->second)
      throw refuse(recipe.place, "no share of '" + name + "' is given",
                   "every run gives the share of every training domain",
                   "Add it; 0 where it was not trained on");
    mixture.push_back(*given->second);
  }
  counts.used.insert(run.name);
  const double sum = core::stable_sum(mixture);
  const bool is_rounded = std::abs(sum - 1.0) <= log_share_tolerance;
  if (core::is_on_simplex(mixture)) return mixture;
  if (!(sum > 0) || !(is_rounded || options_.normalise))
    throw refuse(
        recipe.place, fmt::format("its shares sum to {}", sum),
        fmt::format("they must sum to 1 within {}", log_share_tolerance),
        "Correct them, or say --normalise (`normalise: true`) to divide them by their sum");
  counts.normalised.insert(run.name);
  return core::normalised(mixture);
}

/// A name that no log has is a slip of the pen: that run would count as one whose pool nobody
/// knows.
void LogBuilder::refuse_pools_of_unknown_runs() const {
  std::vector<std::string> known;
  for (const Run& run : runs_) known.push_back(run.name);
  for (const auto& [run, pools] : pools_) {
    if (run.empty() || runs_by_name_.contains(run) || recipes_.contains(run)) continue;
    const Place place = pools.begin()->second.place;
    throw bad_line(path_of(place), place.line,
                   fmt::format("there is a pool of run '{}', which the logs do not have",
                               core::shown_text(run)),
                   "a pool is of a run of the logs, or without a run of all of them",
                   core::did_you_mean(run, known, "Remove it"));
  }
}

data::Pools LogBuilder::pools_of(const Run& run) const {
  data::Pools pools(train_.names.size(), 0.0);
  for (const std::string& of : {std::string(), run.name}) {  // what the run itself says holds
    const auto said = pools_.find(of);
    if (said == pools_.end()) continue;
    for (const auto& [domain, pool] : said->second) {
      const bool is_only = domain.empty() && pools.size() == 1;
      const auto known = train_.index.find(domain);
      if (known == train_.index.end() && !is_only)
        throw bad_line(
            path_of(pool.place), pool.place.line,
            domain.empty()
                ? "one pool is given for several domains"
                : fmt::format("there is a pool of '{}', which is no training domain", domain),
            "pools are of " + core::join_words(train_.names),
            domain.empty() ? "Call the columns unique_tokens/" + train_.names.front() + ", ..."
                           : core::did_you_mean(domain, train_.names, "Remove it"));
      pools[is_only ? 0 : known->second] = pool.unique_tokens;
    }
  }
  if (std::none_of(pools.begin(), pools.end(), data::is_known)) pools.clear();
  return pools;
}

data::LossCurve LogBuilder::curve_of(const Run& run, const LossLog& log,
                                     const std::vector<std::size_t>& evals, Counts& counts) const {
  constexpr double missing = std::numeric_limits<double>::quiet_NaN();
  data::LossCurve curve{.run = shown_name(run),
                        .repeat = run.repeat,
                        .parameters = run.parameters,
                        .mixture = mixture_of(run, counts),
                        .unique_tokens = pools_of(run)};
  std::optional<std::size_t> last_volume;
  for (const auto& [volume, cells] : run.points) {
    data::LossPoint point{.tokens = volume, .steps = cells.steps};
    for (const std::size_t set : evals) {
      const auto series = counts.series.at(&run).find(set);
      const bool is_read = series != counts.series.at(&run).end();
      const auto seen = is_read ? cells.losses.find(series->second) : cells.losses.end();
      point.loss_nats.push_back(seen == cells.losses.end() ? missing : seen->second.loss_nats);
    }
    const auto at = data::find_volume(log.volumes, volume);
    if (at == last_volume) {
      curve.points.pop_back();
      ++counts.merged;
    }
    last_volume = at;
    curve.points.push_back(std::move(point));
  }
  for (const data::LossPoint& point : curve.points)
    for (std::size_t e = 0; e < evals.size(); ++e)
      if (std::isnan(point.loss_nats[e]) && !data::is_average_name(eval_.names[evals[e]]))
        ++counts.blank;
  counts.absent_points += static_cast<int>(log.volumes.size() - curve.points.size());
  return curve;
}

void LogBuilder::add_notes(const Counts& counts, LossLog& log) const {
  const auto note = [&](int count, const char* singular, const char* plural,
                        const std::string& what) {
    if (count > 0) log.notes.push_back(count_of(count, singular, plural) + " " + what);
  };
  note(counts.other_size, "run", "runs", "of another model size left out");
  if (!counts.sizes.empty())
    log.notes.push_back(
        fmt::format("{} model sizes: {}", counts.sizes.size(), core::join_words(counts.sizes)));
  note(repeated_, "repeated loss", "repeated losses", "dropped (identical)");
  if (replaced_ > 0)
    log.repairs.push_back(count_of(replaced_, "loss", "losses") +
                          " replaced by what a resumed run logged later");
  log.notes.insert(log.notes.end(), log.repairs.begin(), log.repairs.end());
  note(at_zero_, "loss", "losses", "at 0 tokens dropped (a power law has no value there)");
  note(counts.merged, "point", "points",
       fmt::format("dropped for a later one within {} % of its volume",
                   100 * data::volume_tolerance));
  note(static_cast<int>(counts.normalised.size()), "mixture", "mixtures",
       "divided by the sum of its shares");
  note(static_cast<int>(recipes_.size() - counts.used.size()), "mixture", "mixtures",
       "left out: no run with losses has it");
  note(counts.absent_points, "(run, volume) cell", "(run, volume) cells", "missing from the log");
  note(counts.blank, "loss", "losses", "missing at volumes that were logged");
  std::vector<std::string> unseen;
  for (std::size_t k = 0; k < log.domains.train.size(); ++k)
    if (std::find(log.domains.share_of.begin(), log.domains.share_of.end(), static_cast<int>(k)) ==
        log.domains.share_of.end())
      unseen.push_back("'" + log.domains.train[k] + "'");
  if (!unseen.empty())
    log.notes.push_back("no evaluation set has the name of training " +
                        std::string(unseen.size() == 1 ? "domain " : "domains ") +
                        core::join_words(unseen));
  for (const auto& [what, passed] : passed_over_) {
    log.notes.push_back(
        fmt::format("{} passed over: {}{}", passed.count, what,
                    passed.names.empty() ? "" : " (" + some_of(passed.names) + ")"));
    log.repairs.push_back(log.notes.back());
  }
  if (!counts.doubtful.empty())
    log.notes.push_back("metrics that may be no losses passed over: " + some_of(counts.doubtful) +
                        " (--losses METRIC reads one)");
  if (counts.unit_is_assumed)
    log.notes.push_back(
        "losses are taken as they stand, as nats: no name says what they are (--unit bits/byte "
        "where they are that)");
  if (!counts.other_versions.empty())
    log.notes.push_back("other versions of losses that are read passed over: " +
                        some_of(counts.other_versions));
  log.notes.insert(log.notes.end(), remarks_.begin(), remarks_.end());
  if (options_.tokens_per_step > 0 && !uses_tokens_per_step_)
    log.notes.push_back("tokens_per_step is not used: the logs tell their volumes" +
                        (told_by_log_ > 0 ? fmt::format(" ({} tokens a step)",
                                                        core::format_count_about(told_by_log_, 4))
                                          : std::string()));
  const auto told = static_cast<double>(options_.tokens_per_step);
  if (uses_tokens_per_step_ && told_by_log_ > 0 && std::abs(told - told_by_log_) > 0.01 * told)
    log.notes.push_back(fmt::format(
        "volumes are steps of {} tokens, as --tokens-per-step says; the logs tell {} tokens a step",
        core::format_count(options_.tokens_per_step), core::format_count_about(told_by_log_, 5)));
  if (options_.tokens > 0 && !uses_tokens_)
    log.notes.push_back("tokens is not used: the logs tell their volumes");
}

LossLog LogBuilder::build() const {
  LossLog log;
  const std::string first_file = files_.empty() ? "" : files_.front();
  if (runs_.empty() && no_loss_) throw core::DataError(*no_loss_);
  if (train_.names.empty())
    throw core::DataError({.place = first_file,
                           .problem = "no domain has a share",
                           .rule = "a law needs to know what each run was trained on",
                           .remedy =
                               "Fill in the shares, or give a table of mixtures with --mixtures "
                               "FILE (`mixtures: FILE` in the campaign's replay); if all of "
                               "them trained on one domain, name it: --domains NAME"});
  if (runs_.empty())
    throw core::DataError({.place = first_file,
                           .problem = "there are mixtures and no losses",
                           .rule = "some logs are pairs of files",
                           .remedy = "Name the file of losses too"});
  Counts counts;
  refuse_pools_of_unknown_runs();
  const std::vector<const Run*> runs = runs_of_wanted_size(counts);
  const std::vector<std::size_t> evals = evaluated(runs, counts);
  refuse_another_base(runs, counts);
  std::vector<std::int64_t> tokens;
  for (const Run* run : runs)
    for (const auto& [volume, point] : run->points) tokens.push_back(volume);
  if (tokens.empty() || evals.empty())
    throw core::DataError({.place = first_file,
                           .problem = "no loss stands at a positive number of tokens",
                           .rule = "",
                           .remedy = "Name a log of training that went on for a while"});
  log.volumes = data::merged_volumes(std::move(tokens));
  log.domains.train = train_.names;
  for (const std::size_t domain : evals) {
    log.domains.eval.push_back(eval_.names[domain]);
    const bool has_one_domain = train_.names.size() == 1;
    log.domains.share_of.push_back(has_one_domain ? 0
                                                  : tied_domain(eval_.names[domain], train_.names));
    log.units.push_back(counts.unit.at(domain));
  }
  for (const Run* run : runs) log.runs.push_back(curve_of(*run, log, evals, counts));
  add_notes(counts, log);
  for (std::string& doubt : implausible(log)) log.notes.push_back(std::move(doubt));
  return log;
}

}  // namespace bimix::replay
