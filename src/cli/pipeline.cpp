#include "pipeline.hpp"

#include "job_end.hpp"
#include "run_stamp.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/report/page.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/results.hpp>
#include <bimix/store/status.hpp>
#include <bimix/sweep/check.hpp>
#include <bimix/sweep/collective.hpp>
#include <bimix/sweep/coordinator.hpp>
#include <bimix/sweep/run_trials.hpp>
#include <bimix/trial/command_source.hpp>
#include <bimix/trial/proxy_source.hpp>
#include <bimix/trial/replay_source.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace bimix::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds status_every{2};
constexpr std::chrono::minutes results_every{2};
/// A trial that was running each time is taken for the cause.
constexpr int most_cut_off = 5;
/// A job is left before it is ended: by two minutes, or a tenth of a short one.
constexpr std::int64_t longest_margin = 120;

/// Another attempt may do better. What a command gave up, took too long or diverged would do so
/// again.
bool may_pass(FailureKind kind) {
  return kind == FailureKind::data || kind == FailureKind::memory || kind == FailureKind::killed;
}

/// What rank 0 knows from the journal, for every rank.
std::string encoded(const JournalState& state) {
  Json json{{"entropy", Json::array()},
            {"results", Json::array()},
            {"check", Json::array()},
            {"cut_off", state.cut_off}};
  for (const EntropyTable& table : state.entropy) json["entropy"].push_back(to_json(table));
  for (const TrialResult& result : state.results) json["results"].push_back(to_json(result));
  for (const TrialSpec& spec : state.check_trials) json["check"].push_back(to_json(spec));
  return json.dump();
}

/// Every trial done, with losses of 1: where there will be observations.
std::vector<TrialResult> imagined_results(const SweepPlan& plan) {
  std::vector<TrialResult> results;
  for (const TrialSpec& spec : plan.trials) {
    TrialResult result;
    result.id = spec.id;
    for (const std::int64_t tokens : spec.tokens)
      result.curve.push_back(
          {.tokens = tokens, .loss_nats = std::vector<double>(plan.domains.eval.size(), 1.0)});
    results.push_back(std::move(result));
  }
  return results;
}

/// Adds the check's report, once all its trials have ended.
void judge_check(RunRecord& record) {
  const bool checked =
      !record.check_trials.empty() &&
      std::all_of(record.check_trials.begin(), record.check_trials.end(), [&](const auto& spec) {
        return std::any_of(record.results.begin(), record.results.end(),
                           [&](const TrialResult& result) { return result.id == spec.id; });
      });
  if (!checked) return;
  // Predicted for what was trained: the journal's mixtures, not today's optimum.
  std::vector<const TrialSpec*> rows;
  for (const TrialSpec& spec : record.check_trials)
    if (rows.empty() || rows.back()->mixture_label != spec.mixture_label) rows.push_back(&spec);
  const DomainSet& domains = record.plan.domains;
  Table predicted(rows.size(), domains.eval.size());
  for (std::size_t m = 0; m < rows.size(); ++m)
    for (std::size_t e = 0; e < predicted.columns; ++e)
      predicted(m, e) = predict(*used_law(record), e, rows[m]->mixture,
                                static_cast<double>(rows[m]->tokens.back()));
  record.check.push_back(make_check_report(record.check_trials, record.results, domains, predicted,
                                           record.optimum.front().weight));
}

/// A run in progress. Every rank holds the same trials and results; only rank 0 has the folder.
class Run {
 public:
  Run(Context& context, const ReadCampaign& read, const std::filesystem::path& path,
      const RunLimits& limits)
      : context_(context),
        comm_(context.comm()),
        path_(path),
        campaign_(read.campaign),
        limits_(limits) {
    stored_.path = path;
    stored_.campaign_text = read.text;
    opened_ = open_source(comm_, campaign_, path);
    collectively(comm_, [&] { require_whole_groups(comm_, opened_.source->ranks_per_trial()); });
    stored_.campaign = campaign_;
    stored_.resolved_text = resolved_yaml(campaign_);  // now with unique tokens counted
    open_folder();
  }

  ExitCode go() {
    measure_entropy();
    make_plan();
    collectively(comm_, [&] { refuse_unknown_trials(); });
    if (limits_.shard) return run_shard();
    if (!run_missing(stored_.plan.trials, "trials")) return interrupted();
    set_stage("fit");
    refuse_if_all_failed();
    RunRecord record;
    try {
      record = derive(comm_, stored_);
    } catch (const CollectiveError&) {
      if (comm_.is_root()) write_results_so_far();  // the losses are worth having all the same
      throw;
    }
    show_fit(record);
    if (campaign_.check.enabled && !record.optimum.empty()) {
      plan_check(record);
      if (!run_missing(stored_.state.check_trials, "check")) return interrupted();
      add_check(record);
      for (const CheckReport& report : record.check)
        context_.console.show("\n" + check_text(report));
    }
    return finish(std::move(record), run_finished);
  }

 private:
  /// One part of the trials; what is made of all of them is left to who merges the parts.
  ExitCode run_shard() {
    const auto [number, count] = *limits_.shard;
    std::vector<double> costs;
    for (const TrialSpec& spec : stored_.plan.trials) costs.push_back(spec.cost);
    const std::vector<std::size_t> shard_of = shared_out(costs, static_cast<int>(count));
    std::vector<TrialSpec> mine;
    for (std::size_t t = 0; t < shard_of.size(); ++t)
      if (shard_of[t] == number) mine.push_back(stored_.plan.trials[t]);
    context_.console.say(
        fmt::format("Shard {} of {} has {} of the trials", number, count, mine.size()));
    if (!run_missing(mine, "trials")) return interrupted();
    return finish(recorded(stored_), fmt::format("shard {} of {} is done", number, count));
  }

  void open_folder() {
    on_root(comm_, [&] {
      folder_ =
          std::make_unique<RunFolder>(path_, stored_.campaign_text, stored_.resolved_text,
                                      opened_.fingerprints, limits_.extend, limits_.take_over);
      const JournalState& state = folder_->state();
      for (const std::string& note : state.notes) context_.console.say("  " + note);
      if (!state.results.empty())
        context_.console.say(
            fmt::format("Resuming {}: {} trials are done", path_.string(), state.results.size()));
      stored_.state = state;
      stamp_ = run_stamp(context_.session, context_.command_line);
      folder_->journal().append(stamp_);
      status_ = {.started_utc = utc_seconds(), .ranks = comm_.size(), .pid = getpid()};
      status_.host = host_name();
      learn_deadline();
    });
    share_state(encoded(stored_.state));
    for (const std::string& note : opened_.notes) context_.console.say("  " + note);
  }

  void learn_deadline() {
    if (limits_.walltime_seconds > 0) {
      deadline_utc_ = utc_seconds() + static_cast<std::int64_t>(limits_.walltime_seconds);
      deadline_text_ = "the walltime of " + format_seconds(limits_.walltime_seconds) + " is over";
    }
    const auto job = job_end_utc();
    if (!job) return;
    const std::int64_t left = *job - utc_seconds();
    const std::int64_t leave = *job - std::min(longest_margin, left / 10);
    if (deadline_utc_ != 0 && deadline_utc_ <= leave) return;
    deadline_utc_ = leave;
    deadline_text_ = "the job's time is nearly over";
    context_.console.say("  the job ends in " + format_seconds(static_cast<double>(left)));
  }

  void share_state(const std::string& mine) {
    const Json state = Json::parse(comm_.broadcast(mine));
    stored_.state.entropy.clear();
    stored_.state.results.clear();
    stored_.state.check_trials.clear();
    for (const Json& table : state.at("entropy"))
      stored_.state.entropy.push_back(entropy_table_from(table));
    for (const Json& result : state.at("results"))
      stored_.state.results.push_back(trial_result_from(result));
    place_of_result_.clear();
    for (std::size_t i = 0; i < stored_.state.results.size(); ++i)
      place_of_result_[stored_.state.results[i].id] = i;
    for (const Json& spec : state.at("check"))
      stored_.state.check_trials.push_back(trial_spec_from(spec));
    stored_.state.cut_off = state.at("cut_off").get<std::map<std::string, int>>();
  }

  void measure_entropy() {
    if (!opened_.corpus) return;
    if (stored_.state.entropy.empty()) {
      set_stage("entropy");
      context_.console.heading("Entropies of the domains");
      stored_.state.entropy = {
          entropy_over_ranks(comm_, *opened_.corpus, campaign_.entropy, campaign_.seed)};
      on_root(comm_, [&] { folder_->journal().append(stored_.state.entropy.front()); });
    }
    context_.console.show(entropy_text(stored_.state.entropy.front()));
  }

  void make_plan() {
    collectively(comm_, [&] {
      stored_.plan = plan_campaign(campaign_, stored_.state.entropy, *opened_.source);
    });
    on_root(comm_, [&] {
      const auto& before = folder_->state().plan_trials;
      if (before.empty()) {
        folder_->journal().append_plan(stored_.plan.trials);
        return;
      }
      const bool same = std::equal(
          before.begin(), before.end(), stored_.plan.trials.begin(), stored_.plan.trials.end(),
          [](const TrialSpec& a, const TrialSpec& b) { return a.id == b.id; });
      if (!same && limits_.extend)
        extend_plan(before);
      else if (!same)
        throw DataError({.place = path_.string(),
                         .problem = "this program plans other trials than the folder holds",
                         .rule = "it is another version of bimix, or runs on another processor",
                         .remedy = "Resume with the version in results.h5's provenance, or start "
                                   "over with -o DIR"});
    });
    stored_.state.plan_trials = stored_.plan.trials;
    collectively(comm_, [&] { refuse_what_cannot_end_well(); });
    context_.console.say(fmt::format("{} trials of {} mixtures at {} volumes on {} {}",
                                     stored_.plan.trials.size(), stored_.plan.mixtures.size(),
                                     stored_.plan.tokens.size(), comm_.size(),
                                     comm_.size() == 1 ? "rank" : "ranks"));
    if (opened_.corpus) tell_of_repetition();
  }

  /// Writes down a plan that has grown. An extension adds: whoever drops trials wants another run.
  void extend_plan(const std::vector<TrialSpec>& before) {
    std::unordered_set<std::string> planned;
    for (const TrialSpec& spec : stored_.plan.trials) planned.insert(spec.id);
    const auto dropped = std::count_if(before.begin(), before.end(), [&](const TrialSpec& spec) {
      return !planned.contains(spec.id);
    });
    if (dropped > 0)
      throw DataError(
          {.place = "--extend",
           .problem = fmt::format("{} of the {} trials of {} are not in this design", dropped,
                                  before.size(), path_.string()),
           .rule =
               "an extension adds mixtures or repeats, and volumes only where each has a run of "
               "its own (axis: independent); drawn mixtures stay if `count` alone grows",
           .remedy = "Put back what is missing, or give this campaign a folder with -o DIR"});
    folder_->journal().append_plan(stored_.plan.trials);
    context_.console.say(
        fmt::format("Extended from {} to {} trials", before.size(), stored_.plan.trials.size()));
  }

  void tell_of_repetition() {
    const std::vector<double> epochs = most_epochs(*opened_.corpus, stored_.plan);
    for (std::size_t k = 0; k < epochs.size(); ++k)
      if (epochs[k] > 1)
        context_.console.say(fmt::format(
            "  '{}' is gone through {:.1f} times by the trial with most of it; laws take text that "
            "is repeated for new. Add text, or lower its largest share or volume.",
            campaign_.domains.train[k], epochs[k]));
  }

  /// What would only show after all the training: too few mixtures or volumes for the law, and
  /// limits of the optimum that leave no mixture among the shares that are tried.
  void refuse_what_cannot_end_well() const {
    if (campaign_.source != SourceKind::replay)
      require_fittable(observations_of(stored_.plan, imagined_results(stored_.plan)),
                       campaign_.fit);
    LawFit tried{.domains = campaign_.domains};
    tried.share_low.assign(campaign_.domains.train.size(), 1.0);
    tried.share_high.assign(campaign_.domains.train.size(), 0.0);
    for (const Mixture& mixture : stored_.plan.mixtures)
      for (std::size_t k = 0; k < mixture.size(); ++k) {
        if (mixture[k] > 0) tried.share_low[k] = std::min(tried.share_low[k], mixture[k]);
        tried.share_high[k] = std::max(tried.share_high[k], mixture[k]);
      }
    allowed_box(tried, optimize_options(campaign_, stored_.plan));
  }

  void refuse_if_all_failed() const {
    const auto& results = stored_.state.results;
    const bool any_ok = std::any_of(results.begin(), results.end(), [](const TrialResult& r) {
      return r.status == TrialStatus::ok;
    });
    if (any_ok || results.empty()) return;
    throw CollectiveError(ExitCode::data,
                          fmt::format("{}: all {} trials ended badly, the first with: {}",
                                      path_.string(), results.size(), results.front().message));
  }

  /// `--only` names trials of the plan or of the check.
  void refuse_unknown_trials() const {
    std::vector<std::string> known;
    for (const auto* trials : {&stored_.plan.trials, &stored_.state.check_trials})
      for (const TrialSpec& spec : *trials) known.push_back(spec.id);
    for (const std::string& id : limits_.only) {
      if (std::find(known.begin(), known.end(), id) != known.end()) continue;
      throw UsageError(
          Complaint{.place = "--only",
                    .problem = fmt::format("this campaign has no trial '{}'", id),
                    .remedy = did_you_mean(id, known, "`bimix plan CAMPAIGN` lists the trials")});
    }
  }

  bool is_wanted(const TrialSpec& spec, const TrialResult* before) const {
    if (limits_.only.empty()) return before == nullptr || before->status == TrialStatus::failed;
    return std::find(limits_.only.begin(), limits_.only.end(), spec.id) != limits_.only.end() &&
           (before == nullptr || before->status != TrialStatus::ok);
  }

  /// It was running each of the last times that the run was killed, and nobody insists on it.
  bool kills_runs(const TrialSpec& spec) const {
    const auto times = stored_.state.cut_off.find(spec.id);
    return limits_.only.empty() && times != stored_.state.cut_off.end() &&
           times->second >= most_cut_off;
  }

  TrialResult quarantine_of(const std::string& id) const {
    return {.id = id,
            .status = TrialStatus::failed,
            .failure = FailureKind::quarantined,
            .message = fmt::format("it was running each of the last {} times that the run was "
                                   "killed, so it was not started again",
                                   stored_.state.cut_off.at(id)),
            .host = host_name()};
  }

  /// Logged runs take no time: nothing happens while they run.
  void note_starts(const std::vector<const TrialSpec*>& started) {
    if (campaign_.source == SourceKind::replay) return;
    std::vector<std::string> ids;
    for (const TrialSpec* spec : started) ids.push_back(spec->id);
    folder_->journal().append_starts(ids);
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
    return static_cast<double>(deadline_utc_ - utc_seconds());
  }

  /// What is to be done about the trials of a stage.
  struct Choice {
    std::vector<TrialSpec> missing{};        ///< to be run
    std::vector<std::string> quarantined{};  ///< not to be started again, by id
    std::unordered_map<std::string, int> attempts{};
    CostModel times{};           ///< of those that ended well before
    std::size_t done = 0;        ///< how many that are
    bool some_left_out = false;  ///< without a result, since `--only` does not name them
  };

  Choice choose(const std::vector<TrialSpec>& trials) const {
    std::unordered_map<std::string, const TrialResult*> known;
    for (const TrialResult& result : stored_.state.results) known[result.id] = &result;
    Choice choice;
    for (const TrialSpec& spec : trials) {
      const auto found = known.find(spec.id);
      const TrialResult* before = found == known.end() ? nullptr : found->second;
      if (before != nullptr && before->status == TrialStatus::ok) {
        ++choice.done;
        choice.times.learn(spec.cost, before->wall_seconds);
      }
      if (!is_wanted(spec, before)) {
        choice.some_left_out = choice.some_left_out || before == nullptr;
        continue;
      }
      choice.attempts[spec.id] = before == nullptr ? 1 : before->attempt + 1;
      if (kills_runs(spec))
        choice.quarantined.push_back(spec.id);
      else
        choice.missing.push_back(spec);
    }
    return choice;
  }

  /// Of the trials that were just run those that failed in a way that may pass.
  Choice again(const Choice& tried) const {
    std::unordered_map<std::string, const TrialSpec*> specs;
    for (const TrialSpec& spec : tried.missing) specs[spec.id] = &spec;
    Choice choice{.times = tried.times};
    for (const TrialResult& result : stored_.state.results)
      if (const auto spec = specs.find(result.id);
          spec != specs.end() && may_pass(result.failure)) {
        choice.missing.push_back(*spec->second);
        choice.attempts[result.id] = result.attempt + 1;
      }
    return choice;
  }

  /// Runs those of the trials that have no result, or a failed one; with `--only`, those.
  /// @return false if stopped, or if trials are left out that have no result
  bool run_missing(const std::vector<TrialSpec>& trials, const std::string& stage) {
    set_stage(stage);
    Choice choice = choose(trials);
    const bool some_left_out = choice.some_left_out;
    if (some_left_out) stop_reason_ = "only the trials that --only names were run";
    on_root(comm_, [&] {
      std::vector<TrialResult> quarantined;
      for (const std::string& id : choice.quarantined) quarantined.push_back(quarantine_of(id));
      keep(std::move(quarantined), choice);
    });
    if (choice.missing.empty()) {
      share_state(comm_.is_root() ? encoded(stored_.state) : std::string());
      return !some_left_out;
    }
    failures_ = FailureLimit(limits_.failures, choice.missing.size());
    for (std::size_t i = 0; i < choice.done; ++i) failures_.ended(true);
    context_.console.heading(stage == "check" ? "Training default and optimum on fresh repeats"
                                              : "Running the trials");
    for (int retry = 0;; ++retry) {
      if (!run_chosen(choice, trials.size())) return false;
      choice = again(choice);
      if (choice.missing.empty() || retry == limits_.retries) return !some_left_out;
      failures_.tried_again(choice.missing.size());
      context_.console.say(fmt::format("  trying {} again that failed in a way that may pass",
                                       choice.missing.size()));
    }
  }

  /// @param total trials of the stage @return false if stopped, with the reason kept
  bool run_chosen(const Choice& choice, std::size_t total) {
    const std::size_t before = total - choice.missing.size();
    bool out_of_time = false;
    const TrialsRunning running;
    const bool complete = run_trials(
        comm_, choice.missing, *opened_.source,
        {.on_start = [&](const auto& started) { note_starts(started); },
         .on_results =
             [&](const std::vector<TrialResult>& results) {
               for (const TrialResult& result : results)
                 failures_.ended(result.status == TrialStatus::ok);
               keep(results, choice);
             },
         .on_progress =
             [&](const SweepProgress& p) {
               out_of_time = p.out_of_time;
               tell(p, before, total);
             },
         .load = [&](const TrialSpec& spec) { return checkpoint_of(spec); },
         .save = [&](const TrialSpec& spec, std::string_view bytes) { save(spec, bytes); },
         .stop_requested = [&] { return !reason_to_stop().empty(); },
         .seconds_to_deadline = [&] { return seconds_to_deadline(); }},
        choice.times);
    context_.console.end_progress();
    share_state(comm_.is_root() ? encoded(stored_.state) : std::string());
    // Too many failures are a reason even if they are known only now that all trials have ended.
    const std::string failures = comm_.broadcast(failures_.reached().value_or(""));
    gave_up_ = !failures.empty();
    if (gave_up_) {
      stop_reason_ = failures;
    } else if (!complete) {
      const std::string reason = comm_.broadcast(
          reason_to_stop().empty() && out_of_time
              ? "none of the trials that are left would end in time: " + deadline_in_words()
              : reason_to_stop());
      stop_reason_ = reason.empty() ? "stopped by a signal" : reason;  // that another rank got
    }
    return complete && !gave_up_;
  }

  std::string deadline_in_words() const {
    return "the run is to stop in " + format_seconds(seconds_to_deadline());
  }

  std::string checkpoint_of(const TrialSpec& spec) const {
    const ReadCheckpoint read = read_checkpoint(path_, spec.id);
    if (!read.problem.empty()) fmt::print(stderr, "{}. The trial begins anew.\n", read.problem);
    return read.bytes;
  }

  /// A checkpoint that cannot be written costs time later, not the trial.
  void save(const TrialSpec& spec, std::string_view bytes) const {
    try {
      write_checkpoint(path_, spec.id, bytes);
    } catch (const DataError& error) {
      fmt::print(stderr, "{}. The trial goes on without it.\n", error.what());
    }
  }

  /// Writes results down; what is on the disk counts as done.
  void keep(std::vector<TrialResult> results, const Choice& choice) {
    for (TrialResult& result : results) result.attempt = choice.attempts.at(result.id);
    folder_->journal().append_results(results);
    for (TrialResult& result : results) {
      remove_checkpoint(path_, result.id);
      const std::string words = in_words(result);
      if (result.status == TrialStatus::ok) {
        context_.console.detail(words);
      } else {
        context_.console.say(words);
        status_.last_failure = trimmed(words);
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

  static std::string in_words(const TrialResult& result) {
    if (result.status == TrialStatus::ok)
      return fmt::format("  trial {} on rank {}: {}", result.id, result.rank,
                         format_seconds(result.wall_seconds));
    const std::string kind =
        result.failure == FailureKind::none ? "" : " (" + failure_word(result.failure) + ")";
    return fmt::format("  trial {} {}{} on {}, attempt {}: {}", result.id,
                       status_word(result.status), kind, result.host, result.attempt,
                       result.message);
  }

  void tell(const SweepProgress& p, std::size_t before, std::size_t total) {
    const double percent = p.cost_total > 0 ? 100 * p.cost_done / p.cost_total : 100.0;
    const std::string left =
        p.seconds_left >= 0 ? ", " + format_seconds(p.seconds_left) + " left" : "";
    const auto known = [](double seconds) { return seconds >= 0 ? seconds : std::nan(""); };
    context_.console.progress(fmt::format("  {}: {}/{} done, {} running, {:.0f} % of the work{}",
                                          status_.stage, before + p.done, total, p.running, percent,
                                          left));
    status_.trials_total = static_cast<int>(total);
    status_.trials_done = static_cast<int>(before + p.done);
    status_.trials_running = p.running;
    status_.trials_failed = static_cast<int>(
        std::count_if(stored_.state.results.begin(), stored_.state.results.end(),
                      [](const TrialResult& r) { return r.status != TrialStatus::ok; }));
    status_.work_done = percent / 100;
    status_.trials_per_hour =
        p.elapsed_seconds > 0 ? 3600 * static_cast<double>(p.done) / p.elapsed_seconds : 0.0;
    status_.eta_seconds = known(p.seconds_left);
    status_.eta_low = known(p.seconds_left_low);
    status_.eta_high = known(p.seconds_left_high);
    status_.deadline_utc = deadline_utc_;
    status_.longest.clear();
    for (const RunningTrial& one : p.longest)
      status_.longest.push_back({one.rank, one.id, one.seconds, one.fraction});
    const auto now = SteadyClock::now();
    if (now >= next_status_) {
      next_status_ = now + status_every;
      beat("");
    }
    if (now >= next_results_) {
      if (next_results_ != SteadyClock::time_point{}) write_results_so_far();
      next_results_ = now + results_every;
    }
  }

  void set_stage(const std::string& stage) {
    status_.stage = stage;
    if (comm_.is_root()) beat("");
  }

  /// The heartbeat is for people who look; a run does not end for want of it.
  void beat(const std::string& message) {
    status_.updated_utc = utc_seconds();
    status_.message = message;
    try {
      write_status(path_, status_);
    } catch (const Error& error) {
      if (!status_complained_) context_.console.say(fmt::format("  {}", error.what()));
      status_complained_ = true;
    }
  }

  void show_fit(const RunRecord& record) {
    if (record.laws.size() > 1) context_.console.show("\n" + laws_text(record.laws));
    context_.console.show("\n" + fit_text(*used_law(record), campaign_.fit.level));
    for (const MixtureChoice& choice : record.optimum)
      context_.console.show("\n" + optimum_text(choice, campaign_.domains));
  }

  /// Fixes the mixtures of the check, with all digits, before any of them is trained.
  void plan_check(const RunRecord& record) {
    if (!stored_.state.check_trials.empty()) return;
    const std::int64_t largest = stored_.plan.tokens.back();
    const auto wanted = static_cast<std::int64_t>(record.optimum.front().tokens);
    const std::int64_t tokens =
        campaign_.check.tokens > 0 ? campaign_.check.tokens : std::min(wanted, largest);
    stored_.state.check_trials = make_check_trials(
        stored_.plan, campaign_.seed,
        {{"default", campaign_.default_mixture}, {"optimum", record.optimum.front().share}}, tokens,
        campaign_.check.repeats, *opened_.source);
    on_root(comm_, [&] { folder_->journal().append_check_plan(stored_.state.check_trials); });
  }

  /// The check's trials have ended; what was derived from the others stands.
  void add_check(RunRecord& record) const {
    record.check_trials = stored_.state.check_trials;
    record.results = stored_.state.results;
    collectively(comm_, [&] { judge_check(record); });
  }

  void write_results_so_far() {
    RunRecord record = recorded(stored_);
    record.stamp = stamp_;
    write_results(path_ / "results.h5", record);
  }

  void tell_of_failures() const {
    std::string text = failures_text(stored_.state.results);
    if (text.empty()) return;
    text.pop_back();  // a line of talk brings its own line end
    context_.console.say(text);
  }

  /// The trials did not all run. Everything that there is, is saved.
  ExitCode interrupted() {
    const ExitCode code = gave_up_ ? ExitCode::data : ExitCode::interrupted;
    on_root(comm_, [&] {
      write_results_so_far();
      folder_->journal().append(RunStop{.exit_code = static_cast<int>(code),
                                        .reason = stop_reason_,
                                        .utc_seconds = utc_seconds()});
      beat(stop_reason_ + "; the same command resumes");
      tell_of_failures();
    });
    if (gave_up_)
      throw CollectiveError(
          code,
          fmt::format("{}: {}. What finished is saved. Mend the cause and repeat the command; "
                      "--max-failures 100% lets every trial be tried.",
                      path_.string(), stop_reason_));
    context_.console.say(fmt::format(
        "Interrupted: {}. Everything finished is saved; the same command resumes.", stop_reason_));
    return code;
  }

  /// @param reason for which this session ends, as the journal has it
  ExitCode finish(RunRecord record, const std::string& reason) {
    const auto count = [&](TrialStatus status) {
      return std::count_if(record.results.begin(), record.results.end(),
                           [&](const TrialResult& r) { return r.status == status; });
    };
    const auto diverged = count(TrialStatus::diverged);
    const auto failed = count(TrialStatus::failed);
    const auto code = failed + diverged > 0 ? ExitCode::some_trials_failed : ExitCode::done;
    on_root(comm_, [&] {
      stamp_.facts.emplace_back("end_utc", utc_text(utc_now()));
      record.stamp = stamp_;
      write_results(path_ / "results.h5", record);
      folder_->journal().append(RunStop{
          .exit_code = static_cast<int>(code), .reason = reason, .utc_seconds = utc_seconds()});
      status_.trials_running = 0;
      status_.eta_seconds = status_.eta_low = status_.eta_high = 0;
      status_.longest.clear();
      status_.stage = "done";
      beat("");
    });
    on_root(comm_, [&] { tell_of_failures(); });
    if (failed > 0)
      context_.console.say(
          failed == 1 ? "1 trial failed; the same command tries it again"
                      : fmt::format("{} trials failed; the same command tries them again", failed));
    if (diverged > 0)
      context_.console.say(fmt::format("{} {} diverged; left out of the fit", diverged,
                                       diverged == 1 ? "trial has" : "trials have"));
    context_.console.say("Results: " + (path_ / "results.h5").string());
    return code;
  }

  Context& context_;
  const Comm& comm_;
  std::filesystem::path path_;
  Campaign campaign_;
  OpenedSource opened_;
  RunLimits limits_;
  FailureLimit failures_{std::nullopt, 0};  // of the stage that runs
  std::string stop_reason_{};               // why not all trials ran
  bool gave_up_ = false;                    // too many of them failed
  std::int64_t deadline_utc_ = 0;           // rank 0: when to stop; 0: never
  std::string deadline_text_{};             // why then
  std::unique_ptr<RunFolder> folder_;       // rank 0
  StoredRun stored_;
  std::unordered_map<std::string, std::size_t> place_of_result_{};  // by id
  RunStamp stamp_;
  RunStatus status_;
  bool status_complained_ = false;
  SteadyClock::time_point next_status_{};
  SteadyClock::time_point next_results_{};
};

}  // namespace

ReadCampaign read_campaign_together(const Context& context, const std::filesystem::path& file,
                                    const std::filesystem::path& folder) {
  ReadCampaign read;
  on_root(context.comm(), [&] {
    read.text = read_file(file);
    read.campaign = parse_campaign(read.text, file.string());
    if (read.campaign.source == SourceKind::proxy) {
      const auto path = folder.empty() ? "runs/" + read.campaign.name : folder.string();
      if (std::filesystem::exists(std::filesystem::path(path) / "resolved.yaml")) {
        // A resumed run keeps what the first machine chose where the campaign leaves it open.
        const ProxyOptions before =
            read_campaign(std::filesystem::path(path) / "resolved.yaml").proxy;
        ProxyOptions& now = read.campaign.proxy;
        if (now.isa == "auto") now.isa = before.isa;
        if (now.precision == "auto") now.precision = before.precision;
        if (now.micro_batch == 0) now.micro_batch = before.micro_batch;
      }
      read.campaign.proxy = resolved(read.campaign.proxy);
    }
  });
  read.text = context.comm().broadcast(read.text);
  // Rank 0 reads its own writing too: what runs is what resolved.yaml says.
  const std::string resolved_text =
      context.comm().broadcast(context.comm().is_root() ? resolved_yaml(read.campaign) : "");
  collectively(context.comm(),
               [&] { read.campaign = parse_campaign(resolved_text, "resolved.yaml"); });
  return read;
}

OpenedSource open_source(const Comm& comm, Campaign& campaign,
                         const std::filesystem::path& folder) {
  OpenedSource opened;
  collectively(comm, [&] {
    if (!campaign.corpus.domains.empty()) {
      opened.corpus.emplace(campaign.corpus);
      for (std::size_t k = 0; k < opened.corpus->domain_count(); ++k) {
        opened.fingerprints.emplace_back(campaign.domains.train[k], opened.corpus->fingerprint(k));
        if (campaign.unique_tokens[k] == unique_tokens_auto)
          campaign.unique_tokens[k] =
              static_cast<double>(opened.corpus->tokens(k, Part::train).size());
      }
    }
    if (campaign.source == SourceKind::proxy) {
      opened.source = std::make_unique<ProxySource>(*opened.corpus, campaign.proxy, campaign.seed);
      // Rounded as the volumes are, or it would leave out the very volume it names.
      if (campaign.fit.min_tokens > 0)
        campaign.fit.min_tokens =
            static_cast<double>(whole_steps({static_cast<std::int64_t>(campaign.fit.min_tokens)},
                                            opened.source->tokens_per_step())
                                    .front());
    } else if (campaign.source == SourceKind::command) {
      opened.source = std::make_unique<CommandSource>(
          campaign.command, campaign.domains,
          folder.empty() ? std::filesystem::path("runs") / campaign.name : folder);
    } else {
      LossLog log = in_order_of(campaign.domains, read_logs(campaign.replay));
      opened.notes = log.notes;
      opened.fingerprints.emplace_back("logs", log.fingerprint);
      opened.source = std::make_unique<ReplaySource>(std::move(log));
    }
  });
  return opened;
}

SweepPlan plan_campaign(const Campaign& campaign, const std::vector<EntropyTable>& entropy,
                        const TrialSource& source) {
  const PlanInput input{.name = campaign.name,
                        .seed = campaign.seed,
                        .domains = campaign.domains,
                        .default_mixture = campaign.default_mixture,
                        .design = campaign.design};
  return campaign.source == SourceKind::replay ? make_replay_plan(input, entropy, source)
                                               : make_plan(input, entropy, source);
}

std::vector<double> most_epochs(const Corpus& corpus, const SweepPlan& plan) {
  std::vector<double> epochs(corpus.domain_count(), 0.0);
  for (std::size_t k = 0; k < epochs.size(); ++k)
    for (const Mixture& mixture : plan.mixtures)
      epochs[k] =
          std::max(epochs[k], mixture[k] * static_cast<double>(plan.tokens.back()) /
                                  static_cast<double>(corpus.tokens(k, Part::train).size()));
  return epochs;
}

OptimizeOptions optimize_options(const Campaign& campaign, const SweepPlan& plan) {
  OptimizeOptions options = campaign.optimize;
  if (options.tokens == 0) options.tokens = static_cast<double>(plan.tokens.back());
  options.unique_tokens = campaign.unique_tokens;
  options.level = campaign.fit.level;
  return options;
}

RunRecord derive(const Comm& comm, const StoredRun& run) {
  RunRecord record = recorded(run);
  const Observations observations = observations_of(run.plan, run.state.results);
  LawFits fits = fit_laws_over_ranks(comm, observations, run.campaign.fit);
  record.laws = std::move(fits.laws);
  collectively(comm, [&] {
    record.optimum.push_back(best_mixture(record.laws[fits.used],
                                          optimize_options(run.campaign, run.plan),
                                          run.campaign.default_mixture));
    judge_check(record);
  });
  return record;
}

ExitCode run_campaign(Context& context, const ReadCampaign& read,
                      const std::filesystem::path& folder, const RunLimits& limits) {
  return Run(context, read, folder, limits).go();
}

}  // namespace bimix::cli
