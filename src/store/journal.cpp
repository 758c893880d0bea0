#include "disk_errors.hpp"

#include <bimix/core/crc32c.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/data/trials.hpp>
#include <bimix/store/journal.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <unordered_map>

namespace bimix::store {
namespace {

constexpr int format_major = 1;
constexpr std::string_view crc_begin = "{\"crc\":\"";
constexpr std::string_view crc_end = "\",";
constexpr std::size_t crc_digits = 8;
constexpr std::size_t framing = crc_begin.size() + crc_digits + crc_end.size();

/// CRC-32C (Castagnoli), as 8 lower-case hex digits.
std::string checksum(std::string_view bytes) { return fmt::format("{:08x}", core::crc32c(bytes)); }

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

data::Json json_of(const TextPairs& pairs) {
  data::Json object = data::Json::object();
  for (const auto& [name, text] : pairs) object[name] = text;
  return object;
}

TextPairs pairs_from(const data::Json& object) {
  TextPairs pairs;
  for (const auto& [name, text] : object.items()) pairs.emplace_back(name, text.get<std::string>());
  return pairs;
}

data::Json json_of(const std::vector<data::TrialSpec>& trials) {
  data::Json array = data::Json::array();
  for (const data::TrialSpec& spec : trials) array.push_back(data::to_json(spec));
  return array;
}

std::vector<data::TrialSpec> trial_specs_from(const data::Json& array) {
  std::vector<data::TrialSpec> trials;
  for (const data::Json& spec : array) trials.push_back(data::trial_spec_from(spec));
  return trials;
}

void check_format(const data::Json& header) {
  const auto version = header.at("format").get<std::string>();
  const std::string major = version.substr(0, version.find('.'));
  if (major != std::to_string(format_major))
    throw core::DataError({.place = "",
                           .problem = "journal format " + version + " is not known here",
                           .rule = fmt::format("this program reads format {}.x", format_major),
                           .remedy = "Use the version of bimix that wrote it, or a newer one"});
}

/// Lines that were appended as one, and may all be torn: so many, from that byte on.
struct Batch {
  std::uint64_t at = 0;
  std::size_t lines = 1;
  bool operator==(const Batch&) const = default;
};

/// What a sound line says of its append; nothing if it was one by itself.
std::optional<Batch> batch_of(const data::Json& line) {
  const auto found = line.find("append");
  if (found == line.end() || !found->is_object()) return std::nullopt;
  const data::Json at = found->value("at", data::Json()),
                   lines = found->value("lines", data::Json());
  if (!at.is_number_unsigned() || !lines.is_number_unsigned()) return std::nullopt;
  return Batch{.at = at.get<std::uint64_t>(), .lines = lines.get<std::size_t>()};
}

/// A state in the making.
struct Gathered {
  JournalState state{};
  std::optional<Batch> batch{};  ///< that the last line is of
  std::size_t lines_of_batch = 0;
  std::unordered_map<std::string, std::size_t> place_of_trial{};
  std::set<std::string> running{};

  /// These were running when they were killed. Of several any may be the cause, or none.
  template <class Ids>
  void cut_off(const Ids& ids) {
    for (const std::string& id : ids)
      ++(ids.size() == 1 ? state.cut_off[id].alone : state.cut_off[id].in_company);
  }
  /// A session is over, and did not say so.
  void cut_off_running() { cut_off(std::exchange(running, {})); }
};

void keep_last(Gathered& gathered, data::TrialResult result) {
  std::vector<data::TrialResult>& results = gathered.state.results;
  const auto [known, is_new] = gathered.place_of_trial.try_emplace(result.id, results.size());
  if (is_new)
    results.push_back(std::move(result));
  else
    results[known->second] = std::move(result);
}

/// Adds what one sound line says.
/// @throws DataError or Json::exception if the line is not of a known layout
void take_line(const data::Json& line, Gathered& gathered) {
  JournalState& state = gathered.state;
  const auto kind = line.at("kind").get<std::string>();
  state.silent = kind == "session" ? state.silent + 1 : 0;
  if (!state.header && kind != "header")
    throw core::DataError(
        {.place = "", .problem = "'" + kind + "' before any header", .rule = "", .remedy = ""});
  if (kind == "header") {
    check_format(line);
    state.header = JournalHeader{.campaign_hash = line.at("campaign_hash").get<std::string>(),
                                 .fingerprints = pairs_from(line.at("fingerprints"))};
    state.check_trials.clear();  // chosen by what another campaign derived
    forget_end_of_rounds(state);
    state.stuck = false;
  } else if (kind == "session") {
    gathered.cut_off_running();
    state.ended = false;
    state.sessions.push_back({pairs_from(line.at("facts"))});
  } else if (kind == "corpus") {
    state.corpus = {data::corpus_table_from(line.at("table"))};
  } else if (kind == "entropy") {
    state.entropy = {data::entropy_table_from(line.at("table"))};
  } else if (kind == "trial") {
    data::TrialResult result = data::trial_result_from(line.at("result"));
    state.ended = state.stuck = false;
    gathered.running.erase(result.id);
    state.cut_off.erase(result.id);
    keep_last(gathered, std::move(result));
  } else if (kind == "start") {
    const auto id = line.at("trial").get<std::string>();
    const std::string saved = line.value("saved", "");
    // It had come further: what ended it was not the trial.
    if (std::exchange(state.saved[id], saved) != saved) state.cut_off.erase(id);
    gathered.running.insert(id);
  } else if (kind == "plan") {
    state.plan_trials = trial_specs_from(line.at("trials"));
  } else if (kind == "round") {
    const std::vector<data::TrialSpec> trials = trial_specs_from(line.at("trials"));
    state.plan_trials.insert(state.plan_trials.end(), trials.begin(), trials.end());
    state.rounds.push_back(data::round_from(line.at("round")));
  } else if (kind == "check_plan") {
    state.check_trials = trial_specs_from(line.at("trials"));
  } else if (kind == "stop") {
    auto lost = line.value("cut_off", std::vector<std::string>());
    gathered.cut_off(lost);
    for (const std::string& id : lost) gathered.running.erase(id);
    // Who can say that it ends has not been killed by the others.
    for (const std::string& id : gathered.running) state.cut_off.erase(id);
    gathered.running.clear();
    state.stops.push_back(
        {.exit_code = static_cast<int>(data::whole_number_from(line, "exit_code")),
         .reason = line.at("reason").get<std::string>(),
         .utc_seconds = data::whole_number_from(line, "utc_seconds"),
         .cut_off = std::move(lost),
         .got_further = line.value("got_further", true)});
    state.ended = true;
    state.stuck = !state.stops.back().got_further;
  } else {
    state.notes.push_back("a line of the unknown kind '" + kind + "' has no meaning here");
  }
}

[[noreturn]] void refuse_damaged(const std::string& place, int line) {
  throw core::DataError(
      {.place = place,
       .problem = "the line is damaged",
       .rule = "its checksum does not match its bytes, and it is not the last",
       .remedy = fmt::format("Restore the file from a copy, or keep what is before it with "
                             "`head -n {}` and run again: the trials after it are repeated",
                             line - 1)});
}

[[noreturn]] void refuse_foreign(const std::string& path) {
  throw core::DataError({.place = path + ":1",
                         .problem = "this is no journal of bimix",
                         .rule = "its first line does not begin with " + std::string(crc_begin),
                         .remedy = "Name another run folder"});
}

/// Whether a bad line that is not the last was torn with the append that it belongs to. A power
/// loss may keep the end of what was written at once and lose its beginning: all sound lines behind
/// the bad one are then of one append that began before them, or, where there are none, the lines
/// before it are of an append that had more.
/// @param rest what stands behind the line, which begins at byte `at`
bool is_torn_with_others(std::string_view rest, std::uint64_t at, const Gathered& before) {
  std::optional<Batch> batch;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!is_sound(line)) continue;
    const data::Json json = data::Json::parse(line, nullptr, false);
    const auto of = json.is_object() ? batch_of(json) : std::nullopt;
    if (!of || of->at > at || (batch && *batch != *of)) return false;
    batch = of;
  }
  return batch || (before.batch && before.lines_of_batch < before.batch->lines);
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
      const std::string_view rest = is_last ? std::string_view() : bytes.substr(end + 1);
      if (!is_last && !is_torn_with_others(rest, at, gathered)) refuse_damaged(place, number);
      state.notes.push_back(place + (is_last
                                         ? ": the last line was torn by an interruption and is "
                                           "dropped"
                                         : ": the last lines, written together, were torn by an "
                                           "interruption; they are dropped from here on"));
      break;
    }
    try {
      const data::Json json = data::Json::parse(line);
      const auto batch = batch_of(json);
      gathered.lines_of_batch = batch == gathered.batch ? gathered.lines_of_batch + 1 : 1;
      gathered.batch = batch;
      take_line(json, gathered);
    } catch (const data::Json::exception& cause) {
      throw core::DataError(
          {.place = place,
           .problem = std::string("the line has no known layout: ") + cause.what(),
           .rule = "",
           .remedy = "Use the version of bimix that wrote it"});
    } catch (const core::DataError& cause) {
      core::Complaint complaint = cause.complaint();
      complaint.place = place + (complaint.place.empty() ? "" : ": " + complaint.place);
      throw core::DataError(complaint);
    }
    at = end + 1;
    state.sound_bytes = at;
  }
  gathered.cut_off_running();
  return std::move(state);
}

std::string line_of(const JournalHeader& header) {
  return journal_line("header", {{"format", fmt::format("{}.0", format_major)},
                                 {"campaign_hash", header.campaign_hash},
                                 {"fingerprints", json_of(header.fingerprints)}});
}

/// Which file a name leads to; nothing if to none.
std::optional<FileId> id_of(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}

}  // namespace

void forget_end_of_rounds(JournalState& state) {
  if (!state.rounds.empty() && !state.rounds.back().stop.empty()) state.rounds.pop_back();
}

std::filesystem::path journal_path(const std::filesystem::path& folder) {
  return folder / "journal.ndjson";
}

JournalState read_journal(const std::filesystem::path& folder) {
  const std::filesystem::path path = journal_path(folder);
  if (!std::filesystem::exists(path)) return {};
  return parse_journal(core::read_file(path), path.string());
}

void require_sound(const JournalState& state, const data::DomainSet& domains,
                   const std::filesystem::path& folder) {
  try {
    for (const data::CorpusTable& table : state.corpus) data::require_sound(table, domains);
    for (const data::EntropyTable& table : state.entropy) data::require_sound(table, domains);
    for (const auto* trials : {&state.plan_trials, &state.check_trials})
      data::require_sound(*trials, domains);
    data::require_sound(state.results, domains);
    data::require_sound(state.rounds, domains);
  } catch (const core::DataError& cause) {
    core::Complaint complaint = cause.complaint();
    complaint.place = journal_path(folder).string() + ": " + complaint.place;
    throw core::DataError(complaint);
  }
}

std::string journal_line(std::string_view kind, const data::Json& body) {
  data::Json object;
  object["kind"] = kind;
  object.update(body);
  // The opening brace moves before the checksum, which covers all that follows it.
  const std::string rest =
      object.dump(-1, ' ', false, data::Json::error_handler_t::replace).substr(1);
  return fmt::format("{}{}{}{}\n", crc_begin, checksum(rest), crc_end, rest);
}

Journal::Journal(const FolderLock& lock, Disk& disk)
    : lock_(lock),
      path_(journal_path(lock.folder())),
      disk_(disk),
      state_(read_journal(lock.folder())),
      size_(state_.sound_bytes) {
  open();
}

void Journal::open() {
  try {
    file_ = disk_.open_to_append(path_);
    folder_id_ = id_of(lock_.folder());
    if (std::filesystem::file_size(path_) != size_) {
      disk_.truncate(file_, size_);
      disk_.sync(file_);
    }
    disk_.sync_folder(lock_.folder());
  } catch (const std::system_error& cause) {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
    throw cannot_write(path_, cause);
  }
}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

/// A file that was removed goes on to take what is written, until it is closed and gone. So before
/// each append: is it still where it was opened, and as long as it was left?
void Journal::require_in_place() {
  struct stat open {};
  if (::fstat(file_, &open) != 0)
    throw cannot_write(path_, std::system_error(errno, std::generic_category()));
  const bool is_here = id_of(path_) == FileId{open.st_dev, open.st_ino};
  if (is_here && (torn_ || static_cast<std::uint64_t>(open.st_size) == size_)) return;
  const auto refuse = [&](const std::string& problem, const std::string& remedy) {
    throw core::DataError(
        {.place = path_.string(),
         .problem = problem,
         .rule = "one writer at a time, and nothing in a run folder is to be removed",
         .remedy = remedy});
  };
  if (is_here)
    refuse("was changed by another process while the run went on",
           "See with `bimix verify` what it holds, and give the same command again");
  const std::string itself = fmt::format("/proc/self/fd/{}", file_);
  if (!folder_id_ || id_of(lock_.folder()) != folder_id_) {
    std::error_code ignored;
    const std::string now = std::filesystem::read_symlink(itself, ignored).string();
    if (open.st_nlink == 0)
      refuse("was removed with its folder while the run went on",
             "The same command begins a new run");
    refuse(
        "was moved while the run went on, to " + now,
        "Move the folder back, or name it with -o, and give the same command again: it continues");
  }
  // What was written is still there as long as the file is open.
  const bool is_free = !id_of(path_);
  const std::filesystem::path rescue = is_free ? path_ : lock_.folder() / "journal.rescued.ndjson";
  write_file_atomically(rescue, core::read_file(itself).substr(0, size_), disk_);
  refuse(is_free ? "was removed while the run went on, and was written again with all that it held"
                 : "was replaced by another file while the run went on",
         is_free
             ? "Find out what removes files there, then give the same command again: it continues"
             : "What this run wrote is in journal.rescued.ndjson: move the right one of the two "
               "to journal.ndjson and give the same command again");
}

void Journal::append_lines(std::string_view lines) {
  if (lines.empty()) return;
  lock_.require_held();
  require_in_place();
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

void Journal::begin_anew(const JournalHeader& header) {
  lock_.require_held();
  const std::string line = line_of(header);
  write_file_atomically(path_, line, disk_);
  ::close(std::exchange(file_, -1));
  size_ = line.size();
  torn_ = false;
  open();
}

void Journal::append(const JournalHeader& header) { append_lines(line_of(header)); }

void Journal::append(const data::RunStamp& session) {
  append_lines(journal_line("session", {{"facts", json_of(session.facts)}}));
}

void Journal::append(const data::CorpusTable& corpus) {
  append_lines(journal_line("corpus", {{"table", data::to_json(corpus)}}));
}

void Journal::append(const data::EntropyTable& entropy) {
  append_lines(journal_line("entropy", {{"table", data::to_json(entropy)}}));
}

void Journal::append_batch(std::string_view kind, std::vector<data::Json> bodies) {
  std::string lines;
  for (data::Json& body : bodies) {
    if (bodies.size() > 1) body["append"] = {{"at", size_}, {"lines", bodies.size()}};
    lines += journal_line(kind, body);
  }
  append_lines(lines);
}

void Journal::append_results(const std::vector<data::TrialResult>& results) {
  std::vector<data::Json> bodies;
  for (const data::TrialResult& result : results)
    bodies.push_back({{"result", data::to_json(result)}});
  append_batch("trial", std::move(bodies));
}

void Journal::append_starts(const std::vector<TrialStart>& starts) {
  std::vector<data::Json> bodies;
  for (const TrialStart& start : starts) {
    bodies.push_back({{"trial", start.trial}});
    if (!start.saved.empty()) bodies.back()["saved"] = start.saved;
  }
  append_batch("start", std::move(bodies));
}

void Journal::append_plan(const std::vector<data::TrialSpec>& trials) {
  append_lines(journal_line("plan", {{"trials", json_of(trials)}}));
}

void Journal::append_round(const data::Round& round, const std::vector<data::TrialSpec>& trials) {
  append_lines(
      journal_line("round", {{"round", data::to_json(round)}, {"trials", json_of(trials)}}));
}

void Journal::append_check_plan(const std::vector<data::TrialSpec>& trials) {
  append_lines(journal_line("check_plan", {{"trials", json_of(trials)}}));
}

void Journal::append(const RunStop& stop) {
  append_lines(journal_line("stop", {{"exit_code", stop.exit_code},
                                     {"reason", stop.reason},
                                     {"utc_seconds", stop.utc_seconds},
                                     {"cut_off", stop.cut_off},
                                     {"got_further", stop.got_further}}));
}

}  // namespace bimix::store
