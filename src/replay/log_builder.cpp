#include "log_builder.hpp"

#include "csv.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace bimix {
namespace {

/// Where doubles stop counting.
constexpr double most_tokens = 0x1p53;

std::string text_of(const std::optional<double>& share) {
  return share ? fmt::format("{}", *share) : std::string("blank");
}

bool same_loss(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// "3 rows", "1 row".
std::string count_of(int count, const char* singular, const char* plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::string size_text(double parameters) {
  return parameters == 0.0 ? "not said" : format_count(std::llround(parameters));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  return text;
}

/// The training domain of this name, letter case aside; exact names first, -1 if none or two.
int namesake(const std::string& name, const std::vector<std::string>& train) {
  const auto exact = std::find(train.begin(), train.end(), name);
  if (exact != train.end()) return static_cast<int>(exact - train.begin());
  const auto alike = [&](const std::string& other) { return lower(other) == lower(name); };
  if (std::count_if(train.begin(), train.end(), alike) != 1) return -1;
  return static_cast<int>(std::find_if(train.begin(), train.end(), alike) - train.begin());
}

}  // namespace

/// What `build` finds on its way.
struct LogBuilder::Counts {
  int merged = 0, absent_points = 0, blank = 0, other_size = 0;
  std::vector<std::string> sizes{};
  std::set<std::string> used{}, normalised{};  ///< runs by name
};

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

std::int64_t LogBuilder::volume_of(const LogCell& cell, Place place) {
  if (cell.tokens) return *cell.tokens;
  if (!cell.steps) {
    uses_tokens_ = true;
    if (options_.tokens > 0) return options_.tokens;
    throw UsageError({.place = fmt::format("{}:{}", path_of(place), place.line),
                      .problem = "the log tells neither tokens nor steps",
                      .rule = "a loss belongs to a volume",
                      .remedy = "Say how long the runs were trained: --tokens 1B, or `tokens: 1B` "
                                "in the campaign's replay"});
  }
  uses_tokens_per_step_ = true;
  if (options_.tokens_per_step == 0)
    throw UsageError({.place = fmt::format("{}:{}", path_of(place), place.line),
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

void LogBuilder::add_loss(const LogCell& cell, const std::string& path, int line, Again again) {
  const Place place = place_of(path, line);
  if (cell.run.empty() || cell.domain.empty())
    throw bad_line(path, line, "run or domain is blank", "every row names both");
  Run& run = run_of(cell, place);
  const std::size_t domain = eval_.of(cell.domain);
  const std::int64_t tokens = volume_of(cell, place);
  if (tokens == 0) {
    ++at_zero_;
    return;
  }
  const std::int64_t steps = cell.steps.value_or(0);
  Point& point = run.points.try_emplace(tokens, Point{steps, place, {}}).first->second;
  if (point.steps != steps)
    throw bad_line(
        path, line, fmt::format("{} steps at {} tokens", steps, tokens),
        fmt::format("{} steps at {}:{}", point.steps, path_of(point.place), point.place.line));
  const auto [seen, is_new] = point.losses.try_emplace(domain, Seen{cell.loss_nats, place});
  if (is_new) return;
  Seen& before = seen->second;
  if (same_loss(before.loss_nats, cell.loss_nats)) {
    ++repeated_;
  } else if (again == Again::replaces) {
    before = {cell.loss_nats, place};
    ++replaced_;
  } else {
    throw bad_line(
        path, line,
        fmt::format("the loss of '{}' in run '{}' at {} tokens is {} here", cell.domain, cell.run,
                    tokens, cell.loss_nats),
        fmt::format("{} at {}:{}", before.loss_nats, path_of(before.place), before.place.line),
        "Keep one of the two lines");
  }
}

void LogBuilder::claim(const std::string& run, const std::string& owner, const std::string& path) {
  const auto known = owner_.try_emplace(run, owner).first;
  if (known->second == owner) return;
  throw DataError({.place = path,
                   .problem = fmt::format("a run called '{}' is also in {}", run, known->second),
                   .rule = "these logs name no runs, so their folders or files do",
                   .remedy = "Rename one of the two"});
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
    throw UsageError({.place = "replay.parameters",
                      .problem = "no run has " + format_count(options_.parameters),
                      .rule = "there are " + join_words(found),
                      .remedy = "Name one of these: --parameters N, or `parameters: N` in the "
                                "campaign"});
  if (options_.parameters > 0 || sizes.size() == 1) return kept;
  if (sizes.contains(0.0))
    throw UsageError({.place = "replay.parameters",
                      .problem = "the logs tell the model size of some runs only",
                      .rule = "sizes are compared; here are " + join_words(found),
                      .remedy = "Add the others, or keep one size: --parameters N, or "
                                "`parameters: N` in the campaign"});
  counts.sizes = found;
  return kept;
}

std::vector<std::size_t> LogBuilder::evaluated(const std::vector<const Run*>& runs) const {
  std::set<std::size_t> seen;
  for (const Run* run : runs)
    for (const auto& [tokens, point] : run->points)
      for (const auto& [domain, loss] : point.losses)
        if (!std::isnan(loss.loss_nats)) seen.insert(domain);
  return {seen.begin(), seen.end()};
}

Mixture LogBuilder::mixture_of(const Run& run, Counts& counts) const {
  const auto found = recipes_.find(run.name);
  const auto refuse = [&](Place place, const std::string& problem, const std::string& rule,
                          const std::string& remedy) {
    return bad_line(path_of(place), place.line, "run '" + run.name + "': " + problem, rule, remedy);
  };
  if (found == recipes_.end())
    throw refuse(run.place, "its mixture is not known",
                 "a law needs to know what each run was trained on",
                 "Give a table of mixtures with --mixtures FILE, or `mixtures: FILE` in the "
                 "campaign's replay");
  const Recipe& recipe = found->second;
  Mixture mixture;
  for (const std::string& name : train_.names) {
    const auto given = recipe.share.find(name);
    if (given == recipe.share.end() || !given->second)
      throw refuse(recipe.place, "no share of '" + name + "' is given",
                   "every run gives the share of every training domain",
                   "Add it; 0 where it was not trained on");
    mixture.push_back(*given->second);
  }
  counts.used.insert(run.name);
  const double sum = stable_sum(mixture);
  const bool is_rounded = std::abs(sum - 1.0) <= log_share_tolerance;
  if (is_on_simplex(mixture)) return mixture;
  if (!(sum > 0) || !(is_rounded || options_.normalise))
    throw refuse(
        recipe.place, fmt::format("its shares sum to {}", sum),
        fmt::format("they must sum to 1 within {}", log_share_tolerance),
        "Correct them, or say --normalise (`normalise: true`) to divide them by their sum");
  counts.normalised.insert(run.name);
  return normalised(mixture);
}

LossCurve LogBuilder::curve_of(const Run& run, const LossLog& log,
                               const std::vector<std::size_t>& evals, Counts& counts) const {
  constexpr double missing = std::numeric_limits<double>::quiet_NaN();
  LossCurve curve{.run = shown_name(run),
                  .repeat = run.repeat,
                  .parameters = run.parameters,
                  .mixture = mixture_of(run, counts)};
  std::optional<std::size_t> last_volume;
  for (const auto& [volume, cells] : run.points) {
    LossPoint point{.tokens = volume, .steps = cells.steps};
    for (const std::size_t domain : evals) {
      const auto seen = cells.losses.find(domain);
      point.loss_nats.push_back(seen == cells.losses.end() ? missing : seen->second.loss_nats);
    }
    const auto at = find_volume(log.volumes, volume);
    if (at == last_volume) {
      curve.points.pop_back();
      ++counts.merged;
    }
    last_volume = at;
    curve.points.push_back(std::move(point));
  }
  for (const LossPoint& point : curve.points)
    counts.blank += static_cast<int>(std::count_if(point.loss_nats.begin(), point.loss_nats.end(),
                                                   [](double loss) { return std::isnan(loss); }));
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
        fmt::format("{} model sizes: {}", counts.sizes.size(), join_words(counts.sizes)));
  note(repeated_, "repeated loss", "repeated losses", "dropped (identical)");
  note(replaced_, "loss", "losses", "replaced by what a resumed run logged later");
  note(at_zero_, "loss", "losses", "at 0 tokens dropped (a power law has no value there)");
  note(counts.merged, "point", "points",
       fmt::format("dropped for a later one within {} % of its volume", 100 * volume_tolerance));
  note(static_cast<int>(counts.normalised.size()), "mixture", "mixtures",
       "divided by the sum of its shares");
  note(static_cast<int>(recipes_.size() - counts.used.size()), "mixture", "mixtures",
       "left out: no run with losses has it");
  note(counts.absent_points, "(run, volume) cell", "(run, volume) cells", "missing from the log");
  note(counts.blank, "loss", "losses", "missing at volumes that were logged");
  std::vector<std::string> unseen;
  for (std::size_t k = 0; k < log.domains.train.size(); ++k)
    if (namesake(log.domains.train[k], log.domains.eval) < 0)
      unseen.push_back("'" + log.domains.train[k] + "'");
  if (!unseen.empty())
    log.notes.push_back("no evaluation set has the name of training " +
                        std::string(unseen.size() == 1 ? "domain " : "domains ") +
                        join_words(unseen));
  for (const auto& [what, count] : passed_over_)
    log.notes.push_back(fmt::format("{} passed over: {}", count, what));
  for (const auto& [what, ignored] : remarks_) log.notes.push_back(what);
  if (options_.tokens_per_step > 0 && !uses_tokens_per_step_)
    log.notes.push_back("tokens_per_step is not used: the logs tell their volumes");
  if (options_.tokens > 0 && !uses_tokens_)
    log.notes.push_back("tokens is not used: the logs tell their volumes");
}

LossLog LogBuilder::build() const {
  LossLog log;
  const std::string first_file = files_.empty() ? "" : files_.front();
  if (train_.names.empty())
    throw DataError({.place = first_file,
                     .problem = "no domain has a share",
                     .rule = "a law needs to know what each run was trained on",
                     .remedy = "Fill in the shares, or give a table of mixtures with --mixtures "
                               "FILE (`mixtures: FILE` in the campaign's replay)"});
  if (runs_.empty())
    throw DataError({.place = first_file,
                     .problem = "there are mixtures and no losses",
                     .rule = "some logs are pairs of files",
                     .remedy = "Name the file of losses too"});
  Counts counts;
  const std::vector<const Run*> runs = runs_of_wanted_size(counts);
  const std::vector<std::size_t> evals = evaluated(runs);
  std::vector<std::int64_t> tokens;
  for (const Run* run : runs)
    for (const auto& [volume, point] : run->points) tokens.push_back(volume);
  if (tokens.empty() || evals.empty())
    throw DataError({.place = first_file,
                     .problem = "no loss stands at a positive number of tokens",
                     .rule = "",
                     .remedy = "Name a log of training that went on for a while"});
  log.volumes = merged_volumes(std::move(tokens));
  log.domains.train = train_.names;
  for (const std::size_t domain : evals) {
    log.domains.eval.push_back(eval_.names[domain]);
    log.domains.share_of.push_back(namesake(eval_.names[domain], train_.names));
  }
  for (const Run* run : runs) log.runs.push_back(curve_of(*run, log, evals, counts));
  add_notes(counts, log);
  return log;
}

}  // namespace bimix
