#include <bimix/core/clock.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>
#include <bimix/core/hash.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/trials.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <unordered_set>

namespace bimix::run {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Whether the journal tells of another run, one without results.
bool is_of_other_run_without_results(const store::JournalState& state,
                                     const store::JournalHeader& header) {
  return state.header && *state.header != header && state.results.empty();
}

}  // namespace

std::string line_difference(const std::string& before, const std::string& after) {
  const auto old_lines = lines_of(before), new_lines = lines_of(after);
  const std::multiset<std::string> old_set(old_lines.begin(), old_lines.end());
  const std::multiset<std::string> new_set(new_lines.begin(), new_lines.end());
  std::string text;
  for (const std::string& line : old_lines)
    if (!new_set.contains(line)) text += "\n  - " + line;
  for (const std::string& line : new_lines)
    if (!old_set.contains(line)) text += "\n  + " + line;
  return text;
}

RunFolder::RunFolder(const std::filesystem::path& path, const std::string& campaign_text,
                     const std::string& resolved,
                     const std::vector<std::pair<std::string, std::string>>& fingerprints,
                     const RunLimits& limits)
    : lock_(path, limits.take_over),
      campaign_text_(campaign_text),
      resolved_(resolved),
      header_{.campaign_hash = core::content_hash(resolved), .fingerprints = fingerprints},
      journal_(lock_),
      begins_anew_(is_of_other_run_without_results(journal_.state(), header_)),
      state_(begins_anew_ ? store::JournalState() : journal_.state()) {
  if (!journal_.state().header) refuse_foreign_files();
  if (state_.header) {
    refuse_other_order(resolved);
    if (state_.header->campaign_hash != header_.campaign_hash)
      refuse_other_trials(resolved, limits.extend);
    refuse_changed_texts(fingerprints);
    store::require_sound(state_, config::parse_campaign(resolved, "resolved.yaml").domains, path);
  }
  if (state_.header != header_) {
    state_.check_trials.clear();
    store::forget_end_of_rounds(state_);
    state_.stuck = false;
  }
}

void RunFolder::begin() {
  store::remove_leftovers(path());
  // Texts first: a header without its text could not be read, texts without their header are
  // written again by the next run. The one that nobody else would call so is the first: see
  // refuse_foreign_files.
  store::write_file_if_changed(path() / "resolved.yaml", resolved_);
  store::write_file_if_changed(path() / "campaign.yaml", campaign_text_);
  if (state_.header == header_) return;
  if (begins_anew_)
    journal_.begin_anew(header_);
  else
    journal_.append(header_);
  begins_anew_ = false;
  state_.header = header_;
}

bool RunFolder::is_begun() const {
  return state_.header == header_ && store::has_bytes(path() / "resolved.yaml", resolved_) &&
         store::has_bytes(path() / "campaign.yaml", campaign_text_);
}

void RunFolder::refuse_foreign_files() const {
  // An interruption between lock and journal leaves nothing but our own two texts; of older
  // versions perhaps the campaign alone.
  const auto file_text = [](const std::filesystem::path& file) {
    return std::filesystem::is_regular_file(file) ? core::read_file(file) : std::string();
  };
  for (const char* name : {"results.h5", "status.json", "campaign.yaml"}) {
    const auto file = path() / name;
    const bool ours =
        std::string(name) == "campaign.yaml" &&
        (std::filesystem::exists(path() / "resolved.yaml") || file_text(file) == campaign_text_);
    if (std::filesystem::exists(file) && !ours)
      throw core::DataError(
          {.place = file.string(),
           .problem = "is there already, and the folder has no journal that explains it",
           .rule = "a run would overwrite it",
           .remedy = "Name another folder with -o DIR, or move the file away"});
  }
}

void RunFolder::refuse_other_order(const std::string& resolved) const {
  const auto stored = path() / "resolved.yaml";
  if (!std::filesystem::exists(stored)) return;
  const data::DomainSet before = config::read_campaign(stored, config::Look::stored).domains;
  const data::DomainSet now = config::parse_campaign(resolved, "resolved.yaml").domains;
  const auto check = [&](const char* what, const std::vector<std::string>& then,
                         const std::vector<std::string>& today) {
    if (then == today || !std::is_permutation(then.begin(), then.end(), today.begin(), today.end()))
      return;
    throw core::DataError(
        {.place = path().string(),
         .problem = fmt::format("its {} are {}, and those of this campaign {}", what,
                                core::join_words(then), core::join_words(today)),
         .rule = "the same in another order, which is the order of every table",
         .remedy = "Put them back into that order, or give this campaign a folder of "
                   "its own with -o DIR"});
  };
  check("domains", before.train, now.train);
  check("evaluation sets", before.eval, now.eval);
}

void RunFolder::refuse_other_trials(const std::string& resolved, bool extend) const {
  const auto stored = path() / "resolved.yaml";
  std::string difference;
  bool design_only = false, other_domains = false;
  if (std::filesystem::exists(stored)) {
    config::Campaign before = config::read_campaign(stored, config::Look::stored);
    const config::Campaign now = config::parse_campaign(resolved, "resolved.yaml");
    const auto found = training_difference(before, now);
    other_domains = before.domains.train != now.domains.train;
    before.design = now.design;
    design_only = !training_difference(before, now);
    if (!found || (extend && design_only)) return;
    difference = *found;
  }
  if (difference.empty())
    throw core::DataError(
        {.place = path().string(),
         .problem = "lists the groups of design.mixtures in another order",
         .rule = "they are those of this campaign, and mixtures are numbered in their "
                 "order",
         .remedy = "Put them back into the order of its campaign.yaml, or give this "
                   "campaign a folder of its own with -o DIR"});
  throw core::DataError(
      {.place = path().string(),
       .problem = "holds the run of another campaign" + difference,
       .rule = "its trials would not fit this one",
       .remedy = design_only     ? "If the design only grew, add --extend: what is done is "
                                   "kept; else give this campaign a folder with -o DIR"
                 : other_domains ? fmt::format("Give this campaign a folder of its own with "
                                               "-o DIR, and its design `reuse: [{}]`, which "
                                               "keeps what still counts",
                                               std::filesystem::absolute(path()).string())
                                 : "Give this campaign a folder of its own with -o DIR"});
}

void RunFolder::refuse_changed_texts(
    const std::vector<std::pair<std::string, std::string>>& fingerprints) const {
  const auto& before = journal_.state().header->fingerprints;
  if (before == fingerprints) return;
  std::string names;
  for (const auto& entry : fingerprints)
    if (std::find(before.begin(), before.end(), entry) == before.end())
      names += (names.empty() ? "" : ", ") + entry.first;
  throw core::DataError({.place = path().string(),
                         .problem = "the data of " + names + " changed since this run began",
                         .rule = "finished and new trials would not be comparable",
                         .remedy =
                             "Restore the files, or use the version of bimix that began it, or "
                             "start over in a new folder with -o DIR"});
}

std::optional<std::string> training_difference(const config::Campaign& before,
                                               const config::Campaign& now) {
  const std::string old_text = config::resolved_yaml(config::trained_part(before));
  const std::string new_text = config::resolved_yaml(config::trained_part(now));
  if (old_text == new_text) return std::nullopt;
  return line_difference(old_text, new_text);
}

StoredRun load_run(const std::filesystem::path& path) {
  StoredRun run{.path = path};
  run.state = store::read_journal(path);
  if (!run.state.header || run.state.plan_trials.empty())
    throw core::DataError({.place = path.string(),
                           .problem = run.state.header ? "this run has not come to its trials yet"
                                                       : "is no run folder (it has no journal)",
                           .remedy = "`bimix run CAMPAIGN -o DIR` makes one"});
  run.campaign_text = core::read_file(path / "campaign.yaml");
  run.resolved_text = core::read_file(path / "resolved.yaml");
  if (core::content_hash(run.resolved_text) != run.state.header->campaign_hash)
    throw core::DataError({.place = (path / "resolved.yaml").string(),
                           .problem = "is not the file that this run was made with",
                           .rule = "its hash differs from the journal's",
                           .remedy = "Restore it; nothing in a run folder is to be edited"});
  run.campaign = config::parse_campaign(run.resolved_text, (path / "resolved.yaml").string(),
                                        config::Look::stored);
  store::require_sound(run.state, run.campaign.domains, path);
  if (run.campaign.source == config::SourceKind::proxy && !run.state.corpus.empty())
    run.campaign.domains.bytes_per_token = data::bytes_per_token(run.state.corpus.front());
  run.plan = data::plan_of(run.campaign.name, run.campaign.domains, run.state.plan_trials);
  run.state.results = current_results(run.state);
  return run;
}

std::vector<data::TrialResult> current_results(const store::JournalState& state) {
  std::unordered_set<std::string> asked_for;
  for (const auto* trials : {&state.plan_trials, &state.check_trials})
    for (const data::TrialSpec& spec : *trials) asked_for.insert(spec.id);
  std::vector<data::TrialResult> results;
  std::copy_if(state.results.begin(), state.results.end(), std::back_inserter(results),
               [&](const data::TrialResult& result) { return asked_for.contains(result.id); });
  return results;
}

std::vector<data::TrialResult> current_results(const StoredRun& run) {
  std::vector<data::TrialResult> results = current_results(run.state);
  for (data::TrialResult& result : results)
    result.unique_tokens = data::settled_pools(result.unique_tokens, run.campaign.unique_tokens);
  return results;
}

data::RunRecord recorded(const StoredRun& run) {
  data::RunStamp stamp;
  if (!run.state.sessions.empty()) stamp = run.state.sessions.back();
  if (run.state.ended && run.state.stops.back().utc_seconds > 0)
    stamp.facts.emplace_back(
        "end_utc", core::utc_text(static_cast<double>(run.state.stops.back().utc_seconds)));
  return {.campaign_text = run.campaign_text,
          .resolved_text = run.resolved_text,
          .plan = run.plan,
          .check_trials = run.state.check_trials,
          .results = current_results(run),
          .corpus = run.state.corpus,
          .entropy = run.state.entropy,
          .stamp = std::move(stamp),
          .rounds = run.state.rounds};
}

}  // namespace bimix::run
