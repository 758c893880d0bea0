#include "sweep/lead.hpp"

#include "support/heap.hpp"
#include "support/noting_caller.hpp"

#include <bimix/data/json.hpp>
#include <bimix/par/bytes.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <queue>
#include <random>

namespace bimix::sweep {
namespace {

/// Workers without machines: a trial lasts as many seconds as it costs, and everybody tells what a
/// rank would tell. Time passes from event to event.
class SimulatedRanks {
 public:
  explicit SimulatedRanks(int ranks) : running_(static_cast<std::size_t>(ranks)) {
    for (int rank = 0; rank < ranks; ++rank) events_.push({0.0, rank, tag_ready});
  }

  /// What the lead sends.
  void take(int rank, SweepTag tag, const std::string& bytes) {
    ++received;
    if (tag != tag_assign) return;
    Running& mine = running_[static_cast<std::size_t>(rank)];
    mine.trial = data::trial_spec_from(data::Json::parse(bytes));
    mine.begin = now_;
    const double seconds = mine.trial.cost;
    events_.push({now_ + seconds, rank, tag_result});
    const double every = seconds_between_reports(static_cast<int>(running_.size()));
    for (double after = every; after < seconds; after += every)
      events_.push({now_ + after, rank, tag_progress});
  }

  /// Until the lead has sent everybody away. @return seconds that would have passed
  double drive(Lead& lead) {
    while (!lead.is_over()) {
      now_ = events_.top().time;
      while (!events_.empty() && events_.top().time <= now_) {
        const Event event = events_.top();
        events_.pop();
        lead.take({.source = event.rank, .tag = event.tag, .bytes = words(event)});
        ++sent;
      }
      lead.look(now_);
    }
    EXPECT_TRUE(lead.end(now_));
    return now_;
  }

  std::size_t sent = 0, received = 0;

 private:
  struct Running {
    data::TrialSpec trial{};
    double begin = 0.0;
  };
  struct Event {
    double time = 0.0;
    int rank = 0;
    SweepTag tag = tag_ready;
    bool operator>(const Event& other) const {
      return std::tuple(time, rank, tag) > std::tuple(other.time, other.rank, other.tag);
    }
  };

  std::string words(const Event& event) const {
    const Running& mine = running_[static_cast<std::size_t>(event.rank)];
    const data::TrialSpec& spec = mine.trial;
    if (event.tag == tag_progress) return par::bytes_of((now_ - mine.begin) / spec.cost);
    if (event.tag != tag_result) return "";
    return data::to_json(
               data::TrialResult{.id = spec.id, .wall_seconds = spec.cost, .rank = event.rank})
        .dump();
  }

  std::vector<Running> running_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  double now_ = 0.0;
};

std::vector<data::TrialSpec> trials_of_some_seconds(std::size_t count) {
  std::mt19937 draw(1);
  std::lognormal_distribution<double> seconds(1.5, 0.5);
  std::vector<data::TrialSpec> trials;
  for (std::size_t i = 0; i < count; ++i)
    trials.push_back({.id = fmt::format("{:016x}", i), .cost = seconds(draw)});
  return trials;
}

TEST(Lead, ServesSixteenThousandRanksWithFewWordsAndLittleMemory) {
  const int ranks = 16384;
  const std::vector<data::TrialSpec> trials = trials_of_some_seconds(10 * ranks);
  std::vector<double> costs;
  for (const data::TrialSpec& trial : trials) costs.push_back(trial.cost);
  test::NotingCaller caller;
  SimulatedRanks all(ranks);
  const std::size_t before = test::heap_bytes();
  Lead lead(trials, {.ranks = ranks, .saves_progress = true}, caller, {},
            [&](int rank, SweepTag tag, const std::string& bytes) { all.take(rank, tag, bytes); });
  const std::size_t bytes = test::heap_bytes() - before;
  const double end = all.drive(lead);

  EXPECT_EQ(caller.results.size(), trials.size());
  EXPECT_EQ(caller.started.size(), trials.size());
  EXPECT_LE(caller.most_listed, 256u);
  EXPECT_LE(end, 1.05 * makespan_lower_bound(costs, ranks));
  // One `ready` a rank and one result a trial; of progress at most a thousand words a second.
  EXPECT_LE(static_cast<double>(all.sent),
            static_cast<double>(ranks) + static_cast<double>(trials.size()) + 1000 * (end + 1));
  EXPECT_EQ(all.received, trials.size() + ranks);  // `assign` and, in the end, `leave`
  EXPECT_GT(bytes, std::size_t{ranks}) << "what measures does not see this heap";
  EXPECT_LT(bytes, std::size_t{16} << 20);
  RecordProperty("messages", static_cast<int>(all.sent + all.received));
  RecordProperty("kibibytes", static_cast<int>(bytes >> 10));
}

// Each hand-over is synced to the disk: 20,000 logged runs, one by one, took longer than their fit.
TEST(Lead, DoesNotSyncEveryOneOfManyFastResults) {
  std::vector<data::TrialSpec> trials;
  for (int i = 0; i < 2000; ++i) trials.push_back({.id = fmt::format("{:016x}", i), .cost = 0.001});
  test::NotingCaller caller;
  SimulatedRanks one(1);
  Lead lead(trials, {}, caller, {},
            [&](int rank, SweepTag tag, const std::string& bytes) { one.take(rank, tag, bytes); });
  const double seconds = one.drive(lead);
  EXPECT_EQ(caller.results.size(), trials.size());
  EXPECT_LE(static_cast<double>(caller.hand_overs), 20 * seconds + 2);
}

/// Two more trials come up once four have ended, and two more once six have.
class GrowingCaller final : public test::NotingCaller {
 public:
  std::vector<data::TrialSpec> more_trials() override {
    if (results.size() < 4 + 2 * rounds || rounds == 2) return {};
    ++rounds;
    std::vector<data::TrialSpec> more;
    for (int i = 0; i < 2; ++i)
      more.push_back({.id = fmt::format("round-{}-{}", rounds, i), .cost = 1.0});
    return more;
  }
  bool expects_more() override { return rounds < 2; }

  std::size_t rounds = 0;
};

// Ranks without a trial were sent away, and what came up later had nobody to run it.
TEST(Lead, RunsTrialsThatComeUpLaterOnRanksThatWaitForThem) {
  std::vector<data::TrialSpec> trials;
  for (int i = 0; i < 4; ++i) trials.push_back({.id = fmt::format("{}", i), .cost = 1.0 + i});
  GrowingCaller caller;
  SimulatedRanks three(3);
  Lead lead(
      trials, {.ranks = 3}, caller, {},
      [&](int rank, SweepTag tag, const std::string& bytes) { three.take(rank, tag, bytes); });
  three.drive(lead);
  EXPECT_EQ(caller.results.size(), 8u);
  EXPECT_EQ(caller.progress.total, 8u);
  EXPECT_EQ(caller.started.back().substr(0, 7), "round-2");
}

TEST(Lead, HandsOverAFailureAtOnce) {
  const std::vector<data::TrialSpec> trials(3, data::TrialSpec{.cost = 1.0});
  test::NotingCaller caller;
  Lead lead(trials, {}, caller, {}, [](int, SweepTag, const std::string&) {});
  const auto hear = [&](SweepTag tag, data::TrialStatus status, double now) {
    const data::TrialResult result{.status = status};
    lead.take({.tag = tag, .bytes = tag == tag_result ? data::to_json(result).dump() : ""});
    lead.look(now);
  };
  hear(tag_ready, data::TrialStatus::ok, 0.0);
  hear(tag_result, data::TrialStatus::ok, 1.0);
  hear(tag_result, data::TrialStatus::ok, 1.01);
  EXPECT_EQ(caller.results.size(), 1u);
  hear(tag_result, data::TrialStatus::failed, 1.02);
  EXPECT_EQ(caller.results.size(), 3u);
  EXPECT_EQ(caller.results.back().status, data::TrialStatus::failed);
}

/// What a lead of two-second trials sends while it is looked at once a second.
class WatchedLead {
 public:
  explicit WatchedLead(int ranks, int ranks_per_trial)
      : trials_(8, data::TrialSpec{.cost = 2.0}),
        lead_(trials_, {.ranks = ranks, .ranks_per_trial = ranks_per_trial}, caller_, {},
              [&](int rank, SweepTag tag, auto) { sent[tag].push_back(rank); }) {
    for (std::size_t i = 0; i < trials_.size(); ++i) trials_[i].id = std::to_string(i);
    for (int rank = 0; rank < ranks; ++rank) hear(rank, tag_ready);
    pass(1, {});
  }

  void hear(int rank, SweepTag tag) {
    lead_.take(
        {.source = rank, .tag = tag, .bytes = tag == tag_progress ? par::bytes_of(0.5) : ""});
  }
  /// @param speaking ranks that tell of their progress each second
  void pass(int seconds, const std::vector<int>& speaking) {
    for (int i = 0; i < seconds; ++i) {
      for (const int rank : speaking) hear(rank, tag_progress);
      lead_.look(now_ += 1.0);
    }
  }
  void sleep(double seconds) { lead_.look(now_ += seconds); }
  Lead& lead() { return lead_; }

  std::map<SweepTag, std::vector<int>> sent;

 private:
  std::vector<data::TrialSpec> trials_;
  SweepCaller caller_{};
  Lead lead_;
  double now_ = 0.0;
};

TEST(Lead, EndsTheSweepWhenARankFallsSilent) {
  WatchedLead watched(3, 1);
  watched.pass(299, {0, 2});
  EXPECT_TRUE(watched.sent[tag_stop].empty());
  watched.pass(3, {0, 2});
  EXPECT_EQ(watched.sent[tag_stop].size(), 3u);
  EXPECT_FALSE(watched.lead().is_over()) << "the others save what they are at";
  watched.hear(0, tag_interrupted);
  watched.hear(2, tag_interrupted);
  watched.hear(1, tag_progress);  // too late
  watched.pass(1, {});
  EXPECT_TRUE(watched.lead().is_over());
  try {
    watched.lead().end(400.0);
    FAIL() << "nobody is told";
  } catch (const RanksLost& lost) {
    EXPECT_EQ(lost.exit_code(), core::ExitCode::interrupted);
    EXPECT_EQ(lost.trials(), std::vector<std::string>{"1"});
    EXPECT_NE(std::string(lost.what()).find("rank 1 fell silent"), std::string::npos);
  }
}

TEST(Lead, HearsEveryRankOfAGroup) {
  WatchedLead watched(4, 2);
  watched.pass(310, {0, 1, 2});  // rank 2 leads and speaks, but 3 is gone
  EXPECT_EQ(watched.sent[tag_stop].size(), 4u);
  watched.hear(0, tag_interrupted);
  watched.pass(1, {});
  EXPECT_TRUE(watched.lead().is_over());
  EXPECT_THROW(watched.lead().end(400.0), RanksLost);
}

TEST(Lead, DoesNotTakeItsOwnSleepForTheSilenceOfOthers) {
  WatchedLead watched(3, 1);
  watched.sleep(100'000);
  watched.pass(10, {});
  EXPECT_TRUE(watched.sent[tag_stop].empty());
}

/// A lead of ranks, two of them on each host, that end trials when they are told to.
class StaffedLead : public test::NotingCaller {
 public:
  explicit StaffedLead(int ranks)
      : trials_(100, data::TrialSpec{.cost = 1.0}),
        lead_(trials_, {.ranks = ranks}, *this, {}, sender()) {
    for (std::size_t i = 0; i < trials_.size(); ++i) trials_[i].id = std::to_string(i);
    for (int rank = 0; rank < ranks; ++rank) lead_.take({.source = rank, .tag = tag_ready});
    look();
  }

  void ends(int rank, data::TrialStatus status) {
    lead_.take({.source = rank,
                .tag = tag_result,
                .bytes = data::to_json(data::TrialResult{.id = "x",
                                                         .status = status,
                                                         .message = "no device",
                                                         .rank = rank,
                                                         .host = "node" + std::to_string(rank / 2)})
                             .dump()});
  }
  void fails(int rank) { ends(rank, data::TrialStatus::failed); }
  void look() { lead_.look(now_ += 1.0); }

  std::map<SweepTag, std::vector<int>> sent{};

 private:
  Lead::Send sender() {
    return [this](int rank, SweepTag tag, const std::string&) { sent[tag].push_back(rank); };
  }

  std::vector<data::TrialSpec> trials_;
  Lead lead_;
  double now_ = 0.0;
};

TEST(Lead, TakesOutARankOnWhichAllFailsWhileAnotherOneTrains) {
  StaffedLead staffed(2);
  for (int time = 0; time < 2; ++time) {
    staffed.fails(1);
    staffed.look();
  }
  EXPECT_TRUE(staffed.out.empty()) << "two may be chance";
  EXPECT_EQ(staffed.others_work, (std::vector<bool>{true, true})) << "rank 0 outlives them";
  staffed.fails(1);
  staffed.look();
  ASSERT_EQ(staffed.out.size(), 1u);
  EXPECT_EQ(staffed.out[0].ranks, std::vector<int>{1});
  EXPECT_EQ(staffed.out[0].failed, 3u);
  EXPECT_NE(staffed.out[0].words.find("rank 1 on node0 is taken out"), std::string::npos);
  EXPECT_NE(staffed.out[0].words.find("the last with: no device"), std::string::npos);
  EXPECT_EQ(staffed.sent[tag_leave], std::vector<int>{1});
  staffed.ends(0, data::TrialStatus::ok);
  staffed.look();
  EXPECT_EQ(staffed.sent[tag_assign].size(), 2u + 2u + 1u) << "the others go on";
}

TEST(Lead, TakesOutAHostOfWhichEachRankFailedOnce) {
  StaffedLead staffed(6);
  for (const int rank : {2, 3}) staffed.fails(rank);
  staffed.look();
  EXPECT_TRUE(staffed.out.empty());
  staffed.fails(3);
  staffed.look();
  ASSERT_EQ(staffed.out.size(), 1u);
  EXPECT_EQ(staffed.out[0].ranks, (std::vector<int>{2, 3}));
  EXPECT_NE(staffed.out[0].words.find("host node1 is taken out"), std::string::npos);
  EXPECT_EQ(staffed.sent[tag_leave], std::vector<int>{3}) << "rank 2 is not done yet";
  staffed.fails(2);
  staffed.look();
  EXPECT_EQ(staffed.sent[tag_leave], (std::vector<int>{3, 2}));
  EXPECT_EQ(staffed.out.size(), 1u);
}

TEST(Lead, TakesNobodyOutWhereAllFailOrWhereSomeEndWell) {
  StaffedLead all_fail(2);
  for (int time = 0; time < 4; ++time) {
    all_fail.fails(0);
    all_fail.fails(1);
    all_fail.look();
  }
  EXPECT_TRUE(all_fail.out.empty());
  EXPECT_EQ(all_fail.others_work, std::vector<bool>(4, false));
  StaffedLead mixed(2);  // some trials are bad, wherever they run
  for (const data::TrialStatus status :
       {data::TrialStatus::ok, data::TrialStatus::failed, data::TrialStatus::failed,
        data::TrialStatus::failed, data::TrialStatus::failed}) {
    mixed.ends(1, status);
    mixed.look();
  }
  EXPECT_TRUE(mixed.out.empty());
}

TEST(Lead, StartsNoTrialThatWouldNotEndInTime) {
  const std::vector<data::TrialSpec> trials{
      {.id = "a", .cost = 10.0}, {.id = "b", .cost = 8.0}, {.id = "c", .cost = 2.0}};
  for (const bool saves_progress : {false, true}) {
    double now = 0.0;
    test::NotingCaller caller;
    caller.time_left = [&] { return 15.0 - now; };
    Lead lead(trials, {.saves_progress = saves_progress}, caller, {}, [](int, SweepTag, auto) {});
    const auto ended = [&](const char* id, double seconds) {
      now += seconds;
      lead.take(
          {.tag = tag_result,
           .bytes = data::to_json(data::TrialResult{.id = id, .wall_seconds = seconds}).dump()});
      lead.look(now);
    };
    lead.take({.tag = tag_ready});
    lead.look(now);    // nothing is known of times yet
    ended("a", 10.0);  // five seconds are left: enough for c only
    if (saves_progress) {
      EXPECT_EQ(caller.started, (std::vector<std::string>{"a", "b"}));
      continue;
    }
    EXPECT_EQ(caller.started, (std::vector<std::string>{"a", "c"}));
    ended("c", 2.0);
    EXPECT_TRUE(lead.is_over());
    EXPECT_FALSE(lead.end(now));
    EXPECT_TRUE(caller.progress.out_of_time);
  }
}

// Also where nobody asks: the deadline comes while all trials run.
TEST(Lead, StopsEveryRankAtTheDeadlineAndOnRequest) {
  const std::vector<data::TrialSpec> trials(3, data::TrialSpec{.cost = 1.0});
  for (const bool by_deadline : {true, false}) {
    double now = 0.0;
    std::vector<int> stopped;
    test::NotingCaller caller;
    if (by_deadline) caller.time_left = [&] { return 15.0 - now; };
    SweepOptions options;
    Lead lead(trials, {.ranks = 2}, caller, options, [&](int rank, SweepTag tag, auto) {
      if (tag == tag_stop) stopped.push_back(rank);
    });
    for (const int rank : {0, 1}) lead.take({.source = rank, .tag = tag_ready});
    lead.look(now = 14.0);
    EXPECT_TRUE(stopped.empty());
    if (!by_deadline) options.stop.request_stop();
    lead.look(now = 15.0);
    lead.look(now = 16.0);
    EXPECT_EQ(stopped, (std::vector<int>{0, 1})) << "once";
    for (const int rank : {0, 1}) lead.take({.source = rank, .tag = tag_interrupted});
    lead.look(now);
    EXPECT_TRUE(lead.is_over());
    EXPECT_FALSE(lead.end(now));
  }
}

}  // namespace
}  // namespace bimix::sweep
