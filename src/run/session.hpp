#pragma once

#include "choice.hpp"
#include "deadline.hpp"
#include "ending.hpp"
#include "live_status.hpp"
#include "long_work.hpp"

#include <bimix/run/run_campaign.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/run/stop.hpp>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace bimix::run {

/// One start of a run: what is known of the campaign, where its results go, and when it is to stop.
/// Every rank holds the same campaign, plan and results; only rank 0 has the folder.
class Session {
 public:
  /// @collective Opens source and folder. The folder is not changed yet.
  Session(const Surroundings& around, const ReadCampaign& read, const std::filesystem::path& folder,
          const RunLimits& limits);

  const par::Comm& comm() const { return around_.comm; }
  Screen& screen() const { return around_.screen; }
  const std::filesystem::path& path() const { return stored_.path; }
  const config::Campaign& campaign() const { return stored_.campaign; }
  const OpenedSource& opened() const { return opened_; }
  trial::SourceTraits traits() const { return opened_.source->traits(); }
  const RunLimits& limits() const { return limits_; }
  const Suspicions& suspicions() const { return suspicions_; }
  /// What the folder has, as it stands now; the stages add to it.
  StoredRun& stored() { return stored_; }
  const StoredRun& stored() const { return stored_; }

  /// Rank 0.
  RunFolder& folder() { return *folder_; }
  LiveStatus& status() { return *status_; }
  /// From here on the folder is this campaign's. One that has a plan already is only changed once
  /// nothing can refuse the campaign any more. Rank 0.
  void begin();
  /// Rank 0: whether a session came to the end of this very campaign, and nothing has happened
  /// since. @param reason for which it ended, as the journal has it
  bool is_finished(const std::string& reason) const;
  /// Something was made that the next session need not make again. Rank 0.
  void note_advance() { made_something_ = true; }
  void begin_stage(const std::string& name);
  /// Rank 0: what the campaign last chose, on the screen and in the status.
  void tell_round();

  /// @collective Gives every rank the results that rank 0 has, entropies, and trials of the check.
  void share_state();
  /// The result of a trial of that id; null if it has none.
  const data::TrialResult* result_of(const std::string& id) const;

  /// What an unfinished trial went on from when this session began; empty if from nothing. Rank 0.
  std::string saved_at_begin(const std::string& id) const;
  /// Writes results down; what is on the disk counts as done. Rank 0.
  /// @param attempts which attempt it was, by id
  void keep(std::vector<data::TrialResult> results,
            const std::unordered_map<std::string, int>& attempts);
  /// Trials of the plan and the check that ended badly.
  std::size_t count_not_ok() const;
  /// Trials that ended in this session, without those that are recorded as quarantined. Rank 0.
  std::size_t ended_here() const { return ended_here_; }
  void note_ended(std::size_t trials) { ended_here_ += trials; }

  /// Asked for by signals to this rank.
  const std::stop_token& stop() const { return around_.stop; }
  /// Why the trials should stop now, empty if they should not. Ranks other than 0 see signals only.
  std::string reason_to_stop() const;
  /// Infinite without a deadline.
  double seconds_to_deadline() const;
  /// Rank 0: whether this session got anywhere, and the one before.
  Advance advance() const;
  bool got_further() const { return advance().got_further; }
  /// @collective Watches over what cannot be stopped in order or saved, as long as what it returns
  /// lives. @param work "fitting" @param anew what the next session does about it
  std::unique_ptr<WatchedWork> watch_over(const std::string& work, const std::string& anew);

  /// Rank 0: results.h5 as far as it goes.
  void write_results_so_far() const;
  /// Rank 0: everything that there is, and why there is no more. @param further, cut_off see
  /// RunStop
  void write_down(const EarlyEnd& early, bool further,
                  const std::vector<std::string>& cut_off = {});
  /// Rank 0: whether results.h5 is the record's image.
  bool has_results_of(const data::RunRecord& record) const;
  /// Rank 0: the status of a run that is finished, unless it says so already.
  void tell_finished(const data::RunRecord& record, const Closing& closing);
  /// Rank 0: the record with its stamp, and the last word of the journal.
  void write_whole(data::RunRecord record, const std::string& reason, const Closing& closing);
  void tell_of_failures() const;

 private:
  std::string round_words() const;
  void open_folder();
  void refuse_if_killed_early(const store::JournalState& state) const;
  void note_files_of_command(const store::JournalState& state);
  std::map<std::string, std::string> saved_now() const;
  void end_long_work(const EarlyEnd& end);

  Surroundings around_;
  RunLimits limits_;
  StoredRun stored_{};
  OpenedSource opened_{};
  Suspicions suspicions_{};
  std::unordered_map<std::string, std::size_t> place_of_result_{};  // by id
  // Rank 0.
  std::unique_ptr<RunFolder> folder_;
  std::unique_ptr<LiveStatus> status_;
  Deadline deadline_{};
  std::map<std::string, std::string> saved_at_begin_{};  // see TrialStart::saved
  std::size_t ended_here_ = 0;
  bool made_something_ = false;  // folder, entropies or plan
  bool command_changed_ = false;
};

}  // namespace bimix::run
