#include "choice.hpp"
#include "live_status.hpp"
#include "long_work.hpp"
#include "saved_progress.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/plan/check.hpp>
#include <bimix/report/page.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/campaign_notes.hpp>
#include <bimix/run/campaign_run.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/job_end.hpp>
#include <bimix/run/stop.hpp>
#include <bimix/spread/collective.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/store/results.hpp>
#include <bimix/sweep/coordinator.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace bimix::run {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::minutes results_every{2};
/// A job is left before it is ended: by a little more than the five minutes at which Slurm sends
/// our scripts USR1, so that it is known to be for time; or by a tenth of a short one.
constexpr std::int64_t longest_margin = 330;
/// Of a session: what files_of_command said when it began.
constexpr const char* command_files_fact = "command_files";
constexpr const char* same_command = "the same command resumes";
constexpr const char* mend_and_repeat = "mend that and repeat the command";

/// What rank 0 knows from the journal, for every rank, but for the results.
std::string encoded(const store::JournalState& state, const Suspicions& suspicions) {
  data::Json json{{"entropy", data::Json::array()},
                  {"results", state.results.size()},
                  {"check", data::Json::array()},
                  {"suspicions", to_json(suspicions)}};
  for (const data::EntropyTable& table : state.entropy)
    json["entropy"].push_back(data::to_json(table));
  for (const data::TrialSpec& spec : state.check_trials)
    json["check"].push_back(data::to_json(spec));
  return json.dump();
}

/// Results on their way to ranks that fit laws to them. @param first to `last`, not included
std::string encoded(const std::vector<data::TrialResult>& results, std::size_t first,
                    std::size_t last) {
  data::Json json = data::Json::array();
  for (std::size_t i = first; i < last; ++i) json.push_back(data::to_json(results[i]));
  std::string bytes;
  data::Json::to_cbor(json, bytes);
  return bytes;
}

/// Every trial done, with losses of its own: where there will be observations.
std::vector<data::TrialResult> imagined_results(const data::SweepPlan& plan) {
  std::vector<data::TrialResult> results;
  for (const data::TrialSpec& spec : plan.trials) {
    data::TrialResult result;
    result.id = spec.id;
    for (const std::int64_t tokens : spec.tokens)
      result.curve.push_back(
          {.tokens = tokens,
           .loss_nats = std::vector<double>(plan.domains.eval.size(),
                                            1.0 + static_cast<double>(results.size()))});
    results.push_back(std::move(result));
  }
  return results;
}

/// "4 trials are done, 1 failed".
std::string counted(const std::vector<data::TrialResult>& results) {
  std::map<data::TrialStatus, std::size_t> counts;
  for (const data::TrialResult& result : results) ++counts[result.status];
  const std::size_t done = counts[data::TrialStatus::ok];
  std::string text = fmt::format("{} {} done", done, done == 1 ? "trial is" : "trials are");
  for (const data::TrialStatus status :
       {data::TrialStatus::failed, data::TrialStatus::diverged, data::TrialStatus::missing})
    if (counts[status] > 0)
      text += fmt::format(", {} {}", counts[status], report::status_word(status));
  return text;
}

/// What a stop ends as it can be ended, while this lives.
struct WatchedWork {
  explicit WatchedWork(LongWork::Hooks hooks) : work(std::move(hooks)) {}
  StopIsNoticed stop_is_noticed{};
  LongWork work;
};

/// Why not all trials ran, and what is to be done about it.
struct EarlyEnd {
  core::ExitCode code = core::ExitCode::interrupted;
  std::string reason{};  ///< empty: they all ran
  std::string remedy{};
};

/// A run in progress. Every rank holds the same trials and results; only rank 0 has the folder.
class Run {
 public:
  Run(const Surroundings& around, const ReadCampaign& read, const std::filesystem::path& path,
      const RunLimits& limits)
      : comm_(around.comm),
        screen_(around.screen),
        path_(path),
        campaign_(read.campaign),
        limits_(limits),
        stamp_(around.stamp) {
    screen_.outlive_output();
    stored_.path = path;
    stored_.campaign_text = read.text;
    opened_ = open_source(comm_, campaign_, path);
    par::collectively(comm_, [&] {
      sweep::require_whole_groups(comm_.size(), opened_.source->ranks_per_trial());
    });
    // A node that cannot do what was settled refuses before it is given a trial.
    if (campaign_.source == config::SourceKind::proxy)
      par::collectively(comm_, [&] { proxy::require_runnable_here(campaign_.proxy); });
    for (std::string& note : notes_on_processors(comm_, campaign_))
      opened_.notes.push_back(std::move(note));
    stored_.campaign = campaign_;
    stored_.resolved_text = config::resolved_yaml(campaign_);  // now with unique tokens counted
    open_folder();
  }

  core::ExitCode go() {
    measure_entropy();
    make_plan();
    if (limits_.shard) return run_shard();
    if (!run_missing(stored_.plan.trials, "trials")) return ended_early();
    set_stage("fit");
    refuse_if_all_failed();
    data::RunRecord record;
    try {
      const auto watch = watch_over(
          "fitting", "the fit begins anew: give it more time or ranks, or fewer bootstrap samples");
      record = derive(comm_, stored_);
    } catch (const par::CollectiveError& error) {
      // The losses are worth having all the same.
      if (comm_.is_root())
        write_down({.code = error.exit_code(), .reason = error.what(), .remedy = mend_and_repeat},
                   true);
      throw;
    }
    show_fit(record);
    if (campaign_.check.enabled && !record.optimum.empty()) {
      plan_check(record);
      if (!run_missing(stored_.state.check_trials, "check")) return ended_early();
      add_check(record);
      for (const data::CheckReport& report : record.check)
        screen_.show("\n" + report::check_text(report));
    }
    return finish(std::move(record), run_finished);
  }

 private:
  /// One part of the trials; what is made of all of them is left to who merges the parts.
  core::ExitCode run_shard() {
    const auto [number, count] = *limits_.shard;
    std::vector<double> costs;
    for (const data::TrialSpec& spec : stored_.plan.trials) costs.push_back(spec.cost);
    const std::vector<std::size_t> shard_of = sweep::shared_out(costs, static_cast<int>(count));
    std::vector<data::TrialSpec> mine;
    for (std::size_t t = 0; t < shard_of.size(); ++t)
      if (shard_of[t] == number) mine.push_back(stored_.plan.trials[t]);
    screen_.say(fmt::format("Shard {} of {} has {} of the trials", number, count, mine.size()));
    if (!run_missing(mine, "trials")) return ended_early();
    return finish(recorded(stored_), fmt::format("shard {} of {} is done", number, count));
  }

  void open_folder() {
    par::on_root(comm_, [&] {
      folder_ =
          std::make_unique<RunFolder>(path_, stored_.campaign_text, stored_.resolved_text,
                                      opened_.fingerprints, limits_.extend, limits_.take_over);
      const store::JournalState& state = folder_->state();
      for (const std::string& note : state.notes) screen_.say("  " + note);
      if (!state.results.empty())
        screen_.say(
            fmt::format("Resuming {}: {}", path_.string(), counted(current_results(state))));
      stored_.state = state;
      saved_at_begin_ = saved_now();
      refuse_if_killed_early(state);
      suspicions_ = suspicions(state, saved_at_begin_);
      note_files_of_command(state);
      if (state.plan_trials.empty()) begin_session();
      learn_deadline();
      status_ = std::make_unique<LiveStatus>(screen_, path_, comm_.size(), deadline_utc_);
    });
    share_state();
    for (const std::string& note : opened_.notes) screen_.say("  " + note);
  }

  /// A job that is killed before it gets anywhere would be queued again for ever. It is refused
  /// once: the refusal is a word in the journal, and the next session is free to try.
  void refuse_if_killed_early(const store::JournalState& state) const {
    if (state.silent < most_cut_off) return;
    const std::string reason =
        fmt::format("the last {} sessions were killed before a trial began or ended", state.silent);
    folder_->journal().append(store::RunStop{.exit_code = static_cast<int>(core::ExitCode::data),
                                             .reason = reason,
                                             .utc_seconds = core::utc_seconds()});
    throw core::DataError({.place = path_.string(),
                           .problem = reason,
                           .rule = "one more would end the same way",
                           .remedy = "See in the output of the jobs what killed them (memory, most "
                                     "often), mend it and repeat the command"});
  }

  /// Trials are compared as if the same program had run all of them.
  void note_files_of_command(const store::JournalState& state) {
    const std::string files = files_of_command(campaign_.command);
    if (files.empty()) return;
    stamp_.facts.emplace_back(command_files_fact, files);
    if (state.sessions.empty()) return;
    for (const auto& [name, before] : state.sessions.back().facts)
      if (name == command_files_fact)
        for (const std::string& file : changed_files(before, files))
          screen_.say(
              fmt::format("  '{}' has changed since the run was last started. Trials of before and "
                          "after are compared as if it had not; start over with -o DIR if that "
                          "matters.",
                          file));
  }

  /// From here on the folder is this campaign's. One that has a plan already is only changed once
  /// nothing can refuse the campaign any more.
  void begin_session() {
    made_something_ = made_something_ || !folder_->state().header;
    folder_->begin();
    folder_->journal().append(stamp_);
  }

  void learn_deadline() {
    if (limits_.walltime_seconds > 0) {
      deadline_utc_ = core::utc_seconds() + static_cast<std::int64_t>(limits_.walltime_seconds);
      deadline_text_ =
          "the walltime of " + core::format_seconds(limits_.walltime_seconds) + " is over";
    }
    const JobEnd end = job_end(core::utc_seconds());
    if (!end.note.empty()) screen_.say("  " + end.note);
    const auto job = end.utc;
    if (!job) return;
    const std::int64_t left = *job - core::utc_seconds();
    const std::int64_t leave = *job - std::min(longest_margin, left / 10);
    if (deadline_utc_ != 0 && deadline_utc_ <= leave) return;
    deadline_utc_ = leave;
    deadline_text_ = "the job's time is nearly over";
    screen_.say("  the job ends in " + core::format_seconds(static_cast<double>(left)));
  }

  /// Gives every rank what rank 0 has; results by the thousand, so that no rank needs room for all
  /// of them twice.
  void share_state() {
    constexpr std::size_t at_a_time = 1000;
    const bool root = comm_.is_root();
    store::JournalState& state = stored_.state;
    const data::Json head =
        data::Json::parse(comm_.broadcast(root ? encoded(state, suspicions_) : std::string()));
    if (!root) state.results.clear();
    const auto count = head.at("results").get<std::size_t>();
    for (std::size_t first = 0; first < count; first += at_a_time) {
      const std::size_t last = std::min(count, first + at_a_time);
      const std::string bytes =
          comm_.broadcast(root ? encoded(state.results, first, last) : std::string());
      if (root) continue;
      for (const data::Json& result : data::Json::from_cbor(bytes))
        state.results.push_back(data::trial_result_from(result));
    }
    place_of_result_.clear();
    for (std::size_t i = 0; i < state.results.size(); ++i)
      place_of_result_[state.results[i].id] = i;
    if (root) return;
    state.entropy.clear();
    state.check_trials.clear();
    for (const data::Json& table : head.at("entropy"))
      state.entropy.push_back(data::entropy_table_from(table));
    for (const data::Json& spec : head.at("check"))
      state.check_trials.push_back(data::trial_spec_from(spec));
    suspicions_ = suspicions_from(head.at("suspicions"));
  }

  void measure_entropy() {
    if (!opened_.corpus) return;
    if (stored_.state.entropy.empty()) {
      set_stage("entropy");
      screen_.heading("Entropies of the domains");
      stored_.state.entropy = {measured_entropy()};
      par::on_root(comm_, [&] { folder_->journal().append(stored_.state.entropy.front()); });
      made_something_ = true;
    }
    screen_.show(report::entropy_text(stored_.state.entropy.front()));
  }

  data::EntropyTable measured_entropy() {
    const auto watch =
        watch_over("measuring entropies", "they are measured anew: give it more time or ranks");
    return spread::entropy_over_ranks(comm_, *opened_.corpus, campaign_.entropy, campaign_.seed);
  }

  void make_plan() {
    par::collectively(comm_, [&] {
      stored_.plan = plan_campaign(campaign_, stored_.state.entropy, *opened_.source);
    });
    par::collectively(comm_, [&] {
      refuse_what_cannot_end_well();
      refuse_unknown_trials();
    });
    par::on_root(comm_, [&] {
      const auto& before = folder_->state().plan_trials;
      const bool same = std::equal(
          before.begin(), before.end(), stored_.plan.trials.begin(), stored_.plan.trials.end(),
          [](const data::TrialSpec& a, const data::TrialSpec& b) { return a.id == b.id; });
      if (!same && !folder_->state().results.empty()) {
        tell_of_extension(before, checked_extension(before));
      }
      if (!before.empty()) begin_session();
      if (!same) folder_->journal().append_plan(stored_.plan.trials);
      made_something_ = made_something_ || !same;
    });
    stored_.state.plan_trials = stored_.plan.trials;
    screen_.say(fmt::format("{} trials of {} mixtures at {} {} on {} {}",
                            stored_.plan.trials.size(), stored_.plan.mixtures.size(),
                            stored_.plan.tokens.size(),
                            stored_.plan.tokens.size() == 1 ? "volume" : "volumes", comm_.size(),
                            comm_.size() == 1 ? "rank" : "ranks"));
    if (opened_.corpus) tell_of_repetition();
  }

  /// A trial that is given more volumes, and what it was.
  using GrownTrial = std::pair<const data::TrialSpec*, const data::TrialSpec*>;

  /// A folder with results may be given a plan that has grown, if that is asked for: whoever drops
  /// trials or volumes wants another run.
  std::vector<GrownTrial> checked_extension(const std::vector<data::TrialSpec>& before) const {
    if (!limits_.extend)
      throw core::DataError({.place = path_.string(),
                             .problem = "this program plans other trials than the folder holds",
                             .rule = "it is another version of bimix, or runs on another processor",
                             .remedy =
                                 "Resume with the version in results.h5's provenance, or start "
                                 "over with -o DIR"});
    std::unordered_set<std::string> planned;
    std::unordered_map<std::string, const data::TrialSpec*> by_run;
    for (const data::TrialSpec& spec : stored_.plan.trials) {
      planned.insert(spec.id);
      by_run[plan::run_id(spec)] = &spec;
    }
    std::vector<GrownTrial> grown;
    const data::TrialSpec* dropped = nullptr;
    std::size_t count = 0;
    for (const data::TrialSpec& spec : before) {
      if (planned.contains(spec.id)) continue;
      const auto now = by_run.find(plan::run_id(spec));
      if (now != by_run.end() && plan::has_more_volumes(*now->second, spec)) {
        grown.emplace_back(now->second, &spec);
        continue;
      }
      ++count;
      dropped = &spec;
    }
    if (dropped == nullptr) return grown;
    throw core::DataError(
        {.place = "--extend",
         .problem = fmt::format("{} of the {} trials of {} are not in this design", count,
                                before.size(), path_.string()),
         .rule = "an extension adds mixtures, repeats or volumes; drawn mixtures stay if `count` "
                 "alone grows",
         .remedy = fmt::format("Put back what is missing, such as `values: [{}]` under "
                               "design.volumes, or give this campaign a folder with -o DIR",
                               fmt::join(dropped->tokens, ", "))});
  }

  /// Where volumes were added above those that a trial had, the model that it ended with is where
  /// the extended one begins.
  void tell_of_extension(const std::vector<data::TrialSpec>& before,
                         const std::vector<GrownTrial>& grown) {
    screen_.say(
        fmt::format("Extended from {} to {} trials", before.size(), stored_.plan.trials.size()));
    if (grown.empty() || campaign_.source == config::SourceKind::replay) return;
    for (const auto& [now, then] : grown)
      if (goes_on(path_, *now, *then)) cost_before_[now->id] = then->cost;
    screen_.say(fmt::format(
        "  {} trials get more volumes: {} go on from the models they ended with, {} begin anew",
        grown.size(), cost_before_.size(), grown.size() - cost_before_.size()));
  }

  void tell_of_repetition() {
    const std::vector<double> epochs = most_epochs(*opened_.corpus, stored_.plan);
    for (std::size_t k = 0; k < epochs.size(); ++k)
      if (epochs[k] > 1)
        screen_.say(fmt::format(
            "  '{}' is gone through {:.1f} times by the trial with most of it; laws take text that "
            "is repeated for new. Add text, or lower its largest share or volume.",
            campaign_.domains.train[k], epochs[k]));
  }

  /// What would only show after all the training: too few mixtures or volumes for the law, and
  /// limits of the optimum that leave no mixture among the shares that are tried.
  void refuse_what_cannot_end_well() const {
    if (campaign_.source != config::SourceKind::replay)
      law::require_fittable(plan::observations_of(stored_.plan, imagined_results(stored_.plan)),
                            campaign_.fit);
    data::LawFit tried{.domains = campaign_.domains};
    tried.share_low.assign(campaign_.domains.train.size(), 1.0);
    tried.share_high.assign(campaign_.domains.train.size(), 0.0);
    for (const data::Mixture& mixture : stored_.plan.mixtures)
      for (std::size_t k = 0; k < mixture.size(); ++k) {
        if (mixture[k] > 0) tried.share_low[k] = std::min(tried.share_low[k], mixture[k]);
        tried.share_high[k] = std::max(tried.share_high[k], mixture[k]);
      }
    for (std::size_t k = 0; k < tried.share_low.size(); ++k)  // of what no mixture has
      tried.share_low[k] = std::min(tried.share_low[k], tried.share_high[k]);
    mix::allowed_box(tried, optimize_options(campaign_, stored_.plan));
  }

  void refuse_if_all_failed() {
    const std::vector<data::TrialResult> results = current_results(stored_.state);
    const bool any_ok = std::any_of(results.begin(), results.end(), [](const data::TrialResult& r) {
      return r.status == data::TrialStatus::ok;
    });
    if (any_ok || results.empty()) return;
    const EarlyEnd end{.code = core::ExitCode::data,
                       .reason = fmt::format("all {} trials ended badly, the first with: {}",
                                             results.size(), results.front().message),
                       .remedy = mend_and_repeat};
    par::on_root(comm_, [&] {
      write_down(end, true);
      tell_of_failures();
    });
    throw par::CollectiveError(end.code, path_.string() + ": " + end.reason);
  }

  /// `--only` names trials of the plan or of the check.
  void refuse_unknown_trials() const {
    std::vector<std::string> known;
    for (const auto* trials : {&stored_.plan.trials, &stored_.state.check_trials})
      for (const data::TrialSpec& spec : *trials) known.push_back(spec.id);
    for (const std::string& id : limits_.only) {
      if (std::find(known.begin(), known.end(), id) != known.end()) continue;
      throw core::UsageError(core::Complaint{
          .place = "--only",
          .problem = fmt::format("this campaign has no trial '{}'", id),
          .remedy = core::did_you_mean(id, known, "`bimix plan CAMPAIGN` lists the trials")});
    }
  }

  data::TrialResult quarantine_of(const std::string& id) const {
    return {.id = id,
            .status = data::TrialStatus::failed,
            .failure = data::FailureKind::quarantined,
            .message = fmt::format("it was running each of the last {} times that the run was "
                                   "killed, so it was not started again",
                                   stored_.state.cut_off.at(id).alone),
            .host = core::host_name()};
  }

  /// Logged runs take no time: nothing happens while they run.
  void note_starts(const std::vector<const data::TrialSpec*>& started) {
    if (campaign_.source == config::SourceKind::replay) return;
    std::vector<store::TrialStart> starts;
    for (const data::TrialSpec* spec : started) {
      const auto saved = saved_at_begin_.find(spec->id);
      starts.push_back({spec->id, saved == saved_at_begin_.end() ? "" : saved->second});
    }
    folder_->journal().append_starts(starts);
  }

  /// What unfinished trials would go on from, by id.
  std::map<std::string, std::string> saved_now() const {
    if (!opened_.source->saves_progress()) return {};
    return campaign_.source == config::SourceKind::command ? saved_by_commands(path_)
                                                           : store::saved_checkpoints(path_);
  }

  /// Rank 0: whether this session has done something that the next one need not do again.
  bool got_further() const {
    return made_something_ || ended_here_ > 0 || saved_now() != saved_at_begin_;
  }

  /// Rank 0: the end of a session before the end of its run. 75 is a promise that the same command
  /// gets further; a second session in a row that got nowhere does not make it.
  EarlyEnd cut_short(const std::string& reason) const {
    if (got_further() || !stored_.state.stuck) return {.reason = reason, .remedy = same_command};
    return {.code = core::ExitCode::data,
            .reason = reason + ", for the second time without having got any further",
            .remedy =
                "give it more time between its start and its stop (where a batch system "
                "warns before the end of a job: a longer job, or a later warning)"};
  }

  /// Watches over what cannot be stopped in order or saved, as long as what it returns lives.
  /// @collective @param work "fitting" @param anew what the next session does about it
  std::unique_ptr<WatchedWork> watch_over(const std::string& work, const std::string& anew) {
    EarlyEnd end;
    double seconds = 0.0;
    par::on_root(comm_, [&] {
      end = cut_short("stopped while " + work);
      end.remedy = anew;
      seconds = seconds_to_deadline();
    });
    const data::Json shared = data::Json::parse(
        comm_.broadcast(data::Json{static_cast<int>(end.code), data::to_json(seconds)}.dump()));
    end.code = static_cast<core::ExitCode>(shared.at(0).get<int>());
    LongWork::Hooks hooks{.is_to_stop = [] { return stop_requested(); },
                          .end = [code = end.code] { std::_Exit(static_cast<int>(code)); }};
    if (!shared.at(1).is_null()) {
      const auto until =
          SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                   std::chrono::duration<double>(shared.at(1).get<double>()));
      hooks.is_to_stop = [until] { return stop_requested() || SteadyClock::now() >= until; };
    }
    if (comm_.is_root()) {
      hooks.beat = [this] { status_->beat(""); };
      hooks.last_words = [this, end]() mutable {
        end.reason += ": " + (stop_requested() ? "a signal came" : deadline_text_);
        end_long_work(end);
      };
    } else {
      hooks.end_after = std::chrono::seconds(2);
    }
    return std::make_unique<WatchedWork>(std::move(hooks));
  }

  /// Rank 0: the last words of a process that ends in the middle of something.
  void end_long_work(const EarlyEnd& end) {
    try {
      write_down(end, false);
    } catch (const std::exception& error) {
      screen_.complain(error.what());
    }
    screen_.complain(fmt::format("{}: {}. Everything finished is saved; {}.", path_.string(),
                                 end.reason, end.remedy));
  }

  /// Why the trials should stop now, empty if they should not. Ranks other than 0 see signals only.
  std::string reason_to_stop() const {
    if (stop_requested()) return "stopped by a signal";
    if (!comm_.is_root()) return "";
    if (seconds_to_deadline() <= 0) return deadline_text_;
    return failures_.reached().value_or("");
  }

  double seconds_to_deadline() const {
    if (deadline_utc_ == 0) return std::numeric_limits<double>::infinity();
    return static_cast<double>(deadline_utc_ - core::utc_seconds());
  }

  /// Runs those of the trials that have no result, or a failed one; with `--only`, those.
  /// @return false if stopped, or if trials are left out that have no result
  bool run_missing(const std::vector<data::TrialSpec>& trials, const std::string& stage) {
    set_stage(stage);
    Choice choice =
        choose({trials, stored_.state.results, limits_.only, suspicions_, cost_before_});
    if (choice.some_left_out)
      early_ = {.code = core::ExitCode::done,
                .reason = "only the trials that --only names were run",
                .remedy = "without --only the same command runs the others"};
    for (const std::string& id : choice.done_before)
      screen_.say(fmt::format("  trial {} has ended well before; it is not repeated", id));
    par::on_root(comm_, [&] {
      std::vector<data::TrialResult> quarantined;
      for (const std::string& id : choice.quarantined) quarantined.push_back(quarantine_of(id));
      keep(std::move(quarantined), choice);
    });
    if (choice.is_empty()) {
      share_state();
      return !choice.some_left_out;
    }
    failures_ = FailureLimit(limits_.failures, trials.size());
    for (std::size_t i = 0; i < choice.done; ++i) failures_.ended(true);
    screen_.heading(stage == "check" ? "Training default and optimum on fresh repeats"
                                     : "Running the trials");
    for (int retry = 0;; ++retry) {
      const std::set<int> out_before = taken_out_;
      if (!run_all(choice, trials)) return false;
      std::size_t hopeful = 0;
      choice = choose_again(choice, stored_.state.results, [&](const data::TrialResult& result) {
        if (taken_out_.contains(result.rank) && !out_before.contains(result.rank)) return true;
        const bool is_hopeful = retry < limits_.retries && may_pass(result.failure);
        hopeful += is_hopeful;
        return is_hopeful;
      });
      if (choice.is_empty()) return early_.reason.empty();
      failures_.tried_again(hopeful);
      screen_.say(
          fmt::format("  trying {} again that failed in a way that may pass, or on ranks that were "
                      "taken out",
                      choice.missing.size()));
    }
  }

  /// @param stage all trials of the stage @return false if stopped
  bool run_all(const Choice& choice, const std::vector<data::TrialSpec>& stage) {
    if (!choice.missing.empty() && !run_chosen(choice.missing, choice, stage)) return false;
    for (const data::TrialSpec& suspect : choice.alone) {
      screen_.say(
          fmt::format("  trial {} runs alone: it was running the last {} times that the run was "
                      "killed, as others "
                      "were",
                      suspect.id, most_cut_off));
      if (!run_chosen({suspect}, choice, stage)) return false;
    }
    return true;
  }

  /// What of a stage is done without the trials that are about to run.
  StageBefore done_without(const std::vector<data::TrialSpec>& chosen,
                           const std::vector<data::TrialSpec>& stage) const {
    std::unordered_map<std::string, double> left;
    for (const data::TrialSpec& spec : chosen) left[spec.id] = spec.cost;
    StageBefore before{.trials = stage.size()};
    for (const data::TrialSpec& spec : stage) {
      before.cost += spec.cost;
      const auto runs = left.find(spec.id);
      if (runs != left.end()) {
        before.cost_done += spec.cost - runs->second;
      } else if (place_of_result_.contains(spec.id)) {
        ++before.done;
        before.cost_done += spec.cost;
      }
    }
    return before;
  }

  /// @return false if not all of them ended, for the reason that is then in early_
  bool run_chosen(const std::vector<data::TrialSpec>& chosen, const Choice& choice,
                  const std::vector<data::TrialSpec>& stage) {
    const StageBefore before = done_without(chosen, stage);
    const auto start = SteadyClock::now();
    bool out_of_time = false, complete = false;
    const StopIsNoticed stop_is_noticed;
    try {
      complete = sweep::run_trials(
          comm_, chosen, *opened_.source,
          {.on_start = [&](const auto& started) { note_starts(started); },
           .on_results =
               [&](const std::vector<data::TrialResult>& results) {
                 for (const data::TrialResult& result : results)
                   if (!taken_out_.contains(result.rank))
                     failures_.ended(result.status == data::TrialStatus::ok);
                 ended_here_ += results.size();
                 keep(results, choice);
               },
           .on_failures = [&](bool some_work) { failures_.some_work(some_work); },
           .on_taken_out = [&](const sweep::TakenOut& out) { take_out(out); },
           .taken_out = {taken_out_.begin(), taken_out_.end()},
           .on_progress =
               [&](const sweep::SweepProgress& p) {
                 out_of_time = p.out_of_time;
                 tell(p, before);
               },
           .load = [&](const data::TrialSpec& spec) { return checkpoint_of(spec); },
           .save = [&](const data::TrialSpec& spec, std::string_view bytes) { save(spec, bytes); },
           .keep = keeper(),
           .note =
               [&](const data::TrialSpec& spec, const std::string& text) {
                 screen_.warn(fmt::format("  trial {}: {}", spec.id, text));
               },
           .stop_requested = [&] { return !reason_to_stop().empty(); },
           .seconds_to_deadline = [&] { return seconds_to_deadline(); },
           .lost_after_seconds = limits_.lost_after_seconds},
          choice.times);
    } catch (const sweep::RanksLost& lost) {
      screen_.end_progress();
      const EarlyEnd end = cut_short(lost.what());
      write_down(end, got_further(), lost.trials());
      throw core::Error(
          end.code, fmt::format("{}. Everything finished is saved; {}.", end.reason, end.remedy));
    }
    screen_.end_progress();
    share_state();
    const double had = std::chrono::duration<double>(SteadyClock::now() - start).count();
    EarlyEnd early;
    if (comm_.is_root()) early = why_early(complete, out_of_time, had);
    // Each rank has its own view of signals and time; that of rank 0 counts.
    const data::Json shared = data::Json::parse(comm_.broadcast(
        data::Json{static_cast<int>(early.code), early.reason, early.remedy, taken_out_}.dump()));
    taken_out_ = shared.at(3).get<std::set<int>>();
    if (shared.at(1).get<std::string>().empty()) return true;
    early_ = {.code = static_cast<core::ExitCode>(shared.at(0).get<int>()),
              .reason = shared.at(1).get<std::string>(),
              .remedy = shared.at(2).get<std::string>()};
    return false;
  }

  /// Rank 0. What failed there is tried elsewhere, when all others have ended.
  void take_out(const sweep::TakenOut& out) {
    taken_out_.insert(out.ranks.begin(), out.ranks.end());
    failures_.tried_again(out.failed);
    const std::string words = out.words + " They are tried elsewhere";
    screen_.say("  " + words);
    status_->tell_failure(words);
  }

  /// Rank 0. @param had seconds that the trials had
  EarlyEnd why_early(bool complete, bool out_of_time, double had) const {
    // Too many failures are a reason even if they are known only now that all trials have ended.
    if (const auto failures = failures_.reached())
      return {.code = core::ExitCode::data,
              .reason = *failures,
              .remedy =
                  "mend the cause and repeat the command; --max-failures 100% lets every "
                  "trial be tried"};
    if (complete) return {};
    const bool for_time = !stop_requested() && (out_of_time || seconds_to_deadline() <= 0);
    if (for_time && ended_here_ == 0 && !opened_.source->saves_progress())
      return {.code = core::ExitCode::data,
              .reason = fmt::format("no trial ended in the {} that this run had for them, and they "
                                    "cannot go on later",
                                    core::format_seconds(had)),
              .remedy = "give the run more time, or let its command resume (`resumes: true`)"};
    const std::string reason = reason_to_stop();
    if (!reason.empty()) return cut_short(reason);
    return cut_short(out_of_time ? "none of the trials that are left would end in time: " +
                                       deadline_in_words()
                                 : "stopped by a signal");  // that another rank got
  }

  std::string deadline_in_words() const {
    return "the run is to stop in " + core::format_seconds(seconds_to_deadline());
  }

  std::string checkpoint_of(const data::TrialSpec& spec) const {
    store::ReadCheckpoint read = store::read_checkpoint(path_, spec.id);
    if (read.bytes.empty() && read.problem.empty())
      read = store::read_model(path_, plan::run_id(spec));
    if (!read.problem.empty()) screen_.warn(read.problem + ". The trial begins anew.");
    return read.bytes;
  }

  std::function<void(const data::TrialSpec&, std::string_view)> keeper() const {
    if (!keeps_models(campaign_, stored_.plan, *opened_.source)) return {};
    return [this](const data::TrialSpec& spec, std::string_view bytes) {
      if (spec.purpose == "check") return;
      try {
        store::write_model(path_, plan::run_id(spec), bytes);
      } catch (const core::DataError& error) {
        screen_.warn(fmt::format("{} The trial's model is not kept.", error.what()));
      }
    };
  }

  /// A checkpoint that cannot be written costs time later, not the trial.
  void save(const data::TrialSpec& spec, std::string_view bytes) const {
    try {
      store::write_checkpoint(path_, spec.id, bytes);
    } catch (const core::DataError& error) {
      screen_.warn(fmt::format("{} The trial goes on without it.", error.what()));
    }
  }

  /// Writes results down; what is on the disk counts as done.
  void keep(std::vector<data::TrialResult> results, const Choice& choice) {
    for (data::TrialResult& result : results) result.attempt = choice.attempts.at(result.id);
    folder_->journal().append_results(results);
    for (data::TrialResult& result : results) {
      // What is quarantined may be insisted on.
      if (result.failure != data::FailureKind::quarantined)
        store::remove_checkpoint(path_, result.id);
      const std::string words = in_words(result);
      if (result.status == data::TrialStatus::ok) {
        screen_.detail(words);
      } else {
        screen_.say(words);
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

  static std::string in_words(const data::TrialResult& result) {
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

  void tell(const sweep::SweepProgress& progress, const StageBefore& before) {
    status_->tell(progress, before, count_not_ok());
    const auto now = SteadyClock::now();
    if (now < next_results_) return;
    if (next_results_ != SteadyClock::time_point{}) write_results_so_far();
    next_results_ = now + results_every;
  }

  std::size_t count_not_ok() const {
    std::size_t count = 0;
    for (const auto* trials : {&stored_.plan.trials, &stored_.state.check_trials})
      for (const data::TrialSpec& spec : *trials)
        if (const auto place = place_of_result_.find(spec.id); place != place_of_result_.end())
          count += stored_.state.results[place->second].status != data::TrialStatus::ok;
    return count;
  }

  void set_stage(const std::string& stage) {
    if (status_) status_->begin_stage(stage);
  }

  void show_fit(const data::RunRecord& record) {
    if (!comm_.is_root()) return;  // the others have no held-out figures
    if (record.laws.size() > 1) screen_.show("\n" + report::laws_text(record.laws));
    screen_.show("\n" + report::fit_text(*report::used_law(record), campaign_.fit.level));
    for (const data::MixtureChoice& choice : record.optimum)
      screen_.show("\n" + report::optimum_text(choice, campaign_.domains));
  }

  /// Fixes the mixtures of the check, with all digits, before any of them is trained.
  void plan_check(const data::RunRecord& record) {
    if (!stored_.state.check_trials.empty()) return;
    const std::int64_t largest = stored_.plan.tokens.back();
    const auto wanted = static_cast<std::int64_t>(record.optimum.front().tokens);
    const std::int64_t tokens =
        campaign_.check.tokens > 0 ? campaign_.check.tokens : std::min(wanted, largest);
    stored_.state.check_trials = plan::make_check_trials(
        stored_.plan, campaign_.seed,
        {{"default", campaign_.default_mixture}, {"optimum", record.optimum.front().share}}, tokens,
        campaign_.check.repeats, *opened_.source);
    par::on_root(comm_, [&] { folder_->journal().append_check_plan(stored_.state.check_trials); });
  }

  /// The check's trials have ended; what was derived from the others stands.
  void add_check(data::RunRecord& record) const {
    record.check_trials = stored_.state.check_trials;
    record.results = current_results(stored_.state);
    par::collectively(comm_, [&] { judge_check(record); });
  }

  void write_results_so_far() {
    data::RunRecord record = recorded(stored_);
    record.stamp = stamp_;
    store::write_results(path_ / "results.h5", record);
  }

  void tell_of_failures() const {
    std::string text = report::failures_text(current_results(stored_.state));
    if (text.empty()) return;
    text.pop_back();  // a line of talk brings its own line end
    screen_.say(text);
  }

  /// Rank 0: everything that there is, and why there is no more.
  /// @param further, cut_off see RunStop
  void write_down(const EarlyEnd& early, bool further,
                  const std::vector<std::string>& cut_off = {}) {
    write_results_so_far();
    folder_->journal().append(store::RunStop{.exit_code = static_cast<int>(early.code),
                                             .reason = early.reason,
                                             .utc_seconds = core::utc_seconds(),
                                             .cut_off = cut_off,
                                             .got_further = further});
    status_->end_early(early.reason + "; " + early.remedy);
  }

  /// The trials did not all run.
  core::ExitCode ended_early() {
    if (early_.code == core::ExitCode::done && !named_ended_well())
      early_.code = core::ExitCode::some_trials_failed;
    par::on_root(comm_, [&] {
      write_down(early_, got_further());
      tell_of_failures();
    });
    const std::string told =
        fmt::format("{}. Everything finished is saved; {}.", early_.reason, early_.remedy);
    if (early_.code == core::ExitCode::data)
      throw par::CollectiveError(early_.code, path_.string() + ": " + told);
    screen_.say(early_.code == core::ExitCode::interrupted ? "Interrupted: " + told
                                                           : "Done: " + told);
    return early_.code;
  }

  bool named_ended_well() const {
    return std::all_of(limits_.only.begin(), limits_.only.end(), [&](const std::string& id) {
      const auto place = place_of_result_.find(id);
      return place != place_of_result_.end() &&
             stored_.state.results[place->second].status == data::TrialStatus::ok;
    });
  }

  /// @param reason for which this session ends, as the journal has it
  core::ExitCode finish(data::RunRecord record, const std::string& reason) {
    const auto count = [&](data::TrialStatus status) {
      return std::count_if(record.results.begin(), record.results.end(),
                           [&](const data::TrialResult& r) { return r.status == status; });
    };
    const auto diverged = count(data::TrialStatus::diverged);
    const auto quarantined = std::count_if(
        record.results.begin(), record.results.end(),
        [](const data::TrialResult& r) { return r.failure == data::FailureKind::quarantined; });
    const auto failed = count(data::TrialStatus::failed) - quarantined;
    const auto code = failed + diverged + quarantined > 0 ? core::ExitCode::some_trials_failed
                                                          : core::ExitCode::done;
    par::on_root(comm_, [&] {
      stamp_.facts.emplace_back("end_utc", core::utc_text(core::utc_now()));
      record.stamp = stamp_;
      store::write_results(path_ / "results.h5", record);
      folder_->journal().append(store::RunStop{.exit_code = static_cast<int>(code),
                                               .reason = reason,
                                               .utc_seconds = core::utc_seconds()});
      status_->end(record.plan.trials.size() + record.check_trials.size(), record.results.size(),
                   static_cast<std::size_t>(failed + diverged + quarantined));
    });
    par::on_root(comm_, [&] { tell_of_failures(); });
    if (failed > 0)
      screen_.say(failed == 1
                      ? "1 trial failed; the same command tries it again"
                      : fmt::format("{} trials failed; the same command tries them again", failed));
    if (quarantined > 0)
      screen_.say(fmt::format(
          "{} not tried again, unless with --only",
          quarantined == 1 ? "1 trial is" : std::to_string(quarantined) + " trials are"));
    if (diverged > 0)
      screen_.say(fmt::format("{} {} diverged; left out of the fit", diverged,
                              diverged == 1 ? "trial has" : "trials have"));
    screen_.say("Results: " + (path_ / "results.h5").string());
    return code;
  }

  const par::Comm& comm_;
  Screen& screen_;
  std::filesystem::path path_;
  config::Campaign campaign_;
  OpenedSource opened_;
  RunLimits limits_;
  FailureLimit failures_{std::nullopt, 0};  // of the stage that runs
  EarlyEnd early_{};
  std::set<int> taken_out_{};    // ranks on which all failed while others worked
  std::size_t ended_here_ = 0;   // rank 0: trials of this session
  bool made_something_ = false;  // rank 0: folder, entropies or plan
  std::map<std::string, std::string> saved_at_begin_{};  // rank 0: see TrialStart::saved
  Suspicions suspicions_{};
  std::int64_t deadline_utc_ = 0;      // rank 0: when to stop; 0: never
  std::string deadline_text_{};        // why then
  std::unique_ptr<RunFolder> folder_;  // rank 0
  StoredRun stored_;
  std::unordered_map<std::string, std::size_t> place_of_result_{};  // by id
  std::unordered_map<std::string, double> cost_before_{};  // rank 0: work that is not repeated
  data::RunStamp stamp_;
  std::unique_ptr<LiveStatus> status_;  // rank 0
  SteadyClock::time_point next_results_{};
};

}  // namespace

core::ExitCode run_campaign(const Surroundings& around, const ReadCampaign& read,
                            const std::filesystem::path& folder, const RunLimits& limits) {
  return Run(around, read, folder, limits).go();
}

}  // namespace bimix::run
