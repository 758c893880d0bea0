#include "check_rivals.hpp"
#include "from_root.hpp"
#include "plan_checks.hpp"
#include "session.hpp"
#include "trials_stage.hpp"

#include <bimix/core/file.hpp>
#include <bimix/core/text.hpp>
#include <bimix/corpus/tokenizer.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/trials.hpp>
#include <bimix/law/evaluate.hpp>
#include <bimix/law/law.hpp>
#include <bimix/plan/check.hpp>
#include <bimix/plan/reuse.hpp>
#include <bimix/plan/rounds.hpp>
#include <bimix/report/page.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/forecast.hpp>
#include <bimix/run/former.hpp>
#include <bimix/run/run_campaign.hpp>
#include <bimix/run/texts.hpp>
#include <bimix/spread/collective.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/sweep/coordinator.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace bimix::run {
namespace {

/// The stages of a run, in their order.
class Run {
 public:
  Run(const Surroundings& around, const ReadCampaign& read, const std::filesystem::path& folder,
      const RunLimits& limits)
      : session_(around, read, folder, limits) {}

  core::ExitCode go() {
    refuse_shard_of_rounds();
    measure_entropy();
    TrialsStage trials(session_, make_plan());
    if (const auto code = shown_again()) return *code;
    if (session_.limits().shard) return run_shard(trials);
    if (const EarlyEnd end = run_trials(trials); !end.reason.empty()) return end_early(end, trials);
    session_.begin_stage("fit");
    refuse_if_all_failed();
    data::RunRecord record = fit();
    show_fit(record);
    if (session_.campaign().check.enabled && !record.optimum.empty()) {
      plan_check(record);
      if (const EarlyEnd end = trials.run_missing(stored().state.check_trials, "check");
          !end.reason.empty())
        return end_early(end, trials);
      add_check(record);
    }
    return finish(std::move(record), reason_to_finish());
  }

 private:
  const par::Comm& comm() const { return session_.comm(); }
  Screen& screen() const { return session_.screen(); }
  StoredRun& stored() { return session_.stored(); }

  void refuse_shard_of_rounds() {
    par::collectively(comm(), [&] {
      if (session_.limits().shard && session_.campaign().design.adaptive)
        throw core::UsageError(core::Complaint{
            .place = "--shard",
            .problem = "this campaign chooses its own mixtures",
            .rule = "a round is chosen by all results, and a shard has a part of them",
            .remedy = "Leave --shard out, or `design.adaptive`"});
    });
  }

  /// Of ranks beyond those that a batch and the one before it keep busy some would wait.
  void tell_of_idle_ranks() {
    const std::string words =
        idle_ranks_words(session_.campaign(), session_.traits(), comm().size());
    if (!words.empty()) screen().say("  " + words);
  }

  /// All trials of the plan and, where the campaign chooses more, those of its rounds.
  EarlyEnd run_trials(TrialsStage& trials) {
    std::optional<Rounds> rounds;
    if (comm().is_root() && session_.campaign().design.adaptive && session_.limits().only.empty())
      rounds.emplace(session_);
    EarlyEnd end = trials.run_missing(stored().plan.trials, "trials", rounds ? &*rounds : nullptr);
    if (session_.campaign().design.adaptive)  // it has grown
      stored().plan = from_root(comm(), std::move(stored().plan));
    return end;
  }

  /// One part of the trials; what is made of all of them is left to who merges the parts.
  core::ExitCode run_shard(TrialsStage& trials) {
    const std::vector<data::TrialSpec> mine = trials_of_this_run();
    screen().say(fmt::format("Shard {} of {} has {} of the trials", session_.limits().shard->number,
                             session_.limits().shard->count, mine.size()));
    if (const EarlyEnd end = trials.run_missing(mine, "trials"); !end.reason.empty())
      return end_early(end, trials);
    return finish(recorded(stored()), reason_to_finish());
  }

  /// Those of the plan that are not left to other shards.
  std::vector<data::TrialSpec> trials_of_this_run() const {
    const std::vector<data::TrialSpec>& all = session_.stored().plan.trials;
    if (!session_.limits().shard) return all;
    const auto [number, count] = *session_.limits().shard;
    std::vector<double> costs;
    for (const data::TrialSpec& spec : all) costs.push_back(spec.cost);
    const std::vector<std::size_t> shard_of = sweep::shared_out(costs, static_cast<int>(count));
    std::vector<data::TrialSpec> mine;
    for (std::size_t t = 0; t < shard_of.size(); ++t)
      if (shard_of[t] == number) mine.push_back(all[t]);
    return mine;
  }

  /// As the journal has it.
  std::string reason_to_finish() const {
    if (!session_.limits().shard) return run_finished;
    const auto [number, count] = *session_.limits().shard;
    return fmt::format("shard {} of {} is done", number, count);
  }

  /// Rank 0: whether the run came to its end before, and no trial is left to run.
  /// @param same the plan is that of the journal
  bool is_finished(bool same) const {
    if (!same || !session_.limits().only.empty() || !session_.is_finished(reason_to_finish()))
      return false;
    const store::JournalState& state = session_.stored().state;
    const auto has_all = [&](const std::vector<data::TrialSpec>& trials) {
      const Choice choice = choose({trials, state.results, {}, session_.suspicions(), {}});
      return choice.is_empty() && choice.quarantined.empty();
    };
    return has_all(trials_of_this_run()) &&
           (session_.limits().shard || has_all(state.check_trials));
  }

  /// @collective Of a run that is finished: shows its results once more and writes nothing, if
  /// results.h5 is what follows from the journal. Or else the session begins.
  std::optional<core::ExitCode> shown_again() {
    if (!json_from_root(comm(), finished_).get<bool>()) return std::nullopt;
    std::optional<data::RunRecord> record;
    if (session_.limits().shard)
      record = recorded(stored());
    else
      record = derive_from_kept(comm(), screen(), stored());
    Closing closing;
    bool stands = false;
    par::on_root(comm(), [&] {
      stands = record && session_.has_results_of(*record);
      if (!stands) return session_.begin();
      closing = closing_of(record->results);
      session_.tell_finished(*record, closing);
    });
    const data::Json shared = json_from_root(comm(), {stands, static_cast<int>(closing.code)});
    if (!shared.at(0).get<bool>()) return std::nullopt;
    if (!session_.limits().shard) show_fit(*record);
    for (const data::CheckReport& report : record->check)
      screen().show("\n" + report::check_text(report));
    say_farewell(closing);
    return static_cast<core::ExitCode>(shared.at(1).get<int>());
  }

  void measure_entropy() {
    if (!session_.opened().corpus) return;
    std::vector<data::EntropyTable>& entropy = stored().state.entropy;
    if (entropy.empty()) {
      session_.begin_stage("entropy");
      screen().heading("Entropies of the domains");
      entropy = {measured_entropy()};
      par::on_root(comm(), [&] {
        session_.folder().journal().append(entropy.front());
        session_.note_advance();
      });
    }
    screen().show(report::entropy_text(entropy.front()));
  }

  data::EntropyTable measured_entropy() {
    const auto watch = session_.watch_over("measuring entropies",
                                           "they are measured anew: give it more time or ranks");
    const config::Campaign& campaign = session_.campaign();
    return spread::entropy_over_ranks(comm(), *session_.opened().corpus, campaign.entropy,
                                      campaign.seed);
  }

  /// @return work that need not be repeated, by id of the trial
  std::unordered_map<std::string, double> make_plan() {
    data::SweepPlan& plan = stored().plan;
    const config::Campaign& campaign = session_.campaign();
    std::unordered_map<std::string, double> cost_before;
    par::on_root(comm(), [&] {
      // Rounds that were chosen before are read, and not chosen again.
      plan = plan::with_rounds(
          with_former(plan_campaign(campaign, stored().state.entropy, *session_.opened().source)),
          stored().state.plan_trials);
      if (const std::string words =
              refuse_what_cannot_end_well(campaign, plan, stored().state.entropy);
          !words.empty())
        screen().say("  " + words);
      refuse_unknown_trials(session_.limits().only, plan.trials, stored().state.check_trials);
      cost_before = write_plan();
      keep_corpus_table();
      keep_tokenizer();
    });
    plan.domains = campaign.domains;
    plan = from_root(comm(), std::move(plan));
    cost_before =
        json_from_root(comm(), cost_before).get<std::unordered_map<std::string, double>>();
    stored().state.plan_trials = plan.trials;
    if (!campaign.design.reuse.empty()) session_.share_state();
    const auto reused =
        std::count_if(plan.trials.begin(), plan.trials.end(),
                      [](const data::TrialSpec& spec) { return !spec.reused.empty(); });
    screen().say(fmt::format("{} trials{} of {} mixtures at {} {} on {} {}", plan.trials.size(),
                             reused > 0 ? fmt::format(", of which {} are reused,", reused) : "",
                             plan.mixtures.size(), plan.tokens.size(),
                             plan.tokens.size() == 1 ? "volume" : "volumes", comm().size(),
                             comm().size() == 1 ? "rank" : "ranks"));
    tell_of_idle_ranks();
    if (session_.opened().corpus) tell_of_repetition();
    return cost_before;
  }

  /// Rank 0: the plan with the trials of former runs, which the journal has or will have.
  data::SweepPlan with_former(const data::SweepPlan& plan) {
    if (session_.campaign().design.reuse.empty()) return plan;
    std::vector<data::TrialSpec> reused = stored().state.plan_trials;
    std::erase_if(reused, [](const data::TrialSpec& spec) { return spec.reused.empty(); });
    const bool is_resumed = !stored().state.plan_trials.empty() && !session_.limits().extend;
    if (is_resumed) return plan::with_reused(plan, reused);
    std::vector<std::string> taken;
    for (const data::TrialSpec& spec : reused) taken.push_back(spec.reused);
    plan::Reused more = former_trials(session_.campaign(), session_.opened().fingerprints, taken);
    if (!more.trials.empty() && !stored().state.rounds.empty())
      throw core::UsageError({.place = "design.reuse",
                              .problem = "this campaign has chosen mixtures already",
                              .rule = "its rounds were chosen without those runs",
                              .remedy = "Drop it, or give the campaign a folder with -o DIR"});
    for (const std::string& words : more.words) screen().say("  " + words);
    reused.insert(reused.end(), more.trials.begin(), more.trials.end());
    former_results_ = std::move(more.results);
    data::SweepPlan whole = plan::with_reused(plan, reused);
    if (whole.tokens.back() > plan.tokens.back() && session_.campaign().optimize.tokens == 0)
      screen().say(fmt::format(
          "  reused trials go to {} tokens, beyond the {} of this design: optimum and check are "
          "for "
          "{} (`optimize: {{tokens: {}}}` would change that)",
          core::format_count(whole.tokens.back()), core::format_count(plan.tokens.back()),
          core::format_count(whole.tokens.back()), core::format_count(plan.tokens.back())));
    return whole;
  }

  /// Rank 0: the session begins, and the folder has the plan. @return as make_plan
  std::unordered_map<std::string, double> write_plan() {
    const store::JournalState& state = session_.folder().state();
    const std::vector<data::TrialSpec> before = state.plan_trials;
    const std::vector<data::TrialSpec>& now = stored().plan.trials;
    const bool same = is_same_plan(before, now);
    std::unordered_map<std::string, double> cost_before;
    if (!same && !before.empty() && !state.results.empty()) {
      const auto grown = checked_extension(before, now, session_.limits().extend, session_.path());
      screen().say(fmt::format("Extended from {} to {} trials", before.size(), now.size()));
      cost_before = cost_before_of(grown);
    }
    finished_ = is_finished(same);
    if (!before.empty() && !finished_) session_.begin();
    if (!finished_) keep_former_results();
    if (same) return cost_before;
    session_.folder().journal().append_plan(now);
    session_.note_advance();
    return cost_before;
  }

  /// Rank 0: before the plan has their trials, so that these are never run.
  void keep_former_results() {
    std::vector<data::TrialResult>& known = stored().state.results;
    std::unordered_set<std::string> ids;
    for (const data::TrialResult& result : known) ids.insert(result.id);
    std::erase_if(former_results_, [&](const data::TrialResult& result) {  // the first holds
      return !ids.insert(result.id).second;
    });
    if (former_results_.empty()) return;
    session_.folder().journal().append_results(former_results_);
    known.insert(known.end(), former_results_.begin(), former_results_.end());
  }

  /// Rank 0: what the texts are goes into the journal, once.
  void keep_corpus_table() {
    std::vector<data::CorpusTable>& corpus = stored().state.corpus;
    if (!session_.opened().corpus || !corpus.empty()) return;
    corpus = {session_.opened().corpus->table(session_.campaign().proxy.context)};
    session_.folder().journal().append(corpus.front());
  }

  /// Rank 0: the run has the tokenizer that its tokens are of, whatever becomes of the store.
  void keep_tokenizer() {
    const std::filesystem::path model =
        store_folder(session_.campaign(), session_.path()) / corpus::tokenizer_model_name;
    const std::filesystem::path kept = session_.path() / corpus::tokenizer_model_name;
    if (!session_.campaign().corpus.tokenizer.is_given() || !std::filesystem::exists(model) ||
        std::filesystem::exists(kept))
      return;
    store::write_file_atomically(kept, core::read_file(model));
  }

  /// Where volumes were added above those that a trial had, the model that it ended with is where
  /// the extended one begins.
  std::unordered_map<std::string, double> cost_before_of(const std::vector<GrownTrial>& grown) {
    std::unordered_map<std::string, double> cost;
    if (grown.empty() || !session_.traits().trains) return cost;
    for (const GrownTrial& trial : grown)
      if (goes_on(session_.path(), *trial.now, *trial.before))
        cost[trial.now->id] = trial.before->cost;
    screen().say(fmt::format(
        "  {} trials get more volumes: {} go on from the models they ended with, {} begin anew",
        grown.size(), cost.size(), grown.size() - cost.size()));
    return cost;
  }

  /// What the laws that are fitted make of repeated text.
  static std::string repetition_words(const law::FitOptions& options) {
    const auto learns = [](const std::string& name) {
      return law::find_law(name, {.repetition = true}).sees_repetition();
    };
    if (!law::wants_every_law(options))
      return learns(options.law) ? fmt::format("law {} learns from that", options.law)
                                 : fmt::format(
                                       "law {} takes repeated text for new. Use `fit: {{law: "
                                       "effective_share}}`, which learns what repeating does",
                                       options.law);
    std::vector<std::string> learning = law::law_names();
    std::erase_if(learning, [&](const std::string& name) { return !learns(name); });
    return fmt::format("{} learn{} from that, other laws take repeated text for new",
                       core::join_words(learning), learning.size() == 1 ? "s" : "");
  }

  void tell_of_repetition() {
    const config::Campaign& campaign = session_.campaign();
    const std::vector<double> epochs =
        most_epochs(stored().plan, session_.opened().corpus->pools(campaign.proxy.context),
                    config::epochs_target(campaign));
    const std::string words = repetition_words(campaign.fit);
    for (std::size_t k = 0; k < epochs.size(); ++k)
      if (epochs[k] > 1)
        screen().say(
            fmt::format("  '{}' is gone through {:.1f} times by the trial with most of it: {}",
                        campaign.domains.train[k], epochs[k], words));
  }

  void refuse_if_all_failed() {
    const auto end = all_ended_badly(current_results(stored().state));
    if (!end) return;
    par::on_root(comm(), [&] {
      session_.write_down(*end, true);
      session_.tell_of_failures();
    });
    throw par::CollectiveError(end->code, session_.path().string() + ": " + end->reason);
  }

  data::RunRecord fit() {
    try {
      const auto watch = session_.watch_over(
          "fitting", "the fit begins anew: give it more time or ranks, or fewer bootstrap samples");
      return derive_anew(comm(), screen(), stored());
    } catch (const par::CollectiveError& error) {
      // The losses are worth having all the same.
      if (comm().is_root())
        session_.write_down(
            {.code = error.exit_code(), .reason = error.what(), .remedy = mend_and_repeat}, true);
      throw;
    }
  }

  void show_fit(const data::RunRecord& record) {
    if (!comm().is_root()) return;  // the others have no held-out figures
    if (record.laws.size() > 1) screen().show("\n" + report::laws_text(record.laws));
    screen().show("\n" +
                  report::fit_text(*report::used_law(record), session_.campaign().fit.level));
    for (const data::MixtureChoice& choice : record.optimum)
      screen().show("\n" + report::optimum_text(choice, session_.campaign().domains));
    if (const std::string text =
            report::volumes_text(record.by_volume, session_.campaign().domains);
        !text.empty())
      screen().show("\n" + text);
  }

  /// Fixes the mixtures of the check, with all digits, before any of them is trained.
  void plan_check(const data::RunRecord& record) {
    if (!stored().state.check_trials.empty()) return;
    const std::int64_t largest = stored().plan.tokens.back();
    const auto wanted = static_cast<std::int64_t>(record.optimum.front().tokens);
    const std::int64_t tokens = session_.campaign().check.tokens > 0
                                    ? session_.campaign().check.tokens
                                    : std::min(wanted, largest);
    std::vector<data::TrialSpec>& trials = stored().state.check_trials;
    par::on_root(comm(), [&] {
      std::vector<std::string> notes;
      const auto mixtures = check_mixtures(session_.campaign(), record, notes);
      for (const std::string& note : notes) screen().say("  " + note);
      trials = plan::make_check_trials(
          stored().plan, mixtures,
          {session_.campaign().seed, tokens, session_.campaign().check.repeats},
          *session_.opened().source);
      session_.folder().journal().append_check_plan(trials);
    });
    trials = from_root(comm(), std::move(trials));
  }

  /// The check's trials have ended; what was derived from the others stands.
  void add_check(data::RunRecord& record) {
    record.check_trials = stored().state.check_trials;
    record.results = current_results(stored());
    par::collectively(comm(), [&] { judge_check(record); });
    for (const data::CheckReport& report : record.check)
      screen().show("\n" + report::check_text(report));
  }

  /// The trials did not all run.
  core::ExitCode end_early(EarlyEnd end, const TrialsStage& trials) {
    if (end.code == core::ExitCode::done && !trials.named_ended_well())
      end.code = core::ExitCode::some_trials_failed;
    par::on_root(comm(), [&] {
      session_.write_down(end, session_.got_further());
      session_.tell_of_failures();
    });
    const std::string told =
        fmt::format("{}. Everything finished is saved; {}.", end.reason, end.remedy);
    if (end.code == core::ExitCode::data)
      throw par::CollectiveError(end.code, session_.path().string() + ": " + told);
    screen().say(end.code == core::ExitCode::interrupted ? "Interrupted: " + told
                                                         : "Done: " + told);
    return end.code;
  }

  /// @param reason for which this session ends, as the journal has it
  core::ExitCode finish(data::RunRecord record, const std::string& reason) {
    const Closing closing = closing_of(record.results);
    par::on_root(comm(), [&] { session_.write_whole(std::move(record), reason, closing); });
    say_farewell(closing);
    return closing.code;
  }

  void say_farewell(const Closing& closing) const {
    par::on_root(comm(), [&] { session_.tell_of_failures(); });
    for (const std::string& words : closing.words) screen().say(words);
    screen().say("Results: " + (session_.path() / "results.h5").string());
  }

  Session session_;
  std::vector<data::TrialResult> former_results_{};  // rank 0
  bool finished_ = false;  // rank 0: since before this session, which adds nothing to it
};

}  // namespace

core::ExitCode run_campaign(const Surroundings& around, const ReadCampaign& read,
                            const std::filesystem::path& folder, const RunLimits& limits) {
  return Run(around, read, folder, limits).go();
}

}  // namespace bimix::run
