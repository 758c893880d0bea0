#include "group_talk.hpp"
#include "lead.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/data/json.hpp>
#include <bimix/par/bytes.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <thread>

namespace bimix::sweep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds pause{1000};
constexpr std::chrono::microseconds pause_in_group{50};  // a step waits for the messages

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool is_bad_alloc(const std::exception& error) {
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
}

data::FailureKind kind_of(const std::exception& error) {
  if (const auto* own = dynamic_cast<const trial::TrialFailure*>(&error)) return own->kind();
  if (dynamic_cast<const core::NoMemory*>(&error) != nullptr || is_bad_alloc(error))
    return data::FailureKind::memory;
  return dynamic_cast<const core::DataError*>(&error) != nullptr ? data::FailureKind::data
                                                                 : data::FailureKind::internal;
}

/// Runs one trial at a time beside the main thread, which serves what the trial has to say to the
/// other ranks of its group.
class Worker {
 public:
  Worker(const par::Comm& comm, const trial::TrialSource& source, SweepCaller& caller,
         const SweepOptions& options)
      : source_(source),
        caller_(caller),
        keeps_models_(options.keeps_models),
        stop_(options.stop),
        rank_(comm.rank()),
        talk_(comm, source.traits().ranks_per_trial) {}
  // The thread ends before the object does: a stop is asked for, then std::future waits.
  ~Worker() {
    if (busy()) stop_.request_stop();
    talk_.hang_up();
  }

  void start(const data::TrialSpec& trial) {
    progress_ = 0.0;
    running_ = std::async(std::launch::async,
                          [this, trial, group = talk_.begin_turn()] { return run(trial, group); });
  }

  /// Carries messages between trials. @return true if the message was one of theirs
  bool take(const par::Message& message) { return talk_.take(message); }
  void carry() { talk_.carry(); }
  bool is_leader() const { return talk_.is_leader(); }
  /// Between two looks of the main thread. While the trial waits for its group its processor is
  /// free, and large messages only move while both sides look.
  void pause_between_looks() const {
    if (!busy())
      std::this_thread::sleep_for(pause);
    else if (talk_.is_waiting())
      std::this_thread::yield();
    else  // awake at once when the trial has ended: logged runs take microseconds
      running_.wait_for(talk_.size() == 1 ? pause : pause_in_group);
  }

  bool busy() const { return running_.valid(); }
  double progress() const { return progress_; }
  void request_stop() { stop_.request_stop(); }

  struct Ended {
    bool interrupted = false;
    data::TrialResult result{};
  };

  /// What the trial gave, once it has ended.
  std::optional<Ended> take_ended() {
    if (!running_.valid() ||
        running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
      return std::nullopt;
    Ended ended = running_.get();
    if (ended.result.status == data::TrialStatus::failed) talk_.give_up(ended.result.message);
    return ended;
  }

 private:
  Ended run(const data::TrialSpec& spec, const core::ProcessGroup& group) {
    const Clock::time_point start = Clock::now();
    const double started_utc = core::utc_now();
    Ended ended;
    try {
      trial::TrialHooks hooks{.stop = stop_.get_token(),
                              .progress = [this](double fraction) { progress_ = fraction; },
                              .load = [&] { return caller_.load(spec); },
                              .save = [&](std::string_view bytes) { caller_.save(spec, bytes); },
                              .note = [&](const std::string& text) { caller_.note(spec, text); },
                              .group = group};
      if (keeps_models_) hooks.keep = [&](std::string_view bytes) { caller_.keep(spec, bytes); };
      ended.result = source_.run(spec, hooks);
    } catch (const core::Interrupted&) {
      ended.interrupted = true;
    } catch (const std::exception& error) {
      ended.result.status = data::TrialStatus::failed;
      ended.result.failure = kind_of(error);
      ended.result.message = is_bad_alloc(error) ? "there was no memory left" : error.what();
    }
    ended.result.id = spec.id;
    ended.result.rank = rank_;
    ended.result.host = core::host_name();
    ended.result.started_utc = started_utc;
    ended.result.wall_seconds = seconds_since(start);
    return ended;
  }

  const trial::TrialSource& source_;
  SweepCaller& caller_;
  bool keeps_models_;
  std::stop_source stop_;  // of the sweep
  int rank_;
  GroupTalk talk_;
  std::atomic<double> progress_{0.0};
  std::future<Ended> running_;  // last: destroyed, and waited for, first
};

/// The part of every rank: runs what it is told to, and says how that went. Members of a group that
/// do not lead let their leader speak; they only say that they are there.
class Member {
 public:
  using Tell = std::function<void(SweepTag tag, std::string bytes)>;

  /// @param ranks of the sweep
  Member(Worker& worker, int ranks, Tell tell)
      : worker_(worker), tell_(std::move(tell)), report_every_(seconds_between_reports(ranks)) {}

  void come(bool takes_trials) { tell_(takes_trials ? tag_ready : tag_absent, ""); }

  /// @return true if the message was for a member
  bool take(const par::Message& message) {
    if (worker_.take(message)) return true;
    switch (message.tag) {
      case tag_assign:
        assigned_.push_back(data::trial_spec_from(data::Json::parse(message.bytes)));
        return true;
      case tag_stop:
        worker_.request_stop();
        return true;
      case tag_leave:
        told_to_leave_ = true;
        return true;
      default:
        return false;
    }
  }

  void look() {
    worker_.carry();
    if (const auto ended = worker_.take_ended(); ended && worker_.is_leader()) {
      if (ended->interrupted)
        tell_(tag_interrupted, "");
      else
        tell_(tag_result, data::to_json(ended->result).dump());
    }
    if (!worker_.busy() && !assigned_.empty()) {
      worker_.start(assigned_.front());
      assigned_.pop_front();
    }
    if (!told_to_leave_ && Clock::now() >= next_report_) {
      tell_(tag_progress, par::bytes_of(worker_.progress()));
      next_report_ = Clock::now() + report_every_;
    }
  }

  bool is_over() const { return told_to_leave_ && !worker_.busy() && assigned_.empty(); }
  void pause_between_looks() const {
    if (worker_.busy() || assigned_.empty()) worker_.pause_between_looks();
  }

 private:
  Worker& worker_;
  Tell tell_;
  std::deque<data::TrialSpec> assigned_;  // a leader may be a moment ahead of its members
  bool told_to_leave_ = false;
  std::chrono::duration<double> report_every_;
  std::chrono::time_point<Clock, std::chrono::duration<double>> next_report_ = Clock::now();
};

/// Whether this rank takes trials: where a node may run only so many, its first ranks do.
/// @collective
bool takes_trials(const par::Comm& comm, int trials_per_node) {
  if (trials_per_node == 0) return true;
  const std::vector<std::string> hosts = comm.all_gather(core::host_name());
  const auto mine = hosts.begin() + comm.rank();
  return std::count(hosts.begin(), mine, *mine) < trials_per_node;
}

}  // namespace

RanksLost::RanksLost(const std::vector<int>& ranks, std::vector<std::string> trials)
    : core::Error(core::ExitCode::interrupted,
                  fmt::format("{} silent: killed, or on a host that hangs",
                              ranks.size() == 1 ? fmt::format("rank {} fell", ranks.front())
                                                : fmt::format("{} ranks (the first is {}) fell",
                                                              ranks.size(), ranks.front()))),
      trials_(std::move(trials)) {}

void require_whole_groups(int ranks, int ranks_per_trial) {
  if (ranks % ranks_per_trial == 0) return;
  const int below = ranks / ranks_per_trial * ranks_per_trial;
  throw core::UsageError(core::Complaint{
      .place = "ranks_per_trial",
      .problem = fmt::format("{} ranks make no groups of {}", ranks, ranks_per_trial),
      .rule = "each trial is run by a whole group",
      .remedy = below == 0 ? fmt::format("Start {} ranks", ranks_per_trial)
                           : fmt::format("Start {} or {} ranks", below, below + ranks_per_trial)});
}

bool run_trials(const par::Comm& comm, const std::vector<data::TrialSpec>& trials,
                const trial::TrialSource& source, SweepCaller& caller,
                const SweepOptions& options) {
  const trial::SourceTraits traits = source.traits();
  const int ranks_per_trial = traits.ranks_per_trial;
  require_whole_groups(comm.size(), ranks_per_trial);
  const int leader = comm.rank() / ranks_per_trial * ranks_per_trial;
  const bool is_out = std::find(options.taken_out.begin(), options.taken_out.end(), leader) !=
                      options.taken_out.end();
  const bool has_seat = takes_trials(comm, traits.trials_per_node) && !is_out;
  const Clock::time_point start = Clock::now();
  Worker worker(comm, source, caller, options);
  // Rank 0's own member and the lead talk without a network in between.
  std::optional<Lead> lead;
  Member member(worker, comm.size(), [&](SweepTag tag, std::string bytes) {
    if (lead)
      lead->take({.source = 0, .tag = tag, .bytes = std::move(bytes)});
    else
      comm.send(0, tag, std::move(bytes));
  });
  if (comm.is_root())
    lead.emplace(trials,
                 Lead::Crew{.ranks = comm.size(),
                            .ranks_per_trial = ranks_per_trial,
                            .saves_progress = traits.saves_progress()},
                 caller, options, [&](int rank, SweepTag tag, std::string bytes) {
                   if (rank == 0)
                     member.take({.source = 0, .tag = tag, .bytes = std::move(bytes)});
                   else
                     comm.send(rank, tag, std::move(bytes));
                 });
  member.come(has_seat);
  while (!member.is_over() || (lead && !lead->is_over())) {
    while (const auto message = comm.try_receive())
      if (!member.take(*message)) {
        core::require(lead.has_value(), "only rank 0 is sent what is not for members");
        lead->take(*message);
      }
    member.look();
    if (lead) lead->look(seconds_since(start));
    member.pause_between_looks();
  }
  const bool complete = lead && lead->end(seconds_since(start));
  comm.settle();  // who is told to leave may be sent more, and has perhaps just said something
  return !comm.broadcast(complete ? "complete" : "").empty();
}

}  // namespace bimix::sweep
