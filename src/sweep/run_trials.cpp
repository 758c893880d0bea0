#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/sweep/coordinator.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <thread>

namespace bimix {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause{1};
constexpr std::chrono::seconds report_every{1};

// Rank 0 sends `assign` (an index of the trial list), `stop` and `leave`; the others send the rest.
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

template <class T>
std::string as_bytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class T>
T from_bytes(const std::string& bytes) {
  T value;
  require(bytes.size() == sizeof value, "a message has the length of its kind");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

/// Runs one trial at a time beside the main thread.
class Worker {
 public:
  Worker(const std::vector<TrialSpec>& trials, const TrialSource& source, const SweepHooks& hooks,
         int rank)
      : trials_(trials), source_(source), hooks_(hooks), rank_(rank) {}
  // The thread ends before the object does: a stop is asked for, then std::future waits.
  ~Worker() { stop_ = true; }

  void start(std::size_t trial) {
    progress_ = 0.0;
    running_ = std::async(std::launch::async, [this, trial] { return run(trials_[trial]); });
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
    return running_.get();
  }

 private:
  Ended run(const TrialSpec& spec) {
    const Clock::time_point start = Clock::now();
    Ended ended;
    try {
      ended.result =
          source_.run(spec, {.stop_requested = [this] { return stop_.load(); },
                             .progress = [this](double fraction) { progress_ = fraction; },
                             .load = [&] { return hooks_.load(spec); },
                             .save = [&](std::string_view bytes) { hooks_.save(spec, bytes); }});
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
  std::atomic<bool> stop_{false};
  std::atomic<double> progress_{0.0};
  std::future<Ended> running_;  // last: destroyed, and waited for, first
};

/// The part of rank 0: gives out trials, takes results.
class Lead {
 public:
  Lead(const Comm& comm, const std::vector<TrialSpec>& trials, Worker& worker,
       const SweepHooks& hooks)
      : comm_(comm),
        worker_(worker),
        hooks_(hooks),
        coordinator_(costs_of(trials), comm.size()),
        waiting_(static_cast<std::size_t>(comm.size()), false) {}

  bool run() {
    waiting_[0] = true;
    int seated = comm_.size();  // ranks that were not sent away yet
    while (seated > 0) {
      while (const auto message = comm_.try_receive()) take(*message);
      if (auto ended = worker_.take_ended()) take_ended(0, *ended);
      if (hooks_.stop_requested()) stop_everyone();  // after results: one of them may be the reason
      if (worker_.busy()) coordinator_.progressed(0, worker_.progress());
      seated -= serve_waiting();
      report(false);
      if (seated > 0) std::this_thread::sleep_for(pause);
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

  void take(const Message& message) {
    switch (message.tag) {
      case tag_ready:
        waiting_[static_cast<std::size_t>(message.source)] = true;
        break;
      case tag_progress:
        coordinator_.progressed(message.source, from_bytes<double>(message.bytes));
        break;
      case tag_interrupted:
        take_ended(message.source, {.interrupted = true});
        stop_everyone();
        break;
      default:
        require(message.tag == tag_result, "rank 0 knows every tag it is sent");
        take_ended(message.source, {.result = trial_result_from(Json::parse(message.bytes))});
    }
  }

  void take_ended(int rank, const Worker::Ended& ended) {
    if (ended.interrupted) {
      coordinator_.interrupted(rank);
    } else {
      hooks_.on_result(ended.result);
      coordinator_.finished(rank);
    }
    waiting_[static_cast<std::size_t>(rank)] = true;
  }

  /// Gives every waiting rank its next trial, or sends it away. @return how many were sent away
  int serve_waiting() {
    int sent_away = 0;
    for (int rank = 0; rank < comm_.size(); ++rank) {
      auto waiting = waiting_.begin() + rank;
      if (!*waiting) continue;
      *waiting = false;
      const auto trial = coordinator_.next(rank);
      if (!trial) ++sent_away;
      if (rank == 0) {
        if (trial) worker_.start(*trial);
      } else if (trial) {
        comm_.send(rank, tag_assign, as_bytes<std::uint64_t>(*trial));
      } else {
        comm_.send(rank, tag_leave, "");
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
  Worker& worker_;
  const SweepHooks& hooks_;
  Coordinator coordinator_;
  std::vector<bool> waiting_;
  bool stopping_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_report_ = start_;
};

/// The part of every other rank.
void follow(const Comm& comm, Worker& worker, const SweepHooks& hooks) {
  comm.send(0, tag_ready, "");
  Clock::time_point next_report = Clock::now() + report_every;
  bool told_to_leave = false;
  while (!told_to_leave) {
    if (hooks.stop_requested()) worker.request_stop();
    while (const auto message = comm.try_receive()) {
      if (message->tag == tag_assign)
        worker.start(from_bytes<std::uint64_t>(message->bytes));
      else if (message->tag == tag_stop)
        worker.request_stop();
      else
        told_to_leave = true;
    }
    if (const auto ended = worker.take_ended()) {
      if (ended->interrupted)
        comm.send(0, tag_interrupted, "");
      else
        comm.send(0, tag_result, to_json(ended->result).dump());
    }
    if (worker.busy() && Clock::now() >= next_report) {
      comm.send(0, tag_progress, as_bytes(worker.progress()));
      next_report = Clock::now() + report_every;
    }
    if (!told_to_leave) std::this_thread::sleep_for(pause);
  }
}

}  // namespace

bool run_trials(const Comm& comm, const std::vector<TrialSpec>& trials, const TrialSource& source,
                const SweepHooks& hooks) {
  Worker worker(trials, source, hooks, comm.rank());
  bool complete = true;
  if (comm.is_root())
    complete = Lead(comm, trials, worker, hooks).run();
  else
    follow(comm, worker, hooks);
  return !comm.broadcast(complete ? "complete" : "").empty();
}

}  // namespace bimix
