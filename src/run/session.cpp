#include "session.hpp"

#include "from_root.hpp"
#include "saved_progress.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/campaign_notes.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/store/results.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace bimix::run {
namespace {

/// Of a session: what files_of_command said when it began.
constexpr const char* command_files_fact = "command_files";

/// What rank 0 knows from the journal, for every rank, but for trials and results.
data::Json encoded(const store::JournalState& state, const Suspicions& suspicions) {
  data::Json json{{"entropy", data::Json::array()}, {"suspicions", to_json(suspicions)}};
  for (const data::EntropyTable& table : state.entropy)
    json["entropy"].push_back(data::to_json(table));
  return json;
}

std::string in_words(const data::TrialResult& result) {
  if (result.status == data::TrialStatus::ok)
    return fmt::format("  trial {} on rank {}: {}", result.id, result.rank,
                       core::format_seconds(result.wall_seconds));
  const std::string kind = result.failure == data::FailureKind::none
                               ? ""
                               : " (" + data::failure_word(result.failure) + ")";
  return fmt::format("  trial {} {}{} on {}, attempt {}: {}", result.id,
                     report::status_word(result.status), kind, result.host, result.attempt,
                     result.message);
}

}  // namespace

Session::Session(const Surroundings& around, const ReadCampaign& read,
                 const std::filesystem::path& folder, const RunLimits& limits)
    : around_(around), limits_(limits) {
  screen().outlive_output();
  stored_.path = folder;
  stored_.campaign = read.campaign;
  stored_.campaign_text = read.text;
  opened_ = around_.open_source(comm(), screen(), stored_.campaign, folder);
  par::collectively(comm(),
                    [&] { sweep::require_whole_groups(comm().size(), traits().ranks_per_trial); });
  // A node that cannot do what was settled refuses before it is given a trial.
  par::collectively(comm(), [&] { opened_.source->require_runnable_here(); });
  for (std::string& note : notes_on_processors(comm(), campaign()))
    opened_.notes.push_back(std::move(note));
  stored_.resolved_text = config::resolved_yaml(campaign());  // now with unique tokens counted
  par::on_root(comm(), [&] { open_folder(); });
  share_state();
  for (const std::string& note : opened_.notes) screen().say("  " + note);
}

void Session::open_folder() {
  folder_ = std::make_unique<RunFolder>(path(), stored_.campaign_text, stored_.resolved_text,
                                        opened_.fingerprints, limits_);
  const store::JournalState& state = folder_->state();
  for (const std::string& note : state.notes) screen().say("  " + note);
  if (!state.results.empty())
    screen().say(fmt::format("Resuming {}: {}", path().string(), counted(current_results(state))));
  stored_.state = state;
  saved_at_begin_ = saved_now();
  refuse_if_killed_early(state);
  suspicions_ = run::suspicions(state, saved_at_begin_);
  note_files_of_command(state);
  if (state.plan_trials.empty()) begin();
  const std::int64_t now = around_.utc_seconds();
  deadline_ = deadline_of(limits_.walltime_seconds, job_end(now), now);
  for (const std::string& words : deadline_.words) screen().say("  " + words);
  status_ = std::make_unique<LiveStatus>(screen(), path(), comm().size(), deadline_.utc);
  status_->tell_round(round_words());
}

/// A job that is killed before it gets anywhere would be queued again for ever. It is refused
/// once: the refusal is a word in the journal, and the next session is free to try.
void Session::refuse_if_killed_early(const store::JournalState& state) const {
  if (state.silent < most_cut_off) return;
  const std::string reason =
      fmt::format("the last {} sessions were killed before a trial began or ended", state.silent);
  folder_->journal().append(store::RunStop{.exit_code = static_cast<int>(core::ExitCode::data),
                                           .reason = reason,
                                           .utc_seconds = around_.utc_seconds()});
  throw core::DataError({.place = path().string(),
                         .problem = reason,
                         .rule = "one more would end the same way",
                         .remedy = "See in the output of the jobs what killed them (memory, most "
                                   "often), mend it and repeat the command"});
}

/// Trials are compared as if the same program had run all of them.
void Session::note_files_of_command(const store::JournalState& state) {
  const std::string files = files_of_command(campaign().command);
  if (files.empty()) return;
  around_.stamp.facts.emplace_back(command_files_fact, files);
  if (state.sessions.empty()) return;
  for (const auto& [name, before] : state.sessions.back().facts)
    if (name == command_files_fact)
      for (const std::string& file : changed_files(before, files)) {
        command_changed_ = true;
        screen().say(
            fmt::format("  '{}' has changed since the run was last started. Trials of before and "
                        "after are compared as if it had not; start over with -o DIR if that "
                        "matters.",
                        file));
      }
}

void Session::begin() {
  made_something_ = made_something_ || !folder_->state().header;
  folder_->begin();
  folder_->journal().append(around_.stamp);
}

bool Session::is_finished(const std::string& reason) const {
  const store::JournalState& state = folder_->state();
  return state.ended && state.stops.back().reason == reason && !made_something_ &&
         !command_changed_ && (!opened_.corpus || !state.corpus.empty()) && folder_->is_begun();
}

void Session::begin_stage(const std::string& name) {
  if (status_) status_->begin_stage(name, count_not_ok());
}

std::string Session::round_words() const {
  const std::vector<data::Round>& rounds = stored_.state.rounds;
  if (!campaign().design.adaptive || rounds.empty()) return "";
  data::Round last = rounds.back();
  // Where the budget ended them nothing new was asked: what was known before still is.
  if (!last.stop.empty() && last.known.share.empty() && rounds.size() > 1) {
    last.known = rounds[rounds.size() - 2].known;
    last.level = rounds[rounds.size() - 2].level;
  }
  return report::round_text(last, campaign().domains,
                            campaign().design.adaptive->budget.unit_text());
}

void Session::tell_round() {
  screen().say(round_words());
  status_->tell_round(round_words());
}

void Session::share_state() {
  const bool root = comm().is_root();
  store::JournalState& state = stored_.state;
  state.results = from_root(comm(), std::move(state.results));
  state.check_trials = from_root(comm(), std::move(state.check_trials));
  const data::Json head = json_from_root(comm(), root ? encoded(state, suspicions_) : data::Json());
  place_of_result_.clear();
  for (std::size_t i = 0; i < state.results.size(); ++i) place_of_result_[state.results[i].id] = i;
  if (root) return;
  state.entropy.clear();
  for (const data::Json& table : head.at("entropy"))
    state.entropy.push_back(data::entropy_table_from(table));
  suspicions_ = suspicions_from(head.at("suspicions"));
}

const data::TrialResult* Session::result_of(const std::string& id) const {
  const auto place = place_of_result_.find(id);
  return place == place_of_result_.end() ? nullptr : &stored_.state.results[place->second];
}

/// What unfinished trials would go on from, by id.
std::map<std::string, std::string> Session::saved_now() const {
  switch (traits().progress) {
    case trial::Progress::checkpoints:
      return store::saved_checkpoints(path());
    case trial::Progress::own_folder:
      return saved_by_commands(path());
    case trial::Progress::lost:
      break;
  }
  return {};
}

std::string Session::saved_at_begin(const std::string& id) const {
  const auto saved = saved_at_begin_.find(id);
  return saved == saved_at_begin_.end() ? "" : saved->second;
}

void Session::keep(std::vector<data::TrialResult> results,
                   const std::unordered_map<std::string, int>& attempts) {
  for (data::TrialResult& result : results) result.attempt = attempts.at(result.id);
  folder_->journal().append_results(results);
  for (data::TrialResult& result : results) {
    // What is quarantined may be insisted on.
    if (result.failure != data::FailureKind::quarantined)
      store::remove_checkpoint(path(), result.id);
    const std::string words = in_words(result);
    if (result.status == data::TrialStatus::ok) {
      screen().detail(words);
    } else {
      screen().say(words);
      status_->tell_failure(std::string(core::trimmed(words)));
    }
    stored_.state.cut_off.erase(result.id);
    const auto [place, is_new] =
        place_of_result_.try_emplace(result.id, stored_.state.results.size());
    if (is_new)
      stored_.state.results.push_back(std::move(result));
    else
      stored_.state.results[place->second] = std::move(result);
  }
}

std::size_t Session::count_not_ok() const {
  std::size_t count = 0;
  for (const auto* trials : {&stored_.plan.trials, &stored_.state.check_trials})
    for (const data::TrialSpec& spec : *trials)
      if (const data::TrialResult* result = result_of(spec.id))
        count += result->status != data::TrialStatus::ok;
  return count;
}

std::string Session::reason_to_stop() const {
  if (stop().stop_requested()) return "stopped by a signal";
  if (comm().is_root() && seconds_to_deadline() <= 0) return deadline_.reason;
  return "";
}

double Session::seconds_to_deadline() const {
  return deadline_.seconds_left(around_.utc_seconds());
}

Advance Session::advance() const {
  return {.got_further = made_something_ || ended_here_ > 0 || saved_now() != saved_at_begin_,
          .was_stuck = stored_.state.stuck};
}

std::unique_ptr<WatchedWork> Session::watch_over(const std::string& work, const std::string& anew) {
  using SteadyClock = std::chrono::steady_clock;
  EarlyEnd end;
  double seconds = 0.0;
  par::on_root(comm(), [&] {
    end = cut_short("stopped while " + work, advance());
    end.remedy = anew;
    seconds = seconds_to_deadline();
  });
  const data::Json shared =
      json_from_root(comm(), {static_cast<int>(end.code), data::to_json(seconds)});
  end.code = static_cast<core::ExitCode>(shared.at(0).get<int>());
  LongWork::Hooks hooks{.is_to_stop = [this] { return stop().stop_requested(); },
                        .end = [code = end.code] { std::_Exit(static_cast<int>(code)); }};
  if (!shared.at(1).is_null()) {
    const auto until =
        SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                 std::chrono::duration<double>(shared.at(1).get<double>()));
    hooks.is_to_stop = [this, until] {
      return stop().stop_requested() || SteadyClock::now() >= until;
    };
  }
  if (comm().is_root()) {
    hooks.beat = [this] { status_->beat(""); };
    hooks.last_words = [this, end]() mutable {
      end.reason += ": " + (stop().stop_requested() ? "a signal came" : deadline_.reason);
      end_long_work(end);
    };
  } else {
    hooks.end_after = std::chrono::seconds(2);
  }
  return std::make_unique<WatchedWork>(std::move(hooks));
}

/// The last words of a process that ends in the middle of something.
void Session::end_long_work(const EarlyEnd& end) {
  try {
    write_down(end, false);
  } catch (const std::exception& error) {
    screen().complain(error.what());
  }
  screen().complain(fmt::format("{}: {}. Everything finished is saved; {}.", path().string(),
                                end.reason, end.remedy));
}

void Session::write_results_so_far() const {
  data::RunRecord record = recorded(stored_);
  record.stamp = around_.stamp;
  store::write_results(path() / "results.h5", record);
}

void Session::write_down(const EarlyEnd& early, bool further,
                         const std::vector<std::string>& cut_off) {
  write_results_so_far();
  folder_->journal().append(store::RunStop{.exit_code = static_cast<int>(early.code),
                                           .reason = early.reason,
                                           .utc_seconds = around_.utc_seconds(),
                                           .cut_off = cut_off,
                                           .got_further = further});
  status_->end_early(early.reason + "; " + early.remedy, count_not_ok());
}

bool Session::has_results_of(const data::RunRecord& record) const {
  try {
    return store::verify_results(path() / "results.h5", record).empty();
  } catch (const core::DataError&) {
    return false;  // it is not there, or damaged
  }
}

void Session::tell_finished(const data::RunRecord& record, const Closing& closing) {
  try {
    const auto told = store::read_status(path());
    if (told && told->stage == "done") return;
  } catch (const core::DataError&) {
    // It is no status: it is written again.
  }
  status_->end(record.plan.trials.size() + record.check_trials.size(), record.results.size(),
               closing.ended_badly);
}

void Session::write_whole(data::RunRecord record, const std::string& reason,
                          const Closing& closing) {
  around_.stamp.facts.emplace_back("end_utc", core::utc_text(core::utc_now()));
  record.stamp = around_.stamp;
  store::write_results(path() / "results.h5", record);
  folder_->journal().append(store::RunStop{.exit_code = static_cast<int>(closing.code),
                                           .reason = reason,
                                           .utc_seconds = around_.utc_seconds()});
  status_->end(record.plan.trials.size() + record.check_trials.size(), record.results.size(),
               closing.ended_badly);
}

void Session::tell_of_failures() const {
  std::string text = report::failures_text(current_results(stored_.state));
  if (text.empty()) return;
  text.pop_back();  // a line of talk brings its own line end
  screen().say(text);
}

}  // namespace bimix::run
