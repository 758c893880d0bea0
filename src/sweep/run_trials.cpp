#include "bytes.hpp"
#include "group_talk.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/data/json.hpp>
#include <bimix/sweep/coordinator.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <thread>

namespace bimix {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds pause{1000};
constexpr std::chrono::microseconds pause_in_group{50};  // a step waits for the messages
constexpr std::chrono::seconds report_every{1};

// Rank 0 sends `assign` (an index of the trial list), `stop` and `leave`; every other rank `ready`,
// and the leaders of groups the rest.
enum Tag : int {
  tag_ready,
  tag_result,
  tag_interrupted,
  tag_progress,
  tag_assign,
  tag_stop,
  tag_leave
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Runs one trial at a time beside the main thread, which serves what the trial has to say to the
/// other ranks of its group.
class Worker {
 public:
  Worker(const Comm& comm, const std::vector<TrialSpec>& trials, const TrialSource& source,
         const SweepHooks& hooks)
      : trials_(trials),
        source_(source),
        hooks_(hooks),
        rank_(comm.rank()),
        talk_(comm, source.ranks_per_trial()) {}
  // The thread ends before the object does: a stop is asked for, then std::future waits.
  ~Worker() {
    stop_ = true;
    talk_.hang_up();
  }

  void start(std::size_t trial) {
    progress_ = 0.0;
    running_ = std::async(std::launch::async, [this, trial, group = talk_.begin_turn()] {
      return run(trials_[trial], group);
    });
  }

  /// Carries messages between trials. @return true if the message was one of theirs
  bool take(const Message& message) { return talk_.take(message); }
  void carry() { talk_.carry(); }
  bool is_leader() const { return talk_.is_leader(); }
  /// Between two looks of the main thread. While the trial waits for its group its processor is
  /// free, and large messages only move while both sides look.
  void pause_between_looks() const {
    if (!busy() || talk_.size() == 1)
      std::this_thread::sleep_for(pause);
    else if (talk_.is_waiting())
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(pause_in_group);
  }

  bool busy() const { return running_.valid(); }
  double progress() const { return progress_; }
  void request_stop() { stop_ = true; }

  struct Ended {
    bool interrupted = false;
    TrialResult result{};
  };

  /// What the trial gave, once it has ended.
  std::optional<Ended> take_ended() {
    if (!running_.valid() ||
        running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
      return std::nullopt;
    Ended ended = running_.get();
    if (ended.result.status == TrialStatus::failed) talk_.give_up(ended.result.message);
    return ended;
  }

 private:
  Ended run(const TrialSpec& spec, const ProcessGroup& group) {
    const Clock::time_point start = Clock::now();
    Ended ended;
    try {
      ended.result =
          source_.run(spec, {.stop_requested = [this] { return stop_.load(); },
                             .progress = [this](double fraction) { progress_ = fraction; },
                             .load = [&] { return hooks_.load(spec); },
                             .save = [&](std::string_view bytes) { hooks_.save(spec, bytes); },
                             .group = group});
    } catch (const Interrupted&) {
      ended.interrupted = true;
    } catch (const std::exception& error) {
      ended.result.status = TrialStatus::failed;
      ended.result.message = error.what();
    }
    ended.result.id = spec.id;
    ended.result.rank = rank_;
    ended.result.host = host_name();
    ended.result.wall_seconds = seconds_since(start);
    return ended;
  }

  const std::vector<TrialSpec>& trials_;
  const TrialSource& source_;
  const SweepHooks& hooks_;
  int rank_;
  GroupTalk talk_;
  std::atomic<bool> stop_{false};
  std::atomic<double> progress_{0.0};
  std::future<Ended> running_;  // last: destroyed, and waited for, first
};

/// The part of rank 0: gives out trials to groups of ranks, takes results from their leaders. Rank
/// 0 leads group 0.
class Lead {
 public:
  Lead(const Comm& comm, const std::vector<TrialSpec>& trials, Worker& worker,
       const SweepHooks& hooks, int ranks_per_trial)
      : comm_(comm),
        trials_(trials),
        worker_(worker),
        hooks_(hooks),
        ranks_per_trial_(ranks_per_trial),
        coordinator_(costs_of(trials), comm.size() / ranks_per_trial),
        absent_(static_cast<std::size_t>(comm.size() / ranks_per_trial), ranks_per_trial),
        waiting_(absent_.size(), false) {}

  bool run() {
    is_ready(0);
    int seated = static_cast<int>(waiting_.size());  // groups that were not sent away yet
    while (seated > 0) {
      while (const auto message = comm_.try_receive())
        if (!worker_.take(*message)) take(*message);
      worker_.carry();
      if (auto ended = worker_.take_ended()) take_ended(0, *ended);
      if (hooks_.stop_requested()) stop_everyone();  // after results: one of them may be the reason
      if (worker_.busy()) coordinator_.progressed(0, worker_.progress());
      seated -= serve_waiting();
      report(false);
      if (seated > 0) worker_.pause_between_looks();
    }
    report(true);
    return coordinator_.done() == coordinator_.total();
  }

 private:
  static std::vector<double> costs_of(const std::vector<TrialSpec>& trials) {
    std::vector<double> costs;
    for (const TrialSpec& trial : trials) costs.push_back(trial.cost);
    return costs;
  }

  /// A rank of the group has come. Only then may it be sent anything: before, it may still be busy
  /// with the end of an earlier sweep.
  void is_ready(int group) {
    const auto at = static_cast<std::size_t>(group);
    waiting_[at] = --absent_[at] == 0;
  }

  void take(const Message& message) {
    const int group = message.source / ranks_per_trial_;
    switch (message.tag) {
      case tag_ready:
        is_ready(group);
        break;
      case tag_progress:
        coordinator_.progressed(group, value_of<double>(message.bytes));
        break;
      case tag_interrupted:
        take_ended(group, {.interrupted = true});
        stop_everyone();
        break;
      default:
        require(message.tag == tag_result, "rank 0 knows every tag it is sent");
        take_ended(group, {.result = trial_result_from(Json::parse(message.bytes))});
    }
  }

  void take_ended(int group, const Worker::Ended& ended) {
    if (ended.interrupted) {
      coordinator_.interrupted(group);
    } else {
      hooks_.on_result(ended.result);
      coordinator_.finished(group);
    }
    waiting_[static_cast<std::size_t>(group)] = true;
  }

  /// Gives every waiting group its next trial, or sends it away. @return how many were sent away
  int serve_waiting() {
    int sent_away = 0;
    for (int group = 0; group < static_cast<int>(waiting_.size()); ++group) {
      auto waiting = waiting_.begin() + group;
      if (!*waiting) continue;
      *waiting = false;
      const auto trial = coordinator_.next(group);
      if (trial)
        hooks_.on_start(trials_[*trial]);
      else
        ++sent_away;
      const int leader = group * ranks_per_trial_;
      for (int rank = leader; rank < leader + ranks_per_trial_; ++rank) {
        if (rank == 0) {
          if (trial) worker_.start(*trial);
        } else if (trial) {
          comm_.send(rank, tag_assign, bytes_of(std::uint64_t{*trial}));
        } else {
          comm_.send(rank, tag_leave, "");
        }
      }
    }
    return sent_away;
  }

  void stop_everyone() {
    if (stopping_) return;
    stopping_ = true;
    coordinator_.stop();
    worker_.request_stop();
    for (int rank = 1; rank < comm_.size(); ++rank) comm_.send(rank, tag_stop, "");
  }

  void report(bool always) {
    if (!always && Clock::now() < next_report_) return;
    next_report_ = Clock::now() + report_every;
    const double elapsed = seconds_since(start_);
    hooks_.on_progress({.done = coordinator_.done(),
                        .total = coordinator_.total(),
                        .running = coordinator_.running(),
                        .cost_done = coordinator_.cost_done(),
                        .cost_total = coordinator_.cost_total(),
                        .elapsed_seconds = elapsed,
                        .seconds_left = coordinator_.seconds_left(elapsed).value_or(-1.0)});
  }

  const Comm& comm_;
  const std::vector<TrialSpec>& trials_;
  Worker& worker_;
  const SweepHooks& hooks_;
  int ranks_per_trial_;
  Coordinator coordinator_;
  std::vector<int> absent_;    ///< ranks of each group that have not come yet
  std::vector<bool> waiting_;  ///< groups
  bool stopping_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_report_ = start_;
};

/// The part of every other rank. Members that do not lead run what they are told to, and let their
/// leader speak.
void follow(const Comm& comm, Worker& worker, const SweepHooks& hooks) {
  comm.send(0, tag_ready, "");
  Clock::time_point next_report = Clock::now() + report_every;
  std::deque<std::size_t> assigned;  // a leader may be a moment ahead of its members
  bool told_to_leave = false;
  while (!told_to_leave || worker.busy() || !assigned.empty()) {
    if (hooks.stop_requested()) worker.request_stop();
    while (const auto message = comm.try_receive()) {
      if (worker.take(*message)) continue;
      if (message->tag == tag_assign)
        assigned.push_back(value_of<std::uint64_t>(message->bytes));
      else if (message->tag == tag_stop)
        worker.request_stop();
      else
        told_to_leave = true;
    }
    worker.carry();
    if (const auto ended = worker.take_ended(); ended && worker.is_leader()) {
      if (ended->interrupted)
        comm.send(0, tag_interrupted, "");
      else
        comm.send(0, tag_result, to_json(ended->result).dump());
    }
    if (!worker.busy() && !assigned.empty()) {
      worker.start(assigned.front());
      assigned.pop_front();
    }
    if (worker.is_leader() && worker.busy() && Clock::now() >= next_report) {
      comm.send(0, tag_progress, bytes_of(worker.progress()));
      next_report = Clock::now() + report_every;
    }
    worker.pause_between_looks();
  }
}

}  // namespace

void require_whole_groups(const Comm& comm, int ranks_per_trial) {
  const int ranks = comm.size();
  if (ranks % ranks_per_trial == 0) return;
  const int below = ranks / ranks_per_trial * ranks_per_trial;
  throw UsageError(Complaint{
      .place = "ranks_per_trial",
      .problem = fmt::format("{} ranks make no groups of {}", ranks, ranks_per_trial),
      .rule = "each trial is run by a whole group",
      .remedy = below == 0 ? fmt::format("Start {} ranks", ranks_per_trial)
                           : fmt::format("Start {} or {} ranks", below, below + ranks_per_trial)});
}

bool run_trials(const Comm& comm, const std::vector<TrialSpec>& trials, const TrialSource& source,
                const SweepHooks& hooks) {
  const int ranks_per_trial = source.ranks_per_trial();
  require_whole_groups(comm, ranks_per_trial);
  Worker worker(comm, trials, source, hooks);
  bool complete = true;
  if (comm.is_root())
    complete = Lead(comm, trials, worker, hooks, ranks_per_trial).run();
  else
    follow(comm, worker, hooks);
  return !comm.broadcast(complete ? "complete" : "").empty();
}

}  // namespace bimix
