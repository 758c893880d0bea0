#pragma once

#include <bimix/par/comm.hpp>
#include <bimix/sweep/coordinator.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace bimix::sweep {

/// What rank 0 and the members of a sweep say to one another. Rank 0 sends `assign` (the trial's
/// spec), `stop` and `leave`; every rank `ready` or `absent`, and the leaders of groups
/// the rest.
enum SweepTag : int {
  tag_ready,
  tag_absent,  ///< this rank takes no trials
  tag_result,
  tag_interrupted,
  tag_progress,
  tag_assign,
  tag_stop,
  tag_leave
};

/// Seconds between two words of a rank about the progress of its trial: one, or more where there
/// are so many ranks that rank 0 would hear more than a thousand words a second.
double seconds_between_reports(int ranks);

/// The part of rank 0: gives out trials to groups of ranks, takes results from their leaders. It
/// knows messages and the seconds it is told, and no clock or network, so that thousands of ranks
/// can be simulated.
class Lead {
 public:
  using Send = std::function<void(int rank, SweepTag tag, std::string bytes)>;

  /// What the ranks are like.
  struct Crew {
    int ranks = 1;
    int ranks_per_trial = 1;
    bool saves_progress = true;  ///< an unfinished trial can go on later
  };

  /// @param trials, caller, options see run_trials; the first two outlive this
  Lead(const std::vector<data::TrialSpec>& trials, const Crew& crew, SweepCaller& caller,
       const SweepOptions& options, Send send);

  /// @param message from any member, also from rank 0's own
  void take(const par::Message& message);
  /// Every now and then. @param now seconds since the sweep began
  void look(double now);
  /// Every rank was sent away, or is lost.
  bool is_over() const { return seated_ == 0; }
  /// Hands over what is left and says once more how it stands. @return true if all trials have
  /// ended
  /// @throws RanksLost
  bool end(double now);

 private:
  /// How the trials of a group have ended.
  struct Record {
    bool some_well = false;
    std::size_t failed = 0;
    double first_failed_from = 0.0;  ///< when the first one of these began
    std::string host{}, last_words{};
  };

  void is_ready(int group);
  void remember(int group, const data::TrialResult& result);
  void hand_over(double now);
  bool works(std::size_t group, double since) const;
  void take_out(const std::vector<std::size_t>& place, const std::string& name);
  void take_out_broken();
  void take_more_trials();
  void serve_waiting(double now);
  void stop_everyone();
  void send_away(int group);
  void look_for_the_lost();
  void report(double now) const;
  std::vector<RunningTrial> longest_running(double now) const;
  double largest_that_ends_in_time() const;
  std::size_t groups() const { return coordinator_.seats().size(); }
  const data::TrialSpec& trial(std::size_t number) const {
    return number < trials_.size() ? trials_[number] : more_[number - trials_.size()];
  }

  const std::vector<data::TrialSpec>& trials_;
  std::deque<data::TrialSpec> more_{};  ///< that came up later
  SweepCaller& caller_;
  Crew crew_;
  std::stop_token stop_;
  double lost_after_seconds_;
  Send send_;
  plan::CostModel times_;
  Coordinator coordinator_;
  std::vector<int> coming_;           ///< ranks of each group that have not come yet
  std::vector<int> waiting_;          ///< groups without a trial
  std::vector<double> since_;         ///< when each group was given its trial
  SweepNews news_{};                  ///< not handed over yet
  std::vector<Record> records_;       ///< of groups
  std::vector<char> is_out_;          ///< groups that get no more trials
  std::vector<char> is_here_;         ///< groups that were neither sent away nor lost
  std::size_t seated_;                ///< how many these are
  double now_ = 0.0;                  ///< of the last look
  double awake_ = 0.0;                ///< seconds without those in which rank 0 could not look
  std::vector<double> heard_;         ///< when each rank last spoke, in seconds awake
  std::vector<int> lost_;             ///< ranks
  std::vector<std::string> cut_off_;  ///< trials of theirs
  bool stopping_ = false;
  bool out_of_time_ = false;  ///< a trial was not started because of the deadline
  double next_report_ = 0.0;
  double next_hand_over_ = 0.0;
};

}  // namespace bimix::sweep
