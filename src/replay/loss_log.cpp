#include "csv.hpp"
#include "log_format.hpp"
#include "near_miss.hpp"
#include "pool_table.hpp"
#include "share_table.hpp"
#include "table_file.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/glob.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/set_names.hpp>
#include <bimix/replay/loss_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <unordered_set>

namespace bimix::replay {
namespace {

constexpr std::array formats{
#define BIMIX_LOG_FORMAT(name, runs_are, prefix) \
  LogFormat{name, RunsAre::runs_are, prefix::recognises, prefix::read},
#include "formats.def"
#undef BIMIX_LOG_FORMAT
};

/// The files of all patterns, each once.
std::vector<std::string> log_files(const ReplayOptions& options) {
  std::vector<std::string> files;
  std::unordered_set<std::string> known;
  for (const std::string& name : options.files) {
    std::vector<std::string> found = files_named(name, options.base);
    if (found.empty())
      throw core::DataError(
          {.place = (options.base / name).string(),
           .problem = "no file has this name or pattern",
           .rule = "",
           .remedy = "Check the name; relative ones start at " +
                     (options.base.empty() ? "the working folder" : options.base.string())});
    for (std::string& file : found)
      if (known.insert(file).second) files.push_back(std::move(file));
  }
  if (files.empty())
    throw core::UsageError({.place = "replay.files",
                            .problem = "names no file",
                            .rule = "",
                            .remedy = "Name at least one log"});
  return files;
}

const LogFormat* format_named(const std::string& name) {
  if (name == "auto") return nullptr;
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const LogFormat& format) { return name == format.name; });
  if (found != formats.end()) return &*found;
  std::vector<std::string> names = log_formats();
  names.insert(names.begin(), "auto");
  throw core::UsageError({.place = "replay.format",
                          .problem = "'" + name + "' is no known format",
                          .rule = "known are " + core::join_words(names),
                          .remedy = core::did_you_mean(name, names)});
}

const LogFormat& format_of(const LogFile& file, const ReplayOptions& options) {
  std::vector<std::string> candidates;
  const LogFormat* known = nullptr;
  for (const LogFormat& format : formats)
    if (format.recognises(file, options)) {
      candidates.emplace_back(format.name);
      known = &format;
    }
  if (candidates.size() == 1) return *known;
  if (candidates.empty()) throw no_format_fits(file, options, log_formats());
  throw core::DataError(
      {.place = file.path,
       .problem = "the content could be " + core::join_words(candidates),
       .rule = "a guess would be silent",
       .remedy = "Say which with --format, or `format:` in the campaign's replay"});
}

/// A pattern for the files of a folder that are called like the first one: `logs/**/*.csv`.
std::string pattern_in(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored))
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  if (files.empty()) return "";
  const fs::path first = *std::min_element(files.begin(), files.end());
  const bool is_deep = first.parent_path() != folder;
  return (folder / (is_deep ? "**" : "") / ("*" + first.extension().string())).string();
}

void refuse_folder(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return;
  const std::string pattern = pattern_in(path);
  throw core::DataError(
      {.place = path,
       .problem = "is a folder",
       .rule = "files are asked for; patterns may name many",
       .remedy = pattern.empty() ? "Name a file" : "Name its files: '" + pattern + "'"});
}

/// Without the sequences that colour a terminal.
std::string without_colours(std::string bytes) {
  constexpr std::string_view start = "\x1b[";
  if (bytes.find(start) == std::string::npos) return bytes;
  std::string plain;
  std::size_t at = 0;
  for (std::size_t next; (next = bytes.find(start, at)) != std::string::npos;) {
    plain += bytes.substr(at, next - at);
    at = bytes.find_first_not_of("0123456789:;<=>?", next + start.size());
    at = at == std::string::npos ? bytes.size() : at + 1;  // the letter that ends it
  }
  return plain + bytes.substr(at);
}

LogFile log_file(const std::string& path, const LogBuilder& builder) {
  refuse_folder(path);
  LogFile file{.path = path, .bytes = core::read_file(path)};
  // However a trainer calls its run, only its numbers are asked for. Event files are no text.
  if (builder.is_of_trial() && file.bytes.find('\0') == std::string::npos)
    file.bytes = data::as_text(file.bytes);
  if (file.bytes.empty())
    throw core::DataError(
        {.place = path, .problem = "the file is empty", .rule = "", .remedy = "Name another file"});
  refuse_binary(file);
  if (file.bytes.find('\0') == std::string::npos)
    file.bytes = without_colours(std::move(file.bytes));
  file.header = header_of(file.bytes);
  return file;
}

/// Fills in the names of the runs of files that do not name theirs, which depend on all of them.
void name_runs(std::vector<LogFile>& files, const std::vector<const LogFormat*>& format_of_file,
               const std::set<std::string>& known) {
  std::vector<std::string> owners;
  std::vector<LogFile*> nameless;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (format_of_file[i]->runs_are == RunsAre::named) continue;
    owners.push_back(run_owner(files[i].path, format_of_file[i]->runs_are));
    nameless.push_back(&files[i]);
  }
  const std::vector<std::string> names = run_names(owners, known);
  for (std::size_t i = 0; i < nameless.size(); ++i) nameless[i]->run = names[i];
}

LogFile mixtures_file(const ReplayOptions& options, const LogBuilder& builder) {
  LogFile file = log_file((options.base / options.mixtures).string(), builder);
  if (const auto shape = wrong_json_shape(file, JsonHolds::mixtures)) throw core::DataError(*shape);
  if (const auto separator = wrong_separator(file)) throw core::DataError(*separator);
  return file;
}

std::size_t index_of(const std::string& name, const std::vector<std::string>& names,
                     const char* what, const std::string& remedy) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  throw core::DataError({.place = "domain '" + name + "'",
                         .problem = std::string("is no ") + what + " of the logs",
                         .rule = "they have " + core::join_words(names),
                         .remedy = core::did_you_mean(name, names, remedy)});
}

template <class T>
std::vector<T> picked(const std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> result;
  for (const std::size_t i : order) result.push_back(values[i]);
  return result;
}

/// Keeps these evaluation sets, in this order.
void keep_sets(const std::vector<std::size_t>& kept, LossLog& log) {
  log.domains.eval = picked(log.domains.eval, kept);
  log.domains.share_of = picked(log.domains.share_of, kept);
  log.units = picked(log.units, kept);
  for (data::LossCurve& run : log.runs)
    for (data::LossPoint& point : run.points) point.loss_nats = picked(point.loss_nats, kept);
}

/// `paloma` beside `paloma/c4` and `paloma/wiki`.
bool names_group(const std::string& set, const std::vector<std::string>& sets) {
  return std::count_if(sets.begin(), sets.end(),
                       [&](const std::string& other) { return other.starts_with(set + "/"); }) > 1;
}

/// Whether the losses of a set are the mean of those of the others wherever all are logged, but for
/// the digits that logs leave out.
bool is_mean_of(const std::vector<std::size_t>& others, std::size_t set, const LossLog& log) {
  constexpr std::size_t enough_points = 8;
  constexpr double digits = 1e-4;
  std::size_t points = 0;
  for (const data::LossCurve& run : log.runs)
    for (const data::LossPoint& point : run.points) {
      double sum = 0.0;
      for (const std::size_t e : others) sum += point.loss_nats[e];
      const double mean = sum / static_cast<double>(others.size());
      if (std::isnan(mean) || std::isnan(point.loss_nats[set])) continue;
      if (std::abs(point.loss_nats[set] - mean) > digits * mean) return false;
      ++points;
    }
  return others.size() > 1 && points >= enough_points;
}

/// The evaluation sets that are no averages of others, by their names or their numbers.
std::vector<std::size_t> plain_sets(const LossLog& log) {
  const std::vector<std::string>&train = log.domains.train, &eval = log.domains.eval;
  std::vector<std::size_t> plain;
  for (std::size_t e = 0; e < eval.size(); ++e) {
    const bool is_domain = std::find(train.begin(), train.end(), eval[e]) != train.end();
    if (is_domain || !(data::is_average_name(eval[e]) || names_group(eval[e], eval)))
      plain.push_back(e);
  }
  const auto is_mean = std::find_if(plain.begin(), plain.end(), [&](std::size_t set) {
    std::vector<std::size_t> others = plain;
    std::erase(others, set);
    return log.domains.share_of[set] < 0 && is_mean_of(others, set, log);
  });
  if (is_mean != plain.end()) plain.erase(is_mean);
  return plain;
}

/// The unit that most of the sets have; of as many, nats.
data::LossUnit unit_of_most(const std::vector<std::size_t>& sets, const LossLog& log) {
  const auto nats = std::count_if(sets.begin(), sets.end(), [&](std::size_t e) {
    return log.units[e] == data::LossUnit::nats;
  });
  return 2 * static_cast<std::size_t>(nats) >= sets.size() ? data::LossUnit::nats
                                                           : data::LossUnit::bits_per_byte;
}

/// Says which sets are left out, and that the one that is kept is an average.
/// @param plain of plain_sets
void note_sets(const std::vector<std::size_t>& plain, const std::vector<std::size_t>& kept,
               LossLog& log) {
  const auto is_in = [](const std::vector<std::size_t>& list, std::size_t e) {
    return std::find(list.begin(), list.end(), e) != list.end();
  };
  std::vector<std::string> averages, others;
  for (std::size_t e = 0; e < log.domains.eval.size(); ++e)
    if (!is_in(kept, e))
      (is_in(plain, e) ? others : averages).push_back("'" + log.domains.eval[e] + "'");
  if (!averages.empty())
    log.notes.push_back("averages are no further sets, and left out: " +
                        core::join_words(averages));
  if (!others.empty())
    log.notes.push_back("evaluation sets of the logs that are not used: " +
                        core::join_words(others));
  if (kept.size() == 1 && !is_in(plain, kept.front()))
    log.notes.push_back("'" + log.domains.eval[kept.front()] +
                        "' is an average over evaluation sets, which the log does not tell apart");
}

/// Of averages and nothing else: those of groups (`web/macro`), which are sets to the user; where
/// there are none, the first one.
std::vector<std::size_t> averages_that_count(const std::vector<std::string>& names) {
  std::vector<std::size_t> groups;
  for (std::size_t e = 0; e < names.size(); ++e)
    if (names[e].find('/') != std::string::npos) groups.push_back(e);
  return groups.empty() ? std::vector<std::size_t>{0} : groups;
}

}  // namespace

std::vector<std::string> log_formats() {
  std::vector<std::string> names;
  for (const LogFormat& format : formats) names.emplace_back(format.name);
  return names;
}

std::vector<std::string> files_named(const std::string& pattern,
                                     const std::filesystem::path& base) {
  const std::filesystem::path plain = base / pattern;
  std::error_code ignored;
  if (std::filesystem::exists(plain, ignored)) return {plain.string()};  // also a pipe
  std::vector<std::string> names;
  for (const core::Match& match : core::find_files(pattern, base))
    names.push_back(match.path.string());
  return names;
}

namespace {

/// What a log is besides its runs.
struct Sources {
  std::vector<std::string> formats{};  ///< each once
  std::string fingerprint{};
};

Sources read_files(const ReplayOptions& options, LogBuilder& builder) {
  const LogFormat* const wanted = format_named(options.format);
  std::vector<LogFile> files;
  std::vector<const LogFormat*> formats_of_files;
  for (const std::string& path : log_files(options)) {
    files.push_back(log_file(path, builder));
    formats_of_files.push_back(wanted ? wanted : &format_of(files.back(), options));
  }
  LogFile mixtures;
  CsvFile mixture_table;
  if (!options.mixtures.empty()) {
    mixtures = mixtures_file(options, builder);
    mixture_table = open_table(mixtures, builder);
  }
  name_runs(files, formats_of_files, runs_in(mixture_table));
  Sources sources;
  std::string hashes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const LogFormat& format = *formats_of_files[i];
    hashes += core::content_hash(files[i].bytes);
    format.read(files[i], options, builder);
    if (std::find(sources.formats.begin(), sources.formats.end(), format.name) ==
        sources.formats.end())
      sources.formats.emplace_back(format.name);
    files[i].bytes.clear();
    files[i].bytes.shrink_to_fit();
  }
  if (!options.mixtures.empty()) {
    hashes += core::content_hash(mixtures.bytes);
    add_share_table(mixture_table, options, builder);
  }
  if (!options.pools.empty()) {
    LogFile pools = log_file((options.base / options.pools).string(), builder);
    hashes += core::content_hash(pools.bytes);
    add_pool_table(open_table(pools, builder), builder);
  }
  if (options.domains.size() == 1 && builder.has_no_shares())
    builder.add_mixture_where_none(options.domains, {1.0});
  sources.fingerprint = core::content_hash(hashes);
  return sources;
}

LossLog built(const LogBuilder& builder, Sources sources) {
  LossLog log = builder.build();
  log.formats = std::move(sources.formats);
  log.fingerprint = std::move(sources.fingerprint);
  return log;
}

}  // namespace

LossLog read_logs(const ReplayOptions& options) {
  LogBuilder builder(options, LogOrigin::archive);
  Sources sources = read_files(options, builder);
  return built(builder, std::move(sources));
}

LossLog read_trial_log(const ReplayOptions& options, const std::vector<std::string>& train,
                       const data::Mixture& mixture) {
  LogBuilder builder(options, LogOrigin::trial);
  Sources sources = read_files(options, builder);
  builder.add_mixture_where_none(train, mixture);
  return built(builder, std::move(sources));
}

LossLog sets_that_count(LossLog log) {
  const std::vector<std::size_t> plain = plain_sets(log);
  const data::LossUnit unit = unit_of_most(plain, log);
  std::vector<std::size_t> kept;
  std::vector<std::string> of_another_unit;
  for (const std::size_t e : plain) {
    if (log.units[e] == unit)
      kept.push_back(e);
    else
      of_another_unit.push_back("'" + log.domains.eval[e] + "'");
  }
  if (!of_another_unit.empty())
    log.notes.push_back(fmt::format("the objective adds up losses in {}; in another unit: {}",
                                    data::unit_text(unit), core::join_words(of_another_unit)));
  if (kept.empty()) kept = averages_that_count(log.domains.eval);
  note_sets(plain, kept, log);
  keep_sets(kept, log);
  log.domains.loss_unit = log.units.front();
  return log;
}

LossLog in_order_of(const data::DomainSet& wanted, LossLog log) {
  std::vector<std::size_t> train_order, eval_order;
  for (const std::string& name : wanted.train)
    train_order.push_back(
        index_of(name, log.domains.train, "training domain", "Name the domains as the logs do"));
  for (const std::string& name : wanted.eval)
    eval_order.push_back(index_of(name, log.domains.eval, "evaluation set",
                                  "Name the sets to use in the campaign's eval_domains"));
  for (const std::string& name : log.domains.train)
    if (std::find(wanted.train.begin(), wanted.train.end(), name) == wanted.train.end())
      throw core::DataError({.place = "domain '" + name + "'",
                             .problem = "the logs were trained on it and the campaign lacks it",
                             .rule = "shares of a part do not sum to 1",
                             .remedy = "Add it to the campaign's domains"});
  for (data::LossCurve& run : log.runs) {
    run.mixture = picked(run.mixture, train_order);
    if (!run.unique_tokens.empty()) run.unique_tokens = picked(run.unique_tokens, train_order);
  }
  note_sets(plain_sets(log), eval_order, log);
  keep_sets(eval_order, log);
  if (std::adjacent_find(log.units.begin(), log.units.end(), std::not_equal_to<>()) !=
      log.units.end())
    throw core::DataError({.place = "evaluation sets",
                           .problem = "some have losses in nats, others in bits per byte",
                           .rule = "the objective adds them up",
                           .remedy = "List sets of one unit in the campaign's eval_domains"});
  log.domains = wanted;
  if (!log.units.empty()) log.domains.loss_unit = log.units.front();
  return log;
}

}  // namespace bimix::replay
