#include "disk_errors.hpp"

#include <bimix/core/crc32c.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/store/journal.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <unordered_map>

namespace bimix {
namespace {

constexpr int format_major = 1;
constexpr std::string_view crc_begin = "{\"crc\":\"";
constexpr std::string_view crc_end = "\",";
constexpr std::size_t crc_digits = 8;
constexpr std::size_t framing = crc_begin.size() + crc_digits + crc_end.size();

/// CRC-32C (Castagnoli), as 8 lower-case hex digits.
std::string checksum(std::string_view bytes) { return fmt::format("{:08x}", crc32c(bytes)); }

bool is_framed(std::string_view line) {
  return line.size() > framing && line.substr(0, crc_begin.size()) == crc_begin &&
         line.substr(crc_begin.size() + crc_digits, crc_end.size()) == crc_end;
}

bool is_sound(std::string_view line) {
  return is_framed(line) &&
         line.substr(crc_begin.size(), crc_digits) == checksum(line.substr(framing));
}

/// Text keyed by name <-> object; order is kept.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

Json json_of(const TextPairs& pairs) {
  Json object = Json::object();
  for (const auto& [name, text] : pairs) object[name] = text;
  return object;
}

TextPairs pairs_from(const Json& object) {
  TextPairs pairs;
  for (const auto& [name, text] : object.items()) pairs.emplace_back(name, text.get<std::string>());
  return pairs;
}

Json json_of(const std::vector<TrialSpec>& trials) {
  Json array = Json::array();
  for (const TrialSpec& spec : trials) array.push_back(to_json(spec));
  return array;
}

std::vector<TrialSpec> trial_specs_from(const Json& array) {
  std::vector<TrialSpec> trials;
  for (const Json& spec : array) trials.push_back(trial_spec_from(spec));
  return trials;
}

void check_format(const Json& header) {
  const auto version = header.at("format").get<std::string>();
  const std::string major = version.substr(0, version.find('.'));
  if (major != std::to_string(format_major))
    throw DataError({.place = "",
                     .problem = "journal format " + version + " is not known here",
                     .rule = fmt::format("this program reads format {}.x", format_major),
                     .remedy = "Use the version of bimix that wrote it, or a newer one"});
}

/// A state in the making.
struct Gathered {
  JournalState state{};
  std::unordered_map<std::string, std::size_t> place_of_trial{};
  std::set<std::string> running{};

  /// A session is over, and did not say so.
  void cut_off_running() {
    for (const std::string& id : running) ++state.cut_off[id];
    running.clear();
  }
};

void keep_last(Gathered& gathered, TrialResult result) {
  std::vector<TrialResult>& results = gathered.state.results;
  const auto [known, is_new] = gathered.place_of_trial.try_emplace(result.id, results.size());
  if (is_new)
    results.push_back(std::move(result));
  else
    results[known->second] = std::move(result);
}

/// Adds what one sound line says.
/// @throws DataError or Json::exception if the line is not of a known layout
void take_line(const Json& line, Gathered& gathered) {
  JournalState& state = gathered.state;
  const auto kind = line.at("kind").get<std::string>();
  if (!state.header && kind != "header")
    throw DataError(
        {.place = "", .problem = "'" + kind + "' before any header", .rule = "", .remedy = ""});
  if (kind == "header") {
    check_format(line);
    state.header = JournalHeader{.campaign_hash = line.at("campaign_hash").get<std::string>(),
                                 .fingerprints = pairs_from(line.at("fingerprints"))};
    state.check_trials.clear();  // chosen by what another campaign derived
  } else if (kind == "session") {
    gathered.cut_off_running();
    state.ended = false;
    state.sessions.push_back({pairs_from(line.at("facts"))});
  } else if (kind == "entropy") {
    state.entropy = {entropy_table_from(line.at("table"))};
  } else if (kind == "trial") {
    TrialResult result = trial_result_from(line.at("result"));
    state.ended = false;
    gathered.running.erase(result.id);
    state.cut_off.erase(result.id);
    keep_last(gathered, std::move(result));
  } else if (kind == "start") {
    gathered.running.insert(line.at("trial").get<std::string>());
  } else if (kind == "plan") {
    state.plan_trials = trial_specs_from(line.at("trials"));
  } else if (kind == "check_plan") {
    state.check_trials = trial_specs_from(line.at("trials"));
  } else if (kind == "stop") {
    auto lost = line.value("cut_off", std::vector<std::string>());
    for (const std::string& id : lost) {
      ++state.cut_off[id];
      gathered.running.erase(id);
    }
    // Who can say that it ends has not been killed by the others.
    for (const std::string& id : gathered.running) state.cut_off.erase(id);
    gathered.running.clear();
    state.stops.push_back({.exit_code = line.at("exit_code").get<int>(),
                           .reason = line.at("reason").get<std::string>(),
                           .utc_seconds = line.at("utc_seconds").get<std::int64_t>(),
                           .cut_off = std::move(lost)});
    state.ended = true;
  } else {
    state.notes.push_back("a line of the unknown kind '" + kind + "' has no meaning here");
  }
}

[[noreturn]] void refuse_damaged(const std::string& place, int line) {
  throw DataError(
      {.place = place,
       .problem = "the line is damaged",
       .rule = "its checksum does not match its bytes, and it is not the last",
       .remedy = fmt::format("Restore the file from a copy, or keep what is before it with "
                             "`head -n {}` and run again: the trials after it are repeated",
                             line - 1)});
}

[[noreturn]] void refuse_foreign(const std::string& path) {
  throw DataError({.place = path + ":1",
                   .problem = "this is no journal of bimix",
                   .rule = "its first line does not begin with " + std::string(crc_begin),
                   .remedy = "Name another run folder"});
}

JournalState parse_journal(std::string_view bytes, const std::string& path) {
  Gathered gathered;
  JournalState& state = gathered.state;
  if (!bytes.empty() && bytes.substr(0, crc_begin.size()) != crc_begin.substr(0, bytes.size()))
    refuse_foreign(path);
  int number = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    ++number;
    const std::string place = fmt::format("{}:{}", path, number);
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view line = bytes.substr(at, end - at);
    const bool is_last = end + 1 >= bytes.size();
    if (end == bytes.size() || !is_sound(line)) {
      if (!is_last) refuse_damaged(place, number);
      state.notes.push_back(place + ": the last line was torn by an interruption and is dropped");
      break;
    }
    try {
      take_line(Json::parse(line), gathered);
    } catch (const Json::exception& cause) {
      throw DataError({.place = place,
                       .problem = std::string("the line has no known layout: ") + cause.what(),
                       .rule = "",
                       .remedy = "Use the version of bimix that wrote it"});
    } catch (const DataError& cause) {
      Complaint complaint = cause.complaint();
      complaint.place = place + (complaint.place.empty() ? "" : ": " + complaint.place);
      throw DataError(complaint);
    }
    at = end + 1;
    state.sound_bytes = at;
  }
  gathered.cut_off_running();
  return std::move(state);
}

}  // namespace

std::filesystem::path journal_path(const std::filesystem::path& folder) {
  return folder / "journal.ndjson";
}

JournalState read_journal(const std::filesystem::path& folder) {
  const std::filesystem::path path = journal_path(folder);
  if (!std::filesystem::exists(path)) return {};
  return parse_journal(read_file(path), path.string());
}

std::string journal_line(std::string_view kind, const Json& body) {
  Json object;
  object["kind"] = kind;
  object.update(body);
  // The opening brace moves before the checksum, which covers all that follows it.
  const std::string rest = object.dump(-1, ' ', false, Json::error_handler_t::replace).substr(1);
  return fmt::format("{}{}{}{}\n", crc_begin, checksum(rest), crc_end, rest);
}

Journal::Journal(const FolderLock& lock, Disk& disk)
    : lock_(lock),
      path_(journal_path(lock.folder())),
      disk_(disk),
      state_(read_journal(lock.folder())) {
  size_ = state_.sound_bytes;
  try {
    file_ = disk_.open_to_append(path_);
    if (std::filesystem::file_size(path_) != size_) {
      disk_.truncate(file_, size_);
      disk_.sync(file_);
    }
    disk_.sync_folder(lock.folder());
  } catch (const std::system_error& cause) {
    if (file_ >= 0) ::close(file_);
    throw cannot_write(path_, cause);
  }
}

Journal::~Journal() { ::close(file_); }

void Journal::append_lines(std::string_view lines) {
  if (lines.empty()) return;
  lock_.require_held();
  try {
    if (torn_) disk_.truncate(file_, size_);
    torn_ = true;
    disk_.write(file_, lines);
    disk_.sync(file_);
    torn_ = false;
  } catch (const std::system_error& cause) {
    try {
      disk_.truncate(file_, size_);
      torn_ = false;
    } catch (const std::system_error&) {
      // What is left is a torn last line: the next append or the next opening cuts it off.
    }
    throw cannot_write(path_, cause);
  }
  size_ += lines.size();
}

void Journal::append(const JournalHeader& header) {
  append_lines(journal_line("header", {{"format", fmt::format("{}.0", format_major)},
                                       {"campaign_hash", header.campaign_hash},
                                       {"fingerprints", json_of(header.fingerprints)}}));
}

void Journal::append(const RunStamp& session) {
  append_lines(journal_line("session", {{"facts", json_of(session.facts)}}));
}

void Journal::append(const EntropyTable& entropy) {
  append_lines(journal_line("entropy", {{"table", to_json(entropy)}}));
}

void Journal::append_results(const std::vector<TrialResult>& results) {
  std::string lines;
  for (const TrialResult& result : results)
    lines += journal_line("trial", {{"result", to_json(result)}});
  append_lines(lines);
}

void Journal::append_starts(const std::vector<std::string>& trial_ids) {
  std::string lines;
  for (const std::string& id : trial_ids) lines += journal_line("start", {{"trial", id}});
  append_lines(lines);
}

void Journal::append_plan(const std::vector<TrialSpec>& trials) {
  append_lines(journal_line("plan", {{"trials", json_of(trials)}}));
}

void Journal::append_check_plan(const std::vector<TrialSpec>& trials) {
  append_lines(journal_line("check_plan", {{"trials", json_of(trials)}}));
}

void Journal::append(const RunStop& stop) {
  append_lines(journal_line("stop", {{"exit_code", stop.exit_code},
                                     {"reason", stop.reason},
                                     {"utc_seconds", stop.utc_seconds},
                                     {"cut_off", stop.cut_off}}));
}

}  // namespace bimix
