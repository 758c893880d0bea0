#include "csv.hpp"
#include "log_format.hpp"
#include "share_table.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/core/text.hpp>
#include <bimix/replay/loss_log.hpp>

#include <glob.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>

namespace bimix {
namespace {

constexpr std::array formats{
#define BIMIX_LOG_FORMAT(name, prefix) LogFormat{name, prefix::recognises, prefix::read},
#include "formats.def"
#undef BIMIX_LOG_FORMAT
};

/// The files behind one name or pattern, sorted.
std::vector<std::string> matches(const std::string& pattern) {
  std::error_code ignored;
  if (std::filesystem::exists(pattern, ignored)) return {pattern};  // also with a [ in its name
  glob_t found{};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
  const std::unique_ptr<glob_t, decltype(&::globfree)> guard(&found, ::globfree);
  if (status != 0)
    throw DataError({.place = pattern,
                     .problem = "no file has this name or pattern",
                     .rule = "",
                     .remedy = "Check replay.files; relative names start at the campaign file"});
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  std::sort(names.begin(), names.end());  // glob sorts by the locale
  return names;
}

/// The files of all patterns, each once.
std::vector<std::string> log_files(const ReplayOptions& options) {
  std::vector<std::string> files;
  std::unordered_set<std::string> known;
  for (const std::string& pattern : options.files)
    for (std::string& name : matches((options.base / pattern).string()))
      if (known.insert(name).second) files.push_back(std::move(name));
  if (files.empty())
    throw UsageError({.place = "replay.files",
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
  throw UsageError({.place = "replay.format",
                    .problem = "'" + name + "' is no known format",
                    .rule = "known are " + join_words(names),
                    .remedy = did_you_mean(name, names)});
}

const LogFormat& format_of(const LogFile& file) {
  std::vector<std::string> candidates;
  const LogFormat* known = nullptr;
  for (const LogFormat& format : formats)
    if (format.recognises(file)) {
      candidates.emplace_back(format.name);
      known = &format;
    }
  if (candidates.size() == 1) return *known;
  if (candidates.empty())
    throw bad_line(file.path, 1, "no known format begins like this",
                   "known are " + join_words(log_formats()),
                   "Bring the log into one of them; csv-long is the plainest, see "
                   "src/replay/FORMAT.md");
  throw DataError({.place = file.path,
                   .problem = "the content could be " + join_words(candidates),
                   .rule = "a guess would be silent",
                   .remedy = "Say which with --format, or `format:` in the campaign's replay"});
}

LogFile log_file(const std::string& path) {
  LogFile file{.path = path, .bytes = read_file(path)};
  if (file.bytes.empty())
    throw DataError(
        {.place = path, .problem = "the file is empty", .rule = "", .remedy = "Name another file"});
  file.header = header_of(file.bytes);
  return file;
}

std::size_t index_of(const std::string& name, const std::vector<std::string>& names,
                     const char* what, const std::string& remedy) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  throw DataError({.place = "domain '" + name + "'",
                   .problem = std::string("is no ") + what + " of the logs",
                   .rule = "they have " + join_words(names),
                   .remedy = did_you_mean(name, names, remedy)});
}

template <class T>
std::vector<T> picked(const std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> result;
  for (const std::size_t i : order) result.push_back(values[i]);
  return result;
}

}  // namespace

std::vector<std::string> log_formats() {
  std::vector<std::string> names;
  for (const LogFormat& format : formats) names.emplace_back(format.name);
  return names;
}

LossLog read_logs(const ReplayOptions& options) {
  const LogFormat* const wanted = format_named(options.format);
  LogBuilder builder(options);
  std::string hashes;
  std::vector<std::string> used;
  for (const std::string& path : log_files(options)) {
    const LogFile file = log_file(path);
    hashes += content_hash(file.bytes);
    const LogFormat& format = wanted ? *wanted : format_of(file);
    format.read(file, options, builder);
    if (std::find(used.begin(), used.end(), format.name) == used.end())
      used.emplace_back(format.name);
  }
  if (!options.mixtures.empty()) {
    const LogFile file = log_file((options.base / options.mixtures).string());
    hashes += content_hash(file.bytes);
    add_share_table(parse_csv(file.bytes, file.path), {.run_column = "run"}, builder);
  }
  LossLog log = builder.build();
  log.formats = used;
  log.fingerprint = content_hash(hashes);
  return log;
}

LossLog in_order_of(const DomainSet& wanted, LossLog log) {
  std::vector<std::size_t> train_order, eval_order;
  for (const std::string& name : wanted.train)
    train_order.push_back(
        index_of(name, log.domains.train, "training domain", "Name the domains as the logs do"));
  for (const std::string& name : wanted.eval)
    eval_order.push_back(index_of(name, log.domains.eval, "evaluation set",
                                  "Name the sets to use in the campaign's eval_domains"));
  for (const std::string& name : log.domains.train)
    if (std::find(wanted.train.begin(), wanted.train.end(), name) == wanted.train.end())
      throw DataError({.place = "domain '" + name + "'",
                       .problem = "the logs were trained on it and the campaign lacks it",
                       .rule = "shares of a part do not sum to 1",
                       .remedy = "Add it to the campaign's domains"});
  for (LossCurve& run : log.runs) {
    run.mixture = picked(run.mixture, train_order);
    for (LossPoint& point : run.points) point.loss_nats = picked(point.loss_nats, eval_order);
  }
  for (const std::string& name : log.domains.eval)
    if (std::find(wanted.eval.begin(), wanted.eval.end(), name) == wanted.eval.end())
      log.notes.push_back("evaluation domain '" + name + "' of the logs is not used");
  log.domains = wanted;
  return log;
}

}  // namespace bimix
