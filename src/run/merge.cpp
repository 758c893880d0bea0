#include <bimix/run/merge.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace bimix::run {
namespace {

/// Results of several folders by trial, and where each came from.
class Joined {
 public:
  explicit Joined(bool bits_repeat) : bits_repeat_(bits_repeat) {}

  /// A trial that ended well stands before one that did not; of two that did so the earlier one.
  /// @throws DataError if two folders have other losses for one trial whose bits repeat
  void add(const std::filesystem::path& folder, const std::vector<data::TrialResult>& results) {
    for (const data::TrialResult& result : results) {
      const auto [place, is_new] = best_.try_emplace(result.id, Found{result, folder});
      Found& known = place->second;
      if (is_new) continue;
      if (known.result.status != data::TrialStatus::ok) {
        known = {result, folder};
      } else if (result.status == data::TrialStatus::ok && result.curve != known.result.curve) {
        if (bits_repeat_) refuse_other_losses(folder, known, result.id);
        unlike_.insert(result.id);
        if (is_earlier(result, known.result)) known = {result, folder};
      }
    }
  }

  /// Trials that were run more than once and ended with other losses.
  std::size_t unlike() const { return unlike_.size(); }

  /// In plan order, those that the target has not, or not as well.
  std::vector<data::TrialResult> news(const data::SweepPlan& plan,
                                      const store::JournalState& target) const {
    std::unordered_map<std::string, data::TrialStatus> there;
    for (const data::TrialResult& result : target.results) there[result.id] = result.status;
    std::vector<data::TrialResult> missing;
    for (const data::TrialSpec& spec : plan.trials) {
      const auto found = best_.find(spec.id);
      const auto known = there.find(spec.id);
      if (found == best_.end() || (known != there.end() && known->second == data::TrialStatus::ok))
        continue;
      if (known == there.end() || found->second.result.status == data::TrialStatus::ok)
        missing.push_back(found->second.result);
    }
    return missing;
  }

 private:
  struct Found {
    data::TrialResult result{};
    std::filesystem::path folder{};
  };

  [[noreturn]] static void refuse_other_losses(const std::filesystem::path& folder,
                                               const Found& known, const std::string& id) {
    throw core::DataError(
        {.place = folder.string(),
         .problem = fmt::format("has other losses for trial {} than {}", id, known.folder.string()),
         .rule = "a trial has the same bits wherever it is run",
         .remedy = "Find out which program or machine made which (`bimix verify`), "
                   "and leave one of the folders out"});
  }
  static bool is_earlier(const data::TrialResult& a, const data::TrialResult& b) {
    return a.started_utc > 0 && b.started_utc > 0 && a.started_utc < b.started_utc;
  }

  bool bits_repeat_;
  std::map<std::string, Found> best_{};
  std::unordered_set<std::string> unlike_{};
};

void refuse_unlike(const StoredRun& first, const StoredRun& other) {
  const auto refuse = [&](const std::string& problem, const std::string& rule) {
    throw core::DataError({.place = other.path.string(),
                           .problem = problem,
                           .rule = rule,
                           .remedy = "Merge folders of one campaign only"});
  };
  if (const auto difference = training_difference(first.campaign, other.campaign))
    refuse("holds another campaign than " + first.path.string() + *difference,
           "their trials would not fit");
  if (first.state.header->fingerprints != other.state.header->fingerprints)
    refuse("was trained on other data than " + first.path.string(), "their losses would not fit");
  const auto ids = [](const StoredRun& run) {
    std::vector<std::string> all;
    for (const data::TrialSpec& spec : run.state.plan_trials) all.push_back(spec.id);
    return all;
  };
  if (ids(first) != ids(other))
    refuse("plans other trials than " + first.path.string(), "another version of bimix made it");
}

/// Whether a job was stopped here before it knew its trials: there is nothing to join.
bool has_no_trials_yet(const std::filesystem::path& folder) {
  return std::filesystem::is_directory(folder) && store::read_journal(folder).plan_trials.empty();
}

bool has_results(const std::filesystem::path& folder) {
  return std::filesystem::is_directory(folder) && !store::read_journal(folder).results.empty();
}

/// Trials of the plan.
std::ptrdiff_t count_ended_well(const StoredRun& run) {
  std::unordered_set<std::string> well;
  for (const data::TrialResult& result : run.state.results)
    if (result.status == data::TrialStatus::ok) well.insert(result.id);
  return std::count_if(run.plan.trials.begin(), run.plan.trials.end(),
                       [&](const data::TrialSpec& spec) { return well.contains(spec.id); });
}

}  // namespace

std::string merge(Screen& screen, const std::vector<std::string>& folders,
                  const std::string& target) {
  std::vector<StoredRun> runs;
  for (const std::string& folder : folders) {
    if (has_no_trials_yet(folder)) {
      screen.say(folder + ": left out, it has not come to its trials yet");
      continue;
    }
    runs.push_back(load_run(folder));
    refuse_unlike(runs.front(), runs.back());
  }
  if (runs.empty())
    throw core::DataError({.place = folders.front(),
                           .problem = "nor any other of these folders has come to its trials",
                           .rule = "there is nothing to join",
                           .remedy = "`bimix run CAMPAIGN -o DIR` runs them"});
  // What is to be made of the trials may have changed since: a run that is there already decides.
  const StoredRun first = has_results(target) ? load_run(target) : runs.front();
  refuse_unlike(first, runs.front());
  RunFolder into(target, first.campaign_text, first.resolved_text, first.state.header->fingerprints,
                 RunLimits());
  Joined joined(traits_of(first.campaign).repeats_bits);
  joined.add(target, into.state().results);
  for (const StoredRun& run : runs) joined.add(run.path, run.state.results);
  if (joined.unlike() > 0)
    screen.say(
        fmt::format("{} trials were run more than once and ended with other losses, as "
                    "commands may: the first run of each counts",
                    joined.unlike()));
  const std::vector<data::TrialResult> news = joined.news(first.plan, into.state());
  if (news.empty() && !into.state().plan_trials.empty())
    return fmt::format("Nothing is new in {}; it was left as it is", target);
  into.begin();
  store::Journal& journal = into.journal();
  if (into.state().corpus.empty() && !runs.front().state.corpus.empty())
    journal.append(runs.front().state.corpus.front());
  if (into.state().entropy.empty() && !runs.front().state.entropy.empty())
    journal.append(runs.front().state.entropy.front());
  if (into.state().plan_trials.empty()) journal.append_plan(first.state.plan_trials);
  for (const StoredRun& run : runs)
    for (const data::RunStamp& session : run.state.sessions)
      if (std::find(into.state().sessions.begin(), into.state().sessions.end(), session) ==
          into.state().sessions.end())
        journal.append(session);
  journal.append_results(news);
  for (const StoredRun& run : runs) store::copy_models(run.path, target);
  // Read again, as any later command does.
  const StoredRun whole = load_run(target);
  store::write_results(whole.path / "results.h5", recorded(whole));
  return fmt::format(
      "{} results are new in {}; {} of {} trials have ended well.\n"
      "The rest (missing trials, fit, optimum, check): bimix run {} -o {}",
      news.size(), target, count_ended_well(whole), whole.plan.trials.size(),
      (std::filesystem::path(target) / "campaign.yaml").string(), target);
}

}  // namespace bimix::run
