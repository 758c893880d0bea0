#include "lead.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>
#include <bimix/par/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace bimix::sweep {
namespace {

constexpr double report_every = 1.0;
/// Results that come faster are handed over together: each time they are synced to the disk, which
/// takes longer than a logged run.
constexpr double hand_over_every = 0.05;
constexpr double words_a_second = 1000.0;
/// Enough to see who hangs.
constexpr std::size_t most_listed = 256;
/// Of the finished trials, for their cost; a trial that would need longer is not started late.
constexpr double fast = 0.1, slow = 0.9;
/// A rank is not taken for dead before it has missed so many words.
constexpr double most_words_missed = 5;
/// A place is not taken for broken before so many trials have failed there.
constexpr std::size_t enough_failures = 3;

std::vector<double> costs_of(const std::vector<data::TrialSpec>& trials) {
  std::vector<double> costs;
  for (const data::TrialSpec& trial : trials) costs.push_back(trial.cost);
  return costs;
}

}  // namespace

double seconds_between_reports(int ranks) { return std::max(report_every, ranks / words_a_second); }

Lead::Lead(const std::vector<data::TrialSpec>& trials, const Crew& crew, SweepCaller& caller,
           const SweepOptions& options, Send send)
    : trials_(trials),
      caller_(caller),
      crew_(crew),
      stop_(options.stop.get_token()),
      lost_after_seconds_(options.lost_after_seconds),
      send_(std::move(send)),
      times_(options.known),
      coordinator_(costs_of(trials), crew.ranks / crew.ranks_per_trial),
      coming_(groups(), crew.ranks_per_trial),
      since_(groups(), 0.0),
      records_(groups()),
      is_out_(groups(), 0),
      is_here_(groups(), 1),
      seated_(groups()),
      heard_(static_cast<std::size_t>(crew.ranks), 0.0) {}

/// A rank of the group has come. Only then may it be sent anything: before, it may still be busy
/// with the end of an earlier sweep.
void Lead::is_ready(int group) {
  if (--coming_[static_cast<std::size_t>(group)] == 0) waiting_.push_back(group);
}

void Lead::take(const par::Message& message) {
  const int group = message.source / crew_.ranks_per_trial;
  if (message.tag == tag_absent) {  // each rank of its group says so
    if (is_here_[static_cast<std::size_t>(group)]) send_away(group);
    return send_(message.source, tag_leave, "");
  }
  if (!is_here_[static_cast<std::size_t>(group)]) return;  // late words of one that was lost
  heard_[static_cast<std::size_t>(message.source)] = awake_;
  switch (message.tag) {
    case tag_ready:
      return is_ready(group);
    case tag_progress:
      if (message.source % crew_.ranks_per_trial != 0) return;  // its leader speaks for it
      return coordinator_.progressed(group, par::value_of<double>(message.bytes));
    case tag_interrupted:
      coordinator_.interrupted(group);
      stop_everyone();
      break;
    default:
      core::require(message.tag == tag_result, "rank 0 knows every tag it is sent");
      const data::TrialResult& result =
          news_.results.emplace_back(data::trial_result_from(data::Json::parse(message.bytes)));
      remember(group, result);
      const std::size_t number = coordinator_.finished(group);
      if (result.status == data::TrialStatus::ok)
        times_.learn(trial(number).cost, result.wall_seconds);
      else
        next_hand_over_ = 0.0;  // it may be a reason to stop
  }
  waiting_.push_back(group);
}

void Lead::look(double now) {
  awake_ += std::min(now - now_, report_every);
  now_ = now;
  if (now >= next_hand_over_) hand_over(now);
  // After the news, which may be the reason.
  if (stop_.stop_requested() || caller_.seconds_to_deadline() <= 0) stop_everyone();
  take_more_trials();
  serve_waiting(now);
  if (now < next_report_) return;
  next_report_ = now + report_every;
  look_for_the_lost();
  report(now);
}

void Lead::remember(int group, const data::TrialResult& result) {
  Record& record = records_[static_cast<std::size_t>(group)];
  record.host = result.host;
  if (result.status != data::TrialStatus::failed) {
    record.some_well = true;
    return;
  }
  if (record.failed++ == 0) record.first_failed_from = since_[static_cast<std::size_t>(group)];
  record.last_words = result.message;
}

void Lead::hand_over(double now) {
  if (news_.results.empty()) return;
  double first_failed_from = std::numeric_limits<double>::infinity();
  for (const Record& record : records_)
    if (record.failed > 0 && !record.some_well)
      first_failed_from = std::min(first_failed_from, record.first_failed_from);
  const bool some_failed = std::any_of(
      news_.results.begin(), news_.results.end(),
      [](const data::TrialResult& result) { return result.status == data::TrialStatus::failed; });
  if (some_failed) {
    bool some_work = false;
    for (std::size_t group = 0; group < groups() && !some_work; ++group)
      some_work = works(group, first_failed_from);
    news_.others_work = some_work;
    take_out_broken();
  }
  caller_.on_news(std::exchange(news_, {}));
  next_hand_over_ = now + hand_over_every;
}

/// A trial of the group ended well, or none failed and one runs that had begun by then.
bool Lead::works(std::size_t group, double since) const {
  const Record& record = records_[group];
  return record.some_well || (record.failed == 0 && coordinator_.seats()[group].trial &&
                              since_[group] <= since && is_here_[group]);
}

/// Takes a place out of the sweep if all that ran there failed while another place works.
/// @param place groups that have ended trials
void Lead::take_out(const std::vector<std::size_t>& place, const std::string& name) {
  TakenOut out;
  double since = std::numeric_limits<double>::infinity();
  for (const std::size_t group : place) {
    if (records_[group].some_well || is_out_[group]) return;
    out.failed += records_[group].failed;
    since = std::min(since, records_[group].first_failed_from);
    out.ranks.push_back(static_cast<int>(group) * crew_.ranks_per_trial);
  }
  if (out.failed < enough_failures) return;
  bool another_works = false;
  for (std::size_t group = 0; group < groups() && !another_works; ++group)
    another_works =
        std::find(place.begin(), place.end(), group) == place.end() && works(group, since);
  if (!another_works) return;
  for (const std::size_t group : place) is_out_[group] = 1;
  out.words = fmt::format(
      "{} is taken out of the sweep: all {} trials failed there while others work, the last with: "
      "{}",
      name, out.failed, records_[place.back()].last_words);
  news_.taken_out.push_back(std::move(out));
}

/// Whole hosts first: of a broken one each rank fails, be it once.
void Lead::take_out_broken() {
  std::map<std::string, std::vector<std::size_t>> hosts;
  for (std::size_t group = 0; group < groups(); ++group)
    if (records_[group].failed > 0 || records_[group].some_well)
      hosts[records_[group].host].push_back(group);
  for (const auto& [host, place] : hosts)
    if (place.size() > 1) take_out(place, "host " + host);
  for (const auto& [host, place] : hosts)
    for (const std::size_t group : place)
      take_out({group},
               fmt::format("rank {} on {}", static_cast<int>(group) * crew_.ranks_per_trial, host));
}

/// Trials that leave no trace before they end should end before the sweep is stopped.
double Lead::largest_that_ends_in_time() const {
  const double left = caller_.seconds_to_deadline();
  if (crew_.saves_progress || !times_.knows() || left == std::numeric_limits<double>::infinity())
    return std::numeric_limits<double>::infinity();
  return times_.cost_within(left / times_.spread(slow));
}

void Lead::take_more_trials() {
  std::vector<data::TrialSpec> more = caller_.more_trials();
  if (more.empty()) return;
  coordinator_.add(costs_of(more));
  for (data::TrialSpec& spec : more) more_.push_back(std::move(spec));
}

/// Gives every waiting group its next trial, or sends it away; where there is none yet, it waits
/// on.
void Lead::serve_waiting(double now) {
  if (waiting_.empty()) return;
  if (coordinator_.exhausted() && !coordinator_.is_stopped() && caller_.expects_more()) return;
  const double largest = largest_that_ends_in_time();
  std::vector<std::optional<std::size_t>> given;
  std::vector<const data::TrialSpec*> started;
  for (const int group : waiting_) {
    const bool is_out = is_out_[static_cast<std::size_t>(group)] != 0;
    given.push_back(is_out ? std::nullopt : coordinator_.next(group, largest));
    since_[static_cast<std::size_t>(group)] = now;
    if (given.back())
      started.push_back(&trial(*given.back()));
    else
      send_away(group);
    out_of_time_ = out_of_time_ || (!given.back() && !is_out && !coordinator_.exhausted());
  }
  if (!started.empty()) caller_.on_start(started);
  // What is sent to rank 0's own member may come back at once.
  const std::vector<int> served = std::exchange(waiting_, {});
  for (std::size_t i = 0; i < served.size(); ++i) {
    const int leader = served[i] * crew_.ranks_per_trial;
    for (int rank = leader; rank < leader + crew_.ranks_per_trial; ++rank)
      if (given[i])
        send_(rank, tag_assign, data::to_json(trial(*given[i])).dump());
      else
        send_(rank, tag_leave, "");
  }
}

/// Expects nothing more from the group.
void Lead::send_away(int group) {
  is_here_[static_cast<std::size_t>(group)] = 0;
  --seated_;
}

/// Who is taken for dead ends the sweep: the others save what they are at. The job has to begin
/// anew to have all its ranks.
void Lead::look_for_the_lost() {
  const double patience =
      std::max(lost_after_seconds_, most_words_missed * seconds_between_reports(crew_.ranks));
  for (int rank = 0; rank < crew_.ranks; ++rank) {
    const int group = rank / crew_.ranks_per_trial;
    if (!is_here_[static_cast<std::size_t>(group)] ||
        awake_ - heard_[static_cast<std::size_t>(rank)] <= patience)
      continue;
    lost_.push_back(rank);
    if (const auto trial = coordinator_.seats()[static_cast<std::size_t>(group)].trial) {
      cut_off_.push_back(this->trial(*trial).id);
      coordinator_.interrupted(group);
    }
    send_away(group);
  }
  if (!lost_.empty()) stop_everyone();
}

void Lead::stop_everyone() {
  if (stopping_) return;
  stopping_ = true;
  coordinator_.stop();
  for (int rank = 0; rank < crew_.ranks; ++rank) send_(rank, tag_stop, "");
}

std::vector<RunningTrial> Lead::longest_running(double now) const {
  const auto& seats = coordinator_.seats();
  std::vector<std::size_t> busy;
  for (std::size_t group = 0; group < groups(); ++group)
    if (seats[group].trial) busy.push_back(group);
  const std::size_t listed = std::min(busy.size(), most_listed);
  std::partial_sort(busy.begin(), busy.begin() + static_cast<std::ptrdiff_t>(listed), busy.end(),
                    [&](std::size_t a, std::size_t b) {
                      return std::pair(since_[a], a) < std::pair(since_[b], b);
                    });
  std::vector<RunningTrial> longest;
  for (std::size_t i = 0; i < listed; ++i)
    longest.push_back({.rank = static_cast<int>(busy[i]) * crew_.ranks_per_trial,
                       .id = trial(*seats[busy[i]].trial).id,
                       .seconds = now - since_[busy[i]],
                       .fraction = seats[busy[i]].fraction});
  return longest;
}

void Lead::report(double now) const {
  SweepProgress progress{.done = coordinator_.done(),
                         .total = coordinator_.total(),
                         .running = coordinator_.running(),
                         .cost_done = coordinator_.cost_done(),
                         .cost_total = coordinator_.cost_total(),
                         .elapsed_seconds = now,
                         .seconds_left = coordinator_.seconds_left(now).value_or(-1.0),
                         .out_of_time = out_of_time_,
                         .longest = longest_running(now)};
  if (times_.knows() && progress.seconds_left >= 0) {
    progress.seconds_left_low = progress.seconds_left * std::min(1.0, times_.spread(fast));
    progress.seconds_left_high = progress.seconds_left * std::max(1.0, times_.spread(slow));
  }
  caller_.on_progress(progress);
}

bool Lead::end(double now) {
  hand_over(now);
  report(now);
  if (!lost_.empty()) throw RanksLost(lost_, cut_off_);
  return coordinator_.done() == coordinator_.total();
}

}  // namespace bimix::sweep
