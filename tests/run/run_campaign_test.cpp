// A run's life in this process: a fake source, a clock that is set, one rank.
#include "support/fake_source.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/file.hpp>
#include <bimix/law/fitted_law.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/run_campaign.hpp>
#include <bimix/store/journal.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <cmath>
#include <map>
#include <set>

namespace bimix::run {
namespace {

using test::TempFolder;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string begin =
    "name: tiny\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\ndesign:\n  volumes: {values: [8K, "
    "16K, 32K, 64K]}\n";
const std::string grid =
    "  mixtures:\n    - preset: [default]\n    - simplex: {step: 0.2, floor: 0.2}\n";
const std::string end =
    "source: {command: {run: [\"true\", \"{seed}\"]}}\nfit: {bootstrap: 10}\ncheck: "
    "{repeats: "
    "2}\n";

class Record final : public Screen {
 public:
  void show(const std::string& words) override { lines.push_back(words); }
  void say(const std::string& line) override { lines.push_back(line); }
  void detail(const std::string& line) override { lines.push_back(line); }
  void heading(const std::string& line) override { lines.push_back(line); }
  void progress(const std::string&) override {}
  void end_progress() override {}
  void warn(const std::string& line) override { lines.push_back(line); }
  void complain(const std::string& words) override { lines.push_back(words); }

  std::vector<std::string> lines{};
};

/// What happens to the trials, for all sources of a test; they run one at a time.
struct Fate {
  std::map<std::string, int> runs{};  ///< attempts by mixture
  std::size_t ended = 0;
  std::set<int> failing{};        ///< numbers of attempts, from 1, that fail
  std::string failing_mixture{};  ///< its label
  double error = 0.0;             ///< by which the logs of losses err, another one for each mixture
  std::function<void()> after_each = [] {};
};

/// Losses that follow a law, so that a fit of them has a minimum.
class LawfulSource final : public test::FakeSource {
 public:
  explicit LawfulSource(Fate& fate) : fate_(fate) {}

  data::TrialResult run(const data::TrialSpec& spec, const trial::TrialHooks&) const override {
    ++fate_.runs[spec.mixture_label];
    ++fate_.ended;
    data::TrialResult result{.id = spec.id};
    if (fate_.failing.contains(static_cast<int>(fate_.ended)) ||
        spec.mixture_label == fate_.failing_mixture)
      throw trial::TrialFailure(data::FailureKind::command,
                                {.place = "fake", .problem = "gave up"});
    for (const std::int64_t tokens : spec.tokens) {
      data::LossPoint point{.tokens = tokens};
      const auto s = static_cast<double>(tokens);
      for (const double r : spec.mixture)
        point.loss_nats.push_back(std::pow(r, -0.1) * (30 * std::pow(s, -0.4) + 2) *
                                      std::exp(fate_.error * std::sin(1000 * r)) +
                                  1e-4 * spec.repeat);
      result.curve.push_back(point);
    }
    fate_.after_each();
    return result;
  }

 private:
  Fate& fate_;
};

class RunLife : public testing::Test {
 protected:
  core::ExitCode run(const RunLimits& limits = {}) {
    screen.lines.clear();
    const std::string whole = begin + in_design + end + more;
    const ReadCampaign read{.campaign = config::parse_campaign(whole, "tiny.yaml"), .text = whole};
    return run_campaign(
        {.comm = serial,
         .screen = screen,
         .utc_seconds = [this] { return clock.load(); },
         .stop = stop.get_token(),
         .open_source =
             [this](const par::Comm&, Screen&, config::Campaign&, const std::filesystem::path&) {
               OpenedSource opened;
               opened.source = std::make_unique<LawfulSource>(fate);
               return opened;
             }},
        read, folder / "run", limits);
  }

  store::JournalState journal() const { return store::read_journal(folder / "run"); }

  TempFolder folder{};
  std::string in_design = grid;
  std::string more{};  ///< of the campaign
  par::Comm serial{};
  Record screen{};
  Fate fate{};
  std::atomic<std::int64_t> clock{1'000'000};
  std::stop_source stop{};
};

TEST_F(RunLife, ComesToItsResultsAndHasNothingLeftToDo) {
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_TRUE(std::filesystem::exists(folder / "run/results.h5"));
  const std::size_t ended = fate.ended;
  EXPECT_EQ(journal().results.size(), ended);
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_EQ(fate.ended, ended) << "what was done is not done again";
}

/// Which file it is and when it was written.
std::pair<ino_t, std::filesystem::file_time_type> writing_of(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return {found.st_ino, std::filesystem::last_write_time(path)};
}

// A finished run was fitted again, and its files written again, each time it was asked for.
TEST_F(RunLife, WritesNothingAgainWhereNothingHasChanged) {
  run();
  const std::filesystem::path results = folder / "run/results.h5";
  const std::vector<std::filesystem::path> files{results, folder / "run/journal.ndjson",
                                                 folder / "run/status.json",
                                                 folder / "run/campaign.yaml"};
  std::vector<std::pair<ino_t, std::filesystem::file_time_type>> before;
  for (const auto& file : files) {
    // As if long ago, so that a file that is written within this moment is seen.
    std::filesystem::last_write_time(
        file, std::filesystem::last_write_time(file) - std::chrono::hours(1));
    before.push_back(writing_of(file));
  }
  const std::vector<std::string> told = screen.lines;
  clock += 100;
  EXPECT_EQ(run(), core::ExitCode::done);
  for (std::size_t f = 0; f < files.size(); ++f)
    EXPECT_EQ(writing_of(files[f]), before[f]) << files[f];
  for (const char* words : {"Best mixture", "Check: "}) {
    EXPECT_THAT(told, Contains(HasSubstr(words)));
    EXPECT_THAT(screen.lines, Contains(HasSubstr(words))) << "its answer is shown again";
  }

  more = "optimize: {objective: worst}\n";
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_NE(writing_of(results), before[0]) << "another answer is asked for";
  EXPECT_NE(writing_of(files[1]), before[1]);
}

TEST_F(RunLife, WritesResultsAgainThatAreNotOfItsJournal) {
  run();
  const std::filesystem::path results = folder / "run/results.h5";
  const std::string whole = core::read_file(results);
  std::filesystem::remove(results);
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_EQ(core::read_file(results).size(), whole.size());
  std::filesystem::resize_file(results, 1000);
  EXPECT_EQ(run(), core::ExitCode::done);
  const std::size_t sessions = journal().sessions.size();
  EXPECT_EQ(sessions, 3u) << "each that wrote something is a session";
  EXPECT_EQ(core::read_file(results).size(), whole.size());
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_EQ(journal().sessions.size(), sessions);
}

TEST_F(RunLife, OfAShardThatIsDoneWritesNothingAgain) {
  RunLimits limits;
  limits.shard = Shard{0, 2};
  run(limits);
  const auto before = writing_of(folder / "run/results.h5");
  EXPECT_EQ(run(limits), core::ExitCode::done);
  EXPECT_EQ(writing_of(folder / "run/results.h5"), before);
  EXPECT_EQ(run(), core::ExitCode::done) << "the other trials are run";
  EXPECT_NE(writing_of(folder / "run/results.h5"), before);
}

// All trials were trained before it showed that the prior needs pools that nobody knows.
TEST_F(RunLife, TrainsNothingForAPolicyThatLacksWhatItIsMadeFrom) {
  for (const char* block : {"optimize: {prior: proportional}\n", "optimize: {max_epochs: 4}\n",
                            "optimize: {objective: worst, reference: unimax}\n"}) {
    more = block;
    EXPECT_THROW(run(), par::CollectiveError) << block;
  }
  EXPECT_EQ(fate.ended, 0u);
}

/// A campaign that starts with 6 mixtures and chooses 2 at a time.
constexpr const char* adaptive =
    "  adaptive: {start: 6, batch: 2, budget: 12 trials, until: {gain: 0}}\n";

/// Of each round: by how many mixtures it was chosen, and which it chose.
std::vector<std::pair<int, std::vector<std::string>>> chosen(const store::JournalState& state) {
  std::vector<std::pair<int, std::vector<std::string>>> rounds;
  for (const data::Round& round : state.rounds) {
    rounds.emplace_back(round.seen, std::vector<std::string>());
    for (const data::TrialSpec& spec : state.plan_trials)
      if (spec.round == round.number) rounds.back().second.push_back(spec.id);
  }
  return rounds;
}

class AdaptiveLife : public RunLife {
 protected:
  AdaptiveLife() {
    in_design = adaptive;
    fate.error = some_error;
  }
  static constexpr double some_error = 0.01;
};

TEST_F(AdaptiveLife, ChoosesRoundsUntilTheBudgetIsSpent) {
  EXPECT_EQ(run(), core::ExitCode::done);
  const store::JournalState state = journal();
  ASSERT_THAT(state.rounds, SizeIs(4));
  EXPECT_EQ(state.rounds.front().seen, 4);
  EXPECT_EQ(state.rounds.front().under_way, 2);
  EXPECT_THAT(state.rounds.front().known.share, SizeIs(2));
  EXPECT_THAT(state.rounds.back().stop, HasSubstr("the budget of 12 trials is spent"));
  EXPECT_THAT(state.plan_trials, SizeIs(12));
  EXPECT_THAT(screen.lines, Contains(HasSubstr("Round 1: chosen by 4 mixtures")));
  EXPECT_THAT(screen.lines,
              Contains(AllOf(HasSubstr("No round 4: the budget of 12 trials is spent"),
                             HasSubstr("best known"))));
  const std::size_t ended = fate.ended;
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_EQ(fate.ended, ended) << "what was chosen is not chosen again";
  EXPECT_EQ(journal().rounds, state.rounds);
}

TEST_F(AdaptiveLife, ChoosesTheSameAfterAnInterruptionAnywhere) {
  EXPECT_EQ(run(), core::ExitCode::done);
  const auto whole = chosen(journal());
  for (std::size_t at = 1; at < 12; at += 3) {
    std::filesystem::remove_all(folder / "run");
    fate = {.error = some_error};
    fate.after_each = [&] {
      if (fate.ended == at) stop.request_stop();
    };
    EXPECT_EQ(run(), core::ExitCode::interrupted) << at;
    stop = std::stop_source();
    fate.after_each = [] {};
    EXPECT_EQ(run(), core::ExitCode::done) << at;
    EXPECT_EQ(chosen(journal()), whole) << at;
  }
}

TEST_F(AdaptiveLife, ATrialThatItsNodeFailedIsTriedAgainAndEntersNoChoiceAsFailed) {
  EXPECT_EQ(run(), core::ExitCode::done);
  const auto whole = chosen(journal());
  std::filesystem::remove_all(folder / "run");
  fate = {.failing = {2, 9}, .error = some_error};
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_EQ(chosen(journal()), whole);
}

TEST_F(AdaptiveLife, GoesOnWhereOneMixtureFailsWheneverItIsTried) {
  fate.failing_mixture = "space-2";
  EXPECT_EQ(run(), core::ExitCode::some_trials_failed);
  EXPECT_THAT(journal().plan_trials, SizeIs(12));
  EXPECT_EQ(fate.runs["space-2"], 2);
}

TEST_F(AdaptiveLife, ALargerBudgetGoesOn) {
  EXPECT_EQ(run(), core::ExitCode::done);
  const auto before = chosen(journal());
  in_design = "  adaptive: {start: 6, batch: 2, budget: 14 trials, until: {gain: 0}}\n";
  EXPECT_EQ(run(), core::ExitCode::done);
  const auto after = chosen(journal());
  ASSERT_THAT(journal().plan_trials, SizeIs(14));
  EXPECT_TRUE(std::equal(before.begin(), before.end() - 1, after.begin()));
}

TEST_F(AdaptiveLife, EndsWhereTheBestIsKnownWellEnough) {
  in_design = "  adaptive: {start: 6, batch: 2, budget: 90 trials, until: {gain: 10}}\n";
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_THAT(journal().plan_trials, SizeIs(6));
  EXPECT_THAT(journal().rounds.back().stop, HasSubstr("is within 10 nats"));
}

TEST_F(AdaptiveLife, RefusesABudgetBelowWhatItStartsWithBeforeATrialRuns) {
  in_design = "  adaptive: {start: 6, batch: 2, budget: 5 trials}\n";
  EXPECT_THROW(run(), par::CollectiveError);
  EXPECT_EQ(fate.ended, 0u);
}

TEST_F(AdaptiveLife, RefusesToBeShardedSinceARoundIsChosenByAllResults) {
  EXPECT_THROW(run({.shard = Shard{0, 2}}), par::CollectiveError);
  EXPECT_EQ(fate.ended, 0u);
}

TEST_F(RunLife, StopsOnASignalAndTheSameCommandRunsTheRestOnly) {
  fate.after_each = [&] {
    if (fate.ended == 2) stop.request_stop();
  };
  EXPECT_EQ(run(), core::ExitCode::interrupted);
  EXPECT_THAT(screen.lines, Contains(HasSubstr("stopped by a signal")));
  EXPECT_LT(journal().results.size(), 4u);
  stop = std::stop_source();
  fate.after_each = [] {};
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_EQ(fate.ended, journal().results.size()) << "no trial ran twice";
}

TEST_F(RunLife, StopsWhenItsWalltimeIsOverByTheClockThatItIsGiven) {
  fate.after_each = [&] { clock += 40; };
  EXPECT_EQ(run({.walltime_seconds = 60}), core::ExitCode::interrupted);
  EXPECT_THAT(journal().stops.back().reason, HasSubstr("walltime"));
  EXPECT_LT(fate.ended, 4u);
}

TEST_F(RunLife, ATrialThatFailedIsTriedAgainByTheSameCommand) {
  fate.failing = {2};
  EXPECT_EQ(run(), core::ExitCode::some_trials_failed);
  EXPECT_THAT(screen.lines, Contains(HasSubstr("1 trial failed; the same command tries it again")));
  const std::size_t ended = fate.ended;
  EXPECT_EQ(run(), core::ExitCode::done);
  EXPECT_EQ(fate.ended, ended + 1);
}

TEST_F(RunLife, AFaultOfTheSetUpEndsItAfterFiveFailures) {
  for (int attempt = 1; attempt < 100; ++attempt) fate.failing.insert(attempt);
  EXPECT_THROW(run(), par::CollectiveError);
  EXPECT_EQ(journal().stops.back().reason, "the first 5 trials all ended badly");
  EXPECT_EQ(journal().stops.back().exit_code, static_cast<int>(core::ExitCode::data));
}

TEST_F(RunLife, SaysTheFirstReasonWhereEveryTrialMayFailAndDoes) {
  for (int attempt = 1; attempt < 100; ++attempt) fate.failing.insert(attempt);
  EXPECT_THROW(run({.failures = FailureAllowance{.amount = 100, .is_percent = true}}),
               par::CollectiveError);
  EXPECT_THAT(journal().stops.back().reason, HasSubstr("gave up"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/results.h5"));
}

TEST_F(RunLife, RunsTheNamedTrialsOnlyAndSaysWhatIsLeft) {
  fate.after_each = [&] { stop.request_stop(); };
  run();
  stop = std::stop_source();
  fate.after_each = [] {};
  const std::size_t ended = fate.ended;
  const std::string id = journal().plan_trials.back().id;
  EXPECT_EQ(run({.only = {id}}), core::ExitCode::done);
  EXPECT_EQ(fate.ended, ended + 1);
  EXPECT_THAT(screen.lines, Contains(HasSubstr("only the trials that --only names")));
}

TEST_F(RunLife, RefusesLimitsThatCannotEndWellBeforeATrialRuns) {
  EXPECT_THROW(run({.only = {"no such id"}}), par::CollectiveError);
  EXPECT_EQ(fate.ended, 0u);
}

// A second session in a row that gets nowhere does not promise that a third one would.
TEST_F(RunLife, TheSecondStopWithoutGettingFurtherIsFinal) {
  fate.after_each = [&] {
    if (fate.ended == 1) stop.request_stop();
  };
  EXPECT_EQ(run(), core::ExitCode::interrupted);
  // From here on it is asked for from the first moment on.
  EXPECT_EQ(run(), core::ExitCode::interrupted);
  EXPECT_THROW(run(), par::CollectiveError);
  EXPECT_THAT(journal().stops.back().reason, HasSubstr("for the second time"));
}

/// A prediction from each fit: what people would be told.
double told_by(const data::LawFit& fit) {
  return law::FittedLaw(fit).predict(0, {{0.3, 0.7}, 1e6});
}

TEST_F(RunLife, AFinishedRunIsNotFittedAgain) {
  run();
  const StoredRun stored = load_run(folder / "run");
  const data::LawFit kept = used_fit_of(serial, screen, stored);
  std::filesystem::remove(folder / "run/results.h5");
  const data::LawFit again = used_fit_of(serial, screen, stored);
  EXPECT_EQ(told_by(kept), told_by(again));
  EXPECT_EQ(kept.bootstrap, again.bootstrap);
  EXPECT_EQ(kept.held_out.protocol, again.held_out.protocol);
}

TEST_F(RunLife, KeptFitsOfOtherResultsAreNotTakenAndThatIsSaid) {
  run();
  StoredRun stored = load_run(folder / "run");
  const double before = told_by(used_fit_of(serial, screen, stored));
  EXPECT_THAT(screen.lines, Not(Contains(HasSubstr("fitting again"))));
  for (data::TrialResult& result : stored.state.results)
    for (data::LossPoint& point : result.curve)
      for (double& loss : point.loss_nats) loss *= 1.01;
  EXPECT_NE(told_by(used_fit_of(serial, screen, stored)), before);
  EXPECT_THAT(screen.lines, Contains(HasSubstr("fitting again")));
  screen.lines.clear();
  stored = load_run(folder / "run");
  stored.campaign.fit.shrinkage = 0.5;
  used_fit_of(serial, screen, stored);
  EXPECT_THAT(screen.lines, Contains(HasSubstr("fitting again")));
}

TEST_F(RunLife, ADamagedResultFileIsSaidAndPassedOver) {
  run();
  const StoredRun stored = load_run(folder / "run");
  const double before = told_by(used_fit_of(serial, screen, stored));
  folder.write("run/results.h5", "not a result file");
  EXPECT_EQ(told_by(used_fit_of(serial, screen, stored)), before);
  EXPECT_THAT(screen.lines, Contains(HasSubstr("Fitting again")));
}

}  // namespace
}  // namespace bimix::run
