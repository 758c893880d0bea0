#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/data/records.hpp>
#include <bimix/run/run_limits.hpp>
#include <bimix/store/folder_lock.hpp>
#include <bimix/store/journal.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bimix::run {

/// A run folder that this process writes: its lock and its journal. Rank 0 only.
class RunFolder {
 public:
  /// Makes the folder, or opens it again if its trials are those of this campaign, or with
  /// limits.extend of one that differs in its design only. What is derived from trials (fit,
  /// optimize, check) may have changed: the mixtures of an earlier check then no longer count. A
  /// folder without results that is another campaign's is begun anew: it holds nothing worth
  /// keeping, and often a campaign that was about to be corrected.
  /// @param limits of which `extend` and `take_over` count
  /// @param campaign_text as given; @param resolved as resolved_yaml writes it
  /// @throws DataError if the folder belongs to another campaign (the difference is shown), its
  ///         texts have changed, or it is in use
  RunFolder(const std::filesystem::path& path, const std::string& campaign_text,
            const std::string& resolved,
            const std::vector<std::pair<std::string, std::string>>& fingerprints,
            const RunLimits& limits);

  /// Makes the folder this campaign's: its texts, and a header in the journal if there is none or
  /// another one. Until then nothing has been written, so that a campaign can still be refused.
  void begin();

  /// Whether `begin` would change nothing: header and texts are this campaign's.
  bool is_begun() const;

  const std::filesystem::path& path() const { return lock_.folder(); }
  store::Journal& journal() { return journal_; }
  /// What the journal said when the folder was opened, for this campaign.
  const store::JournalState& state() const { return state_; }

 private:
  void refuse_foreign_files() const;
  void refuse_other_order(const std::string& resolved) const;
  void refuse_other_trials(const std::string& resolved, bool extend) const;
  void refuse_changed_texts(
      const std::vector<std::pair<std::string, std::string>>& fingerprints) const;

  store::FolderLock lock_;
  std::string campaign_text_, resolved_;
  store::JournalHeader header_;
  store::Journal journal_;
  bool begins_anew_;
  store::JournalState state_;
};

/// Why a session ended that came to the end of its campaign, as the journal's `stop` says it.
inline constexpr const char* run_finished = "finished";

/// A run folder as it was left, for the commands that derive something from it.
struct StoredRun {
  std::filesystem::path path{};
  std::string campaign_text{};
  std::string resolved_text{};
  config::Campaign campaign{};
  store::JournalState state{};
  data::SweepPlan plan{};
};

/// @throws DataError if the folder is no run folder or has no plan yet
StoredRun load_run(const std::filesystem::path& path);

/// Results of the plan's trials and of the check's. The journal also has those of trials that are
/// no longer asked for: of an earlier check, or with fewer volumes than an extension gave them.
std::vector<data::TrialResult> current_results(const store::JournalState& state);
/// The same with the pools that the campaign says where a trial does not know its own.
std::vector<data::TrialResult> current_results(const StoredRun& run);

/// What the folder holds, without anything that is derived from it: the record that laws, optimum
/// and check are added to. Its stamp is the last session's, with its end where that is known.
data::RunRecord recorded(const StoredRun& run);

/// How two campaigns differ in what their trials depend on, as "- old" and "+ new" (empty if in the
/// order of lines alone); nothing if the trials of one are worth as much for the other.
std::optional<std::string> training_difference(const config::Campaign& before,
                                               const config::Campaign& now);

/// Lines that differ, as "- old" and "+ new".
std::string line_difference(const std::string& before, const std::string& after);

}  // namespace bimix::run
