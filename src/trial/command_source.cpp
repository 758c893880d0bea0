#include "process.hpp"

#include <bimix/core/file.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/trial/command_source.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <span>

namespace bimix {
namespace {

constexpr int exit_retry = 75, exit_soft_failure = 76;
/// Trainers print shares with few digits.
constexpr double same_share = 1e-3;

/// Calls `put` with the name of each placeholder and appends what it gives.
/// @return the text, or nothing if a brace has no partner
std::optional<std::string> with_placeholders(
    const std::string& text, const std::function<std::string(const std::string&)>& put) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      result += c;
      ++at;
    } else if (c == '{') {
      const std::size_t end = text.find('}', at);
      if (end == std::string::npos) return std::nullopt;
      result += put(text.substr(at + 1, end - at - 1));
      at = end;
    } else if (c == '}') {
      return std::nullopt;
    } else {
      result += c;
    }
  }
  return result;
}

const std::vector<std::string>& plain_placeholders() {
  static const std::vector<std::string> names{"mixture.json", "dir",    "id",     "seed",
                                              "repeat",       "tokens", "volumes"};
  return names;
}

void check_text(const std::string& place, const std::string& text,
                const std::vector<std::string>& domains, std::vector<Complaint>& found) {
  std::vector<std::string> known = plain_placeholders();
  for (const std::string& domain : domains) known.push_back("share:" + domain);
  const auto check = [&](const std::string& name) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const auto near = nearest_name(name, known);
      found.push_back({place, fmt::format("'{{{}}}' is no placeholder", name),
                       "known: " + join_words(known),
                       near ? fmt::format("Did you mean '{{{}}}'", *near)
                            : "Write {{ and }} for braces that are none"});
    }
    return std::string();
  };
  if (!with_placeholders(text, check))
    found.push_back({place, fmt::format("'{}' has a brace without a partner", text),
                     "a placeholder is {name}", "Write {{ and }} for braces that are none"});
}

std::string last_line_of(const std::filesystem::path& log) {
  std::ifstream stream(log, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(stream.tellg());
  constexpr std::int64_t tail = 2000;
  stream.seekg(std::max<std::int64_t>(0, size - tail));
  std::string line, last;
  while (std::getline(stream, line))
    if (!trimmed(line).empty()) last = trimmed(line);
  std::erase_if(last, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return last.empty() ? "it printed nothing" : "its last words: " + last.substr(0, 300);
}

}  // namespace

std::vector<Complaint> complaints(const CommandOptions& options,
                                  const std::vector<std::string>& domains) {
  std::vector<Complaint> found;
  if (options.run.empty() || options.run.front().empty())
    found.push_back({"command.run", "names no program", "a list: the program, then its arguments",
                     "Write `run: [python3, train.py, --mix, \"{mixture.json}\"]`"});
  for (const std::string& argument : options.run)
    check_text("command.run", argument, domains, found);
  check_text("command.losses", options.losses, domains, found);
  if (!options.timeout.empty() && parse_seconds(options.timeout).value_or(0) == 0)
    found.push_back({"command.timeout", fmt::format("'{}' is no time", options.timeout),
                     "a number with s, m, h or d", "Write for example 6h"});
  return found;
}

CommandSource::CommandSource(CommandOptions options, DomainSet domains,
                             std::filesystem::path folder)
    : options_(std::move(options)), domains_(std::move(domains)), folder_(std::move(folder)) {
  const std::vector<Complaint> found = complaints(options_, domains_.train);
  if (!found.empty()) throw UsageError(found.front());
}

std::string CommandSource::identity() const {
  return "command " +
         Json{{"run", options_.run}, {"losses", options_.losses}, {"domains", domains_.train}}
             .dump();
}

std::string CommandSource::filled(const std::string& text, const TrialSpec& spec) const {
  const auto put = [&](const std::string& name) -> std::string {
    if (name == "mixture.json") return (folder_of(spec) / "mixture.json").string();
    if (name == "dir") return folder_of(spec).string();
    if (name == "id") return spec.id;
    if (name == "seed") return fmt::format("{}", spec.seed);
    if (name == "repeat") return fmt::format("{}", spec.repeat);
    if (name == "tokens") return fmt::format("{}", spec.tokens.back());
    if (name == "volumes") return fmt::format("{}", fmt::join(spec.tokens, ","));
    const auto domain = std::find(domains_.train.begin(), domains_.train.end(),
                                  name.substr(std::string_view("share:").size()));
    return fmt::format("{}",
                       spec.mixture[static_cast<std::size_t>(domain - domains_.train.begin())]);
  };
  return *with_placeholders(text, put);
}

void CommandSource::write_mixture(const TrialSpec& spec) const {
  const std::filesystem::path path = folder_of(spec) / "mixture.json";
  Json mixture = Json::object();
  for (std::size_t k = 0; k < domains_.train.size(); ++k)
    mixture[domains_.train[k]] = spec.mixture[k];
  const Json json{{"id", spec.id},     {"mixture", mixture},    {"tokens", spec.tokens},
                  {"seed", spec.seed}, {"repeat", spec.repeat}, {"eval_domains", domains_.eval}};
  std::error_code failure;
  std::filesystem::create_directories(path.parent_path(), failure);
  std::ofstream stream(path);
  if (!(stream << json.dump(1) << "\n" << std::flush))
    throw DataError({.place = path.string(),
                     .problem = "cannot be written",
                     .rule = "the command reads its mixture from it",
                     .remedy = "Check the folder's permissions and its disk"});
}

int CommandSource::run_once(const TrialSpec& spec, const TrialHooks& hooks) const {
  std::vector<std::string> arguments;
  for (const std::string& argument : options_.run) arguments.push_back(filled(argument, spec));
  const std::filesystem::path log = folder_of(spec) / "log.txt";
  const ProcessEnd end = run_process(arguments, log, hooks.stop_requested,
                                     parse_seconds(options_.timeout).value_or(0));
  const auto failed = [&](FailureKind kind, const std::string& problem, const std::string& remedy) {
    return TrialFailure(kind, {.place = log.string(),
                               .problem = problem + " (" + last_line_of(log) + ")",
                               .rule = "",
                               .remedy = remedy});
  };
  switch (end.why) {
    case ProcessEnd::Why::stopped:
      throw Interrupted({.place = "trial " + spec.id, .problem = "stopped on request"});
    case ProcessEnd::Why::timed_out:
      throw failed(FailureKind::timeout, "the command did not end within " + options_.timeout,
                   "Raise source.command.timeout, or give it less to do");
    case ProcessEnd::Why::signalled:
      throw failed(FailureKind::killed, fmt::format("signal {} ended the command", end.code),
                   "Look for memory limits of the job and the machine's log");
    case ProcessEnd::Why::exited:
      break;
  }
  if (end.code == exit_soft_failure)
    throw failed(FailureKind::command, "the command gave this trial up (exit code 76)",
                 "The log says why");
  if (end.code != 0 && end.code != exit_retry)
    throw failed(FailureKind::command, fmt::format("the command ended with exit code {}", end.code),
                 "The log says why");
  return end.code;
}

std::vector<LossPoint> CommandSource::read_losses(const TrialSpec& spec) const {
  const std::string path = filled(options_.losses, spec);
  const LossLog log = in_order_of(domains_, read_logs({.files = {path}}));
  const auto refuse = [&](const std::string& problem, const std::string& rule) {
    throw DataError({.place = path,
                     .problem = problem,
                     .rule = rule,
                     .remedy = "Mend what the command writes"});
  };
  if (log.runs.size() != 1)
    refuse(fmt::format("holds {} runs", log.runs.size()), "one for a trial");
  const LossCurve& run = log.runs.front();
  for (std::size_t k = 0; k < spec.mixture.size(); ++k)
    if (std::abs(run.mixture[k] - spec.mixture[k]) > same_share)
      refuse(fmt::format("says the share of '{}' was {:.6g}", domains_.train[k], run.mixture[k]),
             fmt::format("the trial asked for {:.6g}", spec.mixture[k]));
  std::vector<LossPoint> points;
  for (const std::int64_t volume : spec.tokens) {
    const auto point =
        std::find_if(run.points.begin(), run.points.end(), [&](const LossPoint& candidate) {
          return find_volume(std::span(&volume, 1), candidate.tokens).has_value();
        });
    if (point == run.points.end())
      refuse(fmt::format("has no losses at {} tokens", volume),
             "every volume of the trial is needed");
    points.push_back(*point);
    points.back().tokens = volume;
  }
  return points;
}

TrialResult CommandSource::run(const TrialSpec& spec, const TrialHooks& hooks) const {
  write_mixture(spec);
  for (int attempt = 0; run_once(spec, hooks) == exit_retry; ++attempt)
    if (attempt == options_.retries)
      throw TrialFailure(
          FailureKind::command,
          {.place = (folder_of(spec) / "log.txt").string(),
           .problem = fmt::format("the command asked for another attempt {} times", attempt + 1),
           .rule = "exit code 75",
           .remedy = "Raise source.command.retries, or see why in the log"});
  try {
    return {.id = spec.id, .curve = read_losses(spec)};
  } catch (const DataError& error) {
    // The command would write the same table again.
    throw TrialFailure(FailureKind::command, error.complaint());
  }
}

}  // namespace bimix
