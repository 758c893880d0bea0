#include "loss_table.hpp"
#include "placeholders.hpp"
#include "process.hpp"

#include <bimix/core/random.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/trial/command_source.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

namespace bimix::trial {
namespace {

constexpr int exit_retry = 75, exit_soft_failure = 76;

/// Repeats differ in it and mixtures do not; the first repeat has the campaign's own.
std::uint64_t seed_of(const data::TrialSpec& spec) {
  if (spec.repeat == 0) return spec.seed;
  constexpr int unused_bits = 33;  // some trainers take 31
  return core::RandomStream(spec.seed, core::Purpose::trainer_seed,
                            static_cast<std::uint64_t>(spec.repeat))() >>
         unused_bits;
}

/// The last line of a log, or the last state of a progress bar, as text.
/// @param from where in the file this attempt began
std::string last_words(const std::filesystem::path& log, std::int64_t from) {
  constexpr std::int64_t tail = 2000;
  constexpr std::size_t most_shown = 300;
  std::ifstream stream(log, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(stream.tellg());
  stream.seekg(std::max({std::int64_t{0}, from, size - tail}));
  std::string line, last;
  for (char c = 0; stream.get(c);) {
    const bool is_end = c == '\n' || c == '\r';
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (!is_control) line += c;
    if (!core::trimmed(line).empty()) last = core::trimmed(line);
    if (is_end) line.clear();
  }
  return last.empty() ? "it printed nothing"
                      : "its last words: " + data::as_text(last.substr(0, most_shown));
}

core::Interrupted stopped(const data::TrialSpec& spec) {
  return core::Interrupted({.place = "trial " + spec.id, .problem = "stopped on request"});
}

data::TrialResult result_of(const data::TrialSpec& spec, LossTable table) {
  data::TrialResult result{.id = spec.id, .curve = std::move(table.points)};
  if (table.diverged.empty()) return result;
  result.status = data::TrialStatus::diverged;
  result.message = table.diverged + ". Try a lower learning rate";
  return result;
}

/// What reaches every process of a job ends a command a moment before this process hears of it.
bool is_stopped_soon(const TrialHooks& hooks) {
  constexpr std::chrono::milliseconds look_every{10};
  constexpr int looks = 15;
  for (int look = 0; look < looks; ++look) {
    if (hooks.stop.stop_requested()) return true;
    std::this_thread::sleep_for(look_every);
  }
  return hooks.stop.stop_requested();
}

}  // namespace

std::vector<core::Complaint> complaints(const CommandOptions& options,
                                        const std::vector<std::string>& domains) {
  std::vector<core::Complaint> found;
  const auto add = [&](const std::vector<core::Complaint>& more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  if (options.run.empty() || options.run.front().empty())
    found.push_back({"command.run", "names no program", "a list: the program, then its arguments",
                     "Write `run: [python3, train.py, --mix, \"{mixture.json}\"]`"});
  for (const std::string& argument : options.run)
    add(placeholder_complaints("command.run", argument, domains));
  add(placeholder_complaints("command.losses", options.losses, domains));
  if (!options.timeout.empty() && core::parse_seconds(options.timeout).value_or(0) == 0)
    found.push_back({"command.timeout", fmt::format("'{}' is no time", options.timeout),
                     "a number with s, m, h or d", "Write for example 6h"});
  return found;
}

std::vector<core::Complaint> table_complaints(const CommandOptions& options,
                                              const std::vector<std::string>& domains,
                                              VolumesOfTrial volumes) {
  const std::vector<std::string> all = placeholders_in(options.losses);
  const std::set<std::string> names(all.begin(), all.end());
  const auto any = [&](std::initializer_list<const char*> wanted) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const char* name) { return names.contains(name); });
  };
  const auto shares = static_cast<std::size_t>(std::count_if(
      domains.begin(), domains.end(),
      [&](const std::string& domain) { return names.contains(placeholder::share + domain); }));
  const bool tells_mixtures = shares + 1 >= domains.size();
  const bool tells_repeats = any({placeholder::seed, placeholder::repeat});
  const bool tells_volumes =
      volumes == VolumesOfTrial::all || any({placeholder::tokens, placeholder::volumes});
  if (any({placeholder::folder, placeholder::id, placeholder::mixture_file}) ||
      (tells_mixtures && tells_repeats && tells_volumes))
    return {};
  return {{"command.losses", fmt::format("'{}' is one file for several trials", options.losses),
           "each trial is read from a table of its own",
           "Write {dir}/loss.csv, or put {id} into the name, and let the command write there"}};
}

bool sees_repeat(const CommandOptions& options) {
  return std::any_of(options.run.begin(), options.run.end(), [](const std::string& argument) {
    const std::vector<std::string> names = placeholders_in(argument);
    return std::any_of(names.begin(), names.end(), [](const std::string& name) {
      return name == placeholder::seed || name == placeholder::repeat || name == placeholder::id ||
             name == placeholder::mixture_file;
    });
  });
}

bool is_moved(const CommandOptions& now, const CommandOptions& before) {
  const auto name = [](const std::string& program) {
    return std::filesystem::path(program).filename();
  };
  return now.run != before.run && now.run.size() == before.run.size() &&
         std::equal(now.run.begin() + 1, now.run.end(), before.run.begin() + 1) &&
         name(now.run.front()) == name(before.run.front());
}

CommandSource::CommandSource(CommandOptions options, data::DomainSet domains,
                             const std::filesystem::path& folder, data::Pools unique_tokens)
    : options_(std::move(options)),
      domains_(std::move(domains)),
      folder_(std::filesystem::absolute(folder).lexically_normal()),
      unique_tokens_(std::move(unique_tokens)) {
  const std::vector<core::Complaint> found = complaints(options_, domains_.train);
  if (!found.empty()) throw core::UsageError(found.front());
}

std::string CommandSource::identity(const data::TrialSpec& spec) const {
  data::Json facts{{"run", options_.run}, {"losses", options_.losses}, {"domains", domains_.train}};
  if (options_.simulate_target > 0)
    facts["fraction"] = matched_fraction(spec.tokens.back(), options_.simulate_target);
  return "command " + facts.dump();
}

std::string CommandSource::filled(const std::string& text, const data::TrialSpec& spec) const {
  return with_placeholders(text, [&](const std::string& name) -> std::string {
    if (name == placeholder::mixture_file) return (folder_of(spec) / "mixture.json").string();
    if (name == placeholder::folder) return folder_of(spec).string();
    if (name == placeholder::id) return spec.id;
    if (name == placeholder::seed) return fmt::format("{}", seed_of(spec));
    if (name == placeholder::repeat) return fmt::format("{}", spec.repeat);
    if (name == placeholder::tokens) return fmt::format("{}", spec.tokens.back());
    if (name == placeholder::volumes) return fmt::format("{}", fmt::join(spec.tokens, ","));
    const auto domain = std::find(domains_.train.begin(), domains_.train.end(),
                                  name.substr(std::string_view(placeholder::share).size()));
    return fmt::format("{}",
                       spec.mixture[static_cast<std::size_t>(domain - domains_.train.begin())]);
  });
}

void CommandSource::write_mixture(const data::TrialSpec& spec) const {
  const std::filesystem::path path = folder_of(spec) / "mixture.json";
  data::Json mixture = data::Json::object();
  for (std::size_t k = 0; k < domains_.train.size(); ++k)
    mixture[domains_.train[k]] = spec.mixture[k];
  data::Json json{{"id", spec.id},         {"mixture", mixture},
                  {"tokens", spec.tokens}, {"seed", seed_of(spec)},
                  {"repeat", spec.repeat}, {"eval_domains", domains_.eval}};
  // One subset for all trials, and smaller ones in larger ones: its seed is the campaign's.
  if (options_.simulate_target > 0)
    json["subset"] = {{"fraction", matched_fraction(spec.tokens.back(), options_.simulate_target)},
                      {"seed", spec.seed},
                      {"target_tokens", options_.simulate_target}};
  std::error_code failure;
  std::filesystem::create_directories(path.parent_path(), failure);
  std::ofstream stream(path);
  if (!(stream << json.dump(1) << "\n" << std::flush))
    throw core::DataError({.place = path.string(),
                           .problem = "cannot be written",
                           .rule = "the command reads its mixture from it",
                           .remedy = "Check the folder's permissions and its disk"});
}

SourceTraits traits_of(const CommandOptions& options) {
  return {.tokens_per_step = options.tokens_per_step,
          .trials_per_node = options.per_node,
          .repeats_bits = false,  // nobody promised it, and on GPUs it is not so
          .progress = options.resumes ? Progress::own_folder : Progress::lost};
}

CommandSource::Attempt CommandSource::run_once(const data::TrialSpec& spec,
                                               const TrialHooks& hooks) const {
  std::vector<std::string> arguments;
  for (const std::string& argument : options_.run) arguments.push_back(filled(argument, spec));
  if (!options_.program.empty()) arguments.front() = options_.program;
  std::error_code is_new;
  const std::uintmax_t before = std::filesystem::file_size(log_of(spec), is_new);
  const ProcessEnd end = run_process(arguments, log_of(spec), hooks.stop,
                                     core::parse_seconds(options_.timeout).value_or(0));
  if (end.why == ProcessEnd::Why::stopped) throw stopped(spec);
  Attempt attempt{.last_words =
                      last_words(log_of(spec), is_new ? 0 : static_cast<std::int64_t>(before))};
  const auto fail = [&](data::FailureKind kind, const std::string& problem,
                        const std::string& remedy) {
    attempt.failure = TrialFailure(kind, {.place = log_of(spec).string(),
                                          .problem = problem + " (" + attempt.last_words + ")",
                                          .rule = "",
                                          .remedy = remedy});
  };
  if (end.why == ProcessEnd::Why::timed_out)
    fail(data::FailureKind::timeout, "the command did not end within " + options_.timeout,
         "Raise source.command.timeout, or give it less to do");
  else if (end.why == ProcessEnd::Why::signalled)
    fail(data::FailureKind::killed, fmt::format("signal {} ended the command", end.code),
         "Look for memory limits of the job and the machine's log");
  else if (end.code == exit_soft_failure)
    fail(data::FailureKind::command, "the command gave this trial up (exit code 76)",
         "The log says why");
  else if (end.code == exit_retry)
    attempt.wants_another = true;
  else if (end.code != 0)
    fail(data::FailureKind::command, fmt::format("the command ended with exit code {}", end.code),
         "The log says why");
  return attempt;
}

/// A command that has ended well would write the same table again: what is wrong with it is the
/// command's failure.
LossTable CommandSource::read_table(const data::TrialSpec& spec,
                                    const std::string& last_words) const {
  const std::string path = filled(options_.losses, spec);
  const std::string see = "see " + log_of(spec).string();
  if (!has_content(path))
    throw TrialFailure(
        data::FailureKind::command,
        {.place = path,
         .problem = replay::files_named(path).empty()
                        ? "the command ended with exit code 0, and there is no file of this name"
                        : "the command ended with exit code 0 and left this file empty",
         .rule = last_words,
         .remedy = "Let it write its losses there before it ends, or name another file in "
                   "source.command.losses; " +
                   see});
  try {
    return read_loss_table(path, domains_, spec, options_.tokens_per_step);
  } catch (const core::UsageError& error) {  // of a fact that the file leaves out
    core::Complaint complaint = error.complaint();
    complaint.remedy =
        "Let the command write tokens, or steps and set source.command.tokens_per_step; " + see;
    throw TrialFailure(data::FailureKind::command, std::move(complaint));
  } catch (const core::Error& error) {
    core::Complaint complaint = error.complaint();
    complaint.remedy = "Mend what the command writes; " + see;
    throw TrialFailure(data::FailureKind::command, std::move(complaint));
  }
}

/// Some trainers end with a failure when their loss is no longer finite.
std::optional<data::TrialResult> CommandSource::diverged(const data::TrialSpec& spec) const {
  try {
    data::TrialResult result = result_of(
        spec,
        read_loss_table(filled(options_.losses, spec), domains_, spec, options_.tokens_per_step));
    if (result.status == data::TrialStatus::diverged) return result;
  } catch (const core::Error&) {  // what it says of its failure tells more than its table
  }
  return std::nullopt;
}

data::TrialResult CommandSource::train(const data::TrialSpec& spec, const TrialHooks& hooks) const {
  write_mixture(spec);
  // One that resumes may have been through before it was stopped, and has nothing left to write.
  if (!options_.resumes) move_away(filled(options_.losses, spec));
  Attempt attempt = run_once(spec, hooks);
  for (int again = 0; attempt.wants_another && again < options_.retries; ++again)
    attempt = run_once(spec, hooks);
  if (attempt.wants_another)
    throw TrialFailure(
        data::FailureKind::command,
        {.place = log_of(spec).string(),
         .problem = fmt::format("the command asked for another attempt {} times ({})",
                                options_.retries + 1, attempt.last_words),
         .rule = "exit code 75",
         .remedy = "Raise source.command.retries, or see why in the log"});
  if (attempt.failure) {
    if (attempt.failure->kind() == data::FailureKind::command)
      if (auto result = diverged(spec)) return *std::move(result);
    throw TrialFailure(*attempt.failure);
  }
  LossTable table = read_table(spec, attempt.last_words);
  if (!table.repairs.empty()) hooks.note("in its table " + core::join_words(table.repairs));
  return result_of(spec, std::move(table));
}

data::TrialResult CommandSource::run(const data::TrialSpec& spec, const TrialHooks& hooks) const {
  try {
    data::TrialResult result = train(spec, hooks);
    if (options_.simulate_target > 0) {
      result.unique_tokens = unique_tokens_;
      for (double& pool : result.unique_tokens)
        pool *= matched_fraction(spec.tokens.back(), options_.simulate_target);
    }
    return result;
  } catch (const TrialFailure&) {
    if (!is_stopped_soon(hooks)) throw;
  }
  throw stopped(spec);
}

}  // namespace bimix::trial
