#include "trials_stage.hpp"

#include "from_root.hpp"

#include <bimix/core/host.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/run/forecast.hpp>
#include <bimix/store/checkpoint.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stop_token>
#include <string_view>
#include <utility>

namespace bimix::run {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::minutes results_every{2};

}  // namespace

/// What a session does with a sweep of its trials.
class TrialsStage::Caller final : public sweep::SweepCaller {
 public:
  /// @param choice that the trials are of @param before the stage without them
  /// @param stop of the sweep
  Caller(TrialsStage& stage, const Choice& choice, const StageBefore& before, std::stop_source stop)
      : stage_(stage),
        session_(stage.session_),
        attempts_(choice.attempts),
        before_(before),
        stop_(std::move(stop)) {}

  bool out_of_time() const { return out_of_time_; }

  /// Logged runs take no time: nothing happens while they run.
  void on_start(const std::vector<const data::TrialSpec*>& started) override {
    if (!session_.traits().trains) return;
    std::vector<store::TrialStart> starts;
    for (const data::TrialSpec* spec : started)
      starts.push_back({spec->id, session_.saved_at_begin(spec->id)});
    session_.folder().journal().append_starts(starts);
  }

  void on_news(const sweep::SweepNews& news) override {
    FailureLimit& failures = stage_.failures_;
    if (news.others_work) failures.some_work(*news.others_work);
    for (const data::TrialResult& result : news.results)
      if (!stage_.taken_out_.contains(result.rank))
        failures.ended(result.status == data::TrialStatus::ok);
    session_.note_ended(news.results.size());
    session_.keep(news.results, attempts_);
    for (const data::TrialResult& result : news.results) note_for_rounds(result.id);
    for (const sweep::TakenOut& out : news.taken_out) take_out(out);
    if (failures.reached()) stop_.request_stop();
  }

  void on_progress(const sweep::SweepProgress& progress) override {
    out_of_time_ = progress.out_of_time;
    sweep::SweepProgress first_times = progress;  // a second one is no further trial
    first_times.done -= std::min(again_, progress.done);
    session_.status().tell(first_times, before_, [this] { return session_.count_not_ok(); });
    const auto now = SteadyClock::now();
    if (now < stage_.next_results_) return;
    if (stage_.next_results_ != SteadyClock::time_point{}) session_.write_results_so_far();
    stage_.next_results_ = now + results_every;
  }

  std::vector<data::TrialSpec> more_trials() override {
    if (stage_.rounds_ == nullptr) return {};
    std::vector<data::TrialSpec> more = stage_.rounds_->due();
    for (const data::TrialSpec& spec : more) {
      if (++attempts_[spec.id] > 1) continue;
      ++before_.trials;
      before_.cost += spec.cost;
    }
    return more;
  }

  bool expects_more() override { return stage_.rounds_ != nullptr && !stage_.rounds_->is_over(); }

  double seconds_to_deadline() override { return session_.seconds_to_deadline(); }

  std::string load(const data::TrialSpec& spec) override {
    store::ReadCheckpoint read = store::read_checkpoint(session_.path(), spec.id);
    if (read.bytes.empty() && read.problem.empty())
      read = store::read_model(session_.path(), plan::run_id(spec));
    if (!read.problem.empty()) session_.screen().warn(read.problem + ". The trial begins anew.");
    return read.bytes;
  }

  /// A checkpoint that cannot be written costs time later, not the trial.
  void save(const data::TrialSpec& spec, std::string_view bytes) override {
    try {
      store::write_checkpoint(session_.path(), spec.id, bytes);
    } catch (const core::DataError& error) {
      session_.screen().warn(fmt::format("{} The trial goes on without it.", error.what()));
    }
  }

  void keep(const data::TrialSpec& spec, std::string_view bytes) override {
    if (spec.purpose == data::TrialPurpose::check) return;
    try {
      store::write_model(session_.path(), plan::run_id(spec), bytes);
    } catch (const core::DataError& error) {
      session_.screen().warn(fmt::format("{} The trial's model is not kept.", error.what()));
    }
  }

  void note(const data::TrialSpec& spec, const std::string& text) override {
    session_.screen().warn(fmt::format("  trial {}: {}", spec.id, text));
  }

 private:
  void note_for_rounds(const std::string& id) {
    if (stage_.rounds_ == nullptr || !stage_.rounds_->ended(*session_.result_of(id))) return;
    ++again_;
    stage_.failures_.tried_again(1);
  }

  /// What failed there is tried elsewhere, when all others have ended.
  void take_out(const sweep::TakenOut& out) {
    stage_.taken_out_.insert(out.ranks.begin(), out.ranks.end());
    stage_.failures_.tried_again(out.failed);
    const std::string words = out.words + " They are tried elsewhere";
    session_.screen().say("  " + words);
    session_.status().tell_failure(words);
  }

  TrialsStage& stage_;
  Session& session_;
  std::unordered_map<std::string, int> attempts_;
  std::size_t again_ = 0;  // trials that failed and are tried again in this sweep
  StageBefore before_;
  std::stop_source stop_;
  bool out_of_time_ = false;
};

/// @collective Whether rounds will have trials that are not chosen yet.
bool TrialsStage::more_will_come() const {
  return json_from_root(session_.comm(), rounds_ != nullptr && !rounds_->is_over()).get<bool>();
}

EarlyEnd TrialsStage::run_missing(const std::vector<data::TrialSpec>& trials,
                                  const std::string& stage, Rounds* rounds) {
  rounds_ = rounds;
  const RunLimits& limits = session_.limits();
  const std::vector<data::TrialResult>& results = session_.stored().state.results;
  Screen& screen = session_.screen();
  session_.begin_stage(stage);
  early_ = {};
  Choice choice = choose({trials, results, limits.only, session_.suspicions(), cost_before_});
  if (choice.some_left_out)
    early_ = {.code = core::ExitCode::done,
              .reason = "only the trials that --only names were run",
              .remedy = "without --only the same command runs the others"};
  for (const std::string& id : choice.done_before)
    screen.say(fmt::format("  trial {} has ended well before; it is not repeated", id));
  par::on_root(session_.comm(), [&] { record_quarantined(choice); });
  if (choice.is_empty() && !more_will_come()) {
    session_.share_state();
    return early_;
  }
  failures_ = FailureLimit(limits.failures, trials.size());
  for (std::size_t i = 0; i < choice.done; ++i) failures_.ended(true);
  screen.heading(stage == "check" ? "Training default and optimum on fresh repeats"
                                  : "Running the trials");
  for (int retry = 0;; ++retry) {
    const std::set<int> out_before = taken_out_;
    if (!run_all(choice, trials)) return early_;
    std::size_t hopeful = 0;
    choice = choose_again(choice, results, [&](const data::TrialResult& result) {
      if (taken_out_.contains(result.rank) && !out_before.contains(result.rank)) return true;
      const bool is_hopeful = retry < limits.retries && may_pass(result.failure);
      hopeful += is_hopeful;
      return is_hopeful;
    });
    if (choice.is_empty()) return early_;
    failures_.tried_again(hopeful);
    screen.say(
        fmt::format("  trying {} again that failed in a way that may pass, or on ranks that were "
                    "taken out",
                    choice.missing.size()));
  }
}

void TrialsStage::record_quarantined(const Choice& choice) {
  std::vector<data::TrialResult> quarantined;
  for (const std::string& id : choice.quarantined)
    quarantined.push_back(
        {.id = id,
         .status = data::TrialStatus::failed,
         .failure = data::FailureKind::quarantined,
         .message = fmt::format("it was running each of the last {} times that the run was "
                                "killed, so it was not started again",
                                session_.stored().state.cut_off.at(id).alone),
         .host = core::host_name()});
  session_.keep(std::move(quarantined), choice.attempts);
}

/// @return false if stopped
bool TrialsStage::run_all(const Choice& choice, const std::vector<data::TrialSpec>& stage) {
  // A round waits for all trials before it, also for those that run alone.
  Rounds* const rounds = choice.alone.empty() ? rounds_ : std::exchange(rounds_, nullptr);
  if ((!choice.missing.empty() || more_will_come()) && !run_chosen(choice.missing, choice, stage))
    return false;
  for (const data::TrialSpec& suspect : choice.alone) {
    session_.screen().say(
        fmt::format("  trial {} runs alone: it was running the last {} times that the run was "
                    "killed, as others were",
                    suspect.id, most_cut_off));
    if (!run_chosen({suspect}, choice, stage)) return false;
  }
  if (choice.alone.empty()) return true;
  rounds_ = rounds;
  return !more_will_come() || run_chosen({}, choice, stage);
}

/// What of a stage is done without the trials that are about to run.
StageBefore TrialsStage::done_without(const std::vector<data::TrialSpec>& chosen,
                                      const std::vector<data::TrialSpec>& stage) const {
  std::unordered_map<std::string, double> left;
  for (const data::TrialSpec& spec : chosen) left[spec.id] = spec.cost;
  StageBefore before{.trials = stage.size()};
  for (const data::TrialSpec& spec : stage) {
    before.cost += spec.cost;
    const auto runs = left.find(spec.id);
    if (runs != left.end()) {
      before.cost_done += spec.cost - runs->second;
    } else if (session_.result_of(spec.id) != nullptr) {
      ++before.done;
      before.cost_done += spec.cost;
    }
  }
  return before;
}

/// @return false if not all of them ended, for the reason that is then in early_
bool TrialsStage::run_chosen(const std::vector<data::TrialSpec>& chosen, const Choice& choice,
                             const std::vector<data::TrialSpec>& stage) {
  const auto start = SteadyClock::now();
  const StopIsNoticed stop_is_noticed;
  const trial::TrialSource& source = *session_.opened().source;
  const sweep::SweepOptions options{
      .taken_out = {taken_out_.begin(), taken_out_.end()},
      .keeps_models = keeps_models(session_.campaign(), session_.stored().plan, source),
      .lost_after_seconds = session_.limits().lost_after_seconds,
      .known = choice.times};
  const std::stop_callback on_signal(session_.stop(),
                                     [stop = options.stop]() mutable { stop.request_stop(); });
  Caller caller(*this, choice, done_without(chosen, stage), options.stop);
  bool complete = false;
  try {
    complete = sweep::run_trials(session_.comm(), chosen, source, caller, options);
  } catch (const sweep::RanksLost& lost) {
    end_without(lost);
  }
  session_.screen().end_progress();
  session_.share_state();
  return agree_on_end(complete, caller.out_of_time(),
                      std::chrono::duration<double>(SteadyClock::now() - start).count());
}

/// The others may wait for the lost ranks for ever, so that the job has to end.
void TrialsStage::end_without(const sweep::RanksLost& lost) {
  session_.screen().end_progress();
  const EarlyEnd end = cut_short(lost.what(), session_.advance());
  session_.write_down(end, session_.got_further(), lost.trials());
  throw core::Error(end.code,
                    fmt::format("{}. Everything finished is saved; {}.", end.reason, end.remedy));
}

/// Each rank has its own view of signals and time; that of rank 0 counts.
bool TrialsStage::agree_on_end(bool complete, bool out_of_time, double had_seconds) {
  EarlyEnd early;
  if (session_.comm().is_root())
    early = why_early({.too_many_failures = failures_.reached(),
                       .complete = complete,
                       .out_of_time = out_of_time,
                       .signalled = session_.stop().stop_requested(),
                       .saves_progress = session_.traits().saves_progress(),
                       .ended_here = session_.ended_here(),
                       .had_seconds = had_seconds,
                       .left_seconds = session_.seconds_to_deadline(),
                       .stop_reason = session_.reason_to_stop(),
                       .advance = session_.advance()});
  const data::Json shared = json_from_root(
      session_.comm(), {static_cast<int>(early.code), early.reason, early.remedy, taken_out_});
  taken_out_ = shared.at(3).get<std::set<int>>();
  if (shared.at(1).get<std::string>().empty()) return true;
  early_ = {.code = static_cast<core::ExitCode>(shared.at(0).get<int>()),
            .reason = shared.at(1).get<std::string>(),
            .remedy = shared.at(2).get<std::string>()};
  return false;
}

bool TrialsStage::named_ended_well() const {
  const std::vector<std::string>& only = session_.limits().only;
  return std::all_of(only.begin(), only.end(), [&](const std::string& id) {
    const data::TrialResult* result = session_.result_of(id);
    return result != nullptr && result->status == data::TrialStatus::ok;
  });
}

}  // namespace bimix::run
