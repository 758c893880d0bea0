/// What a command finds around it: paths, seeds, processors, signals, variables; and what it
/// leaves.

#include "trial/process.hpp"
#include "trial/trainer.hpp"

#include <bimix/core/host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>

namespace bimix::trial {
namespace {

using test::bytes_of;
using test::good_losses;
using test::Ran;
using test::shell;
using test::some_spec;
using test::TempFolder;
using testing::HasSubstr;

/// A variable of the environment, for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_{};
};

/// The handling of a signal, for as long as it lives.
class Handling {
 public:
  Handling(int number, void (*handler)(int)) : number_(number), before_(signal(number, handler)) {}
  ~Handling() { signal(number_, before_); }
  Handling(const Handling&) = delete;
  Handling& operator=(const Handling&) = delete;

 private:
  int number_;
  void (*before_)(int);
};

/// Waits for something that happens within moments, or on a busy machine within a minute.
/// @return whether it did
bool soon(const std::function<bool()>& happens) {
  for (int look = 0; look < 12000; ++look) {
    if (happens()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

bool is_gone(const std::filesystem::path& pid_file) {
  const int pid = std::atoi(bytes_of(pid_file).c_str());
  waitpid(pid, nullptr, WNOHANG);  // whose parent died is this process's own
  return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH;
}

TEST(CommandWorld, HasAbsolutePathsAlsoWhereTheRunFolderIsRelative) {
  const TempFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  CommandOptions options = shell(good_losses + "; cp \"$2\" \"$1/saw\"");
  options.run[2] = "cd /; " + options.run[2];
  options.run.emplace_back("{mixture.json}");
  const data::TrialResult result =
      CommandSource(options, test::domains, "run").run(some_spec(), {});
  std::filesystem::current_path(before);
  EXPECT_EQ(result.status, data::TrialStatus::ok);
  EXPECT_THAT(bytes_of(folder / "run/trials/ab12/saw"), HasSubstr("\"co de\": 0.75"));
}

TEST(CommandWorld, HasASeedThatDiffersBetweenRepeatsAndNotBetweenMixtures) {
  const Ran ran;
  CommandOptions options = shell(good_losses + "; printf \"$2\" > \"$1/seed\"");
  options.run.emplace_back("{seed}");
  std::set<std::string> seeds;
  for (int repeat = 0; repeat < 4; ++repeat) {
    ran.run(options, {}, some_spec(repeat));
    const std::string seed = bytes_of(ran.of_trial("seed"));
    seeds.insert(seed);
    EXPECT_LT(std::stoll(seed), 1LL << 31);
    EXPECT_THAT(bytes_of(ran.of_trial("mixture.json")), HasSubstr("\"seed\": " + seed + ","));
    data::TrialSpec other = some_spec(repeat);
    other.mixture = {0.5, 0.5};
    ran.complaint(options);  // another trial in between
    try {
      ran.run(options, {}, other);
    } catch (const core::Error&) {  // the losses are of the first mixture
    }
    EXPECT_EQ(bytes_of(ran.of_trial("seed")), seed);
  }
  EXPECT_EQ(seeds.size(), 4U);
  EXPECT_TRUE(seeds.contains("7")) << "the first repeat has the campaign's own, as it always had";
}

TEST(CommandWorld, DoesNotShowTheRepeatWithoutSeedRepeatIdOrMixture) {
  EXPECT_FALSE(sees_repeat({.run = {"x", "{dir}", "{share:prose}", "{volumes}", "{{seed}}"}}));
  for (const std::string name : {"{seed}", "{repeat}", "--in={mixture.json}", "{id}"})
    EXPECT_TRUE(sees_repeat({.run = {"x", name}})) << name;
}

TEST(CommandWorld, HasAllProcessorsOfTheLauncher) {
  const std::vector<int> all = core::allowed_processors();
  if (all.size() < 2) GTEST_SKIP() << "there is one processor";
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(all[0]), &one);
  sched_setaffinity(0, sizeof one, &one);  // as mpirun binds a rank
  const auto processors_of_a_command = [] {
    const Ran ran;
    ran.run(shell(good_losses + "; grep Cpus_allowed: /proc/self/status > \"$1/saw\""));
    return bytes_of(ran.of_trial("saw"));
  };
  const std::string bound_by_the_user = processors_of_a_command();
  const Variable rank("OMPI_COMM_WORLD_RANK", "0");
  const std::string bound_by_a_launcher = processors_of_a_command();
  EXPECT_EQ(core::allowed_processors().size(), 1U) << "the rank stays where it is";
  cpu_set_t before;
  CPU_ZERO(&before);
  for (const int processor : all) CPU_SET(static_cast<std::size_t>(processor), &before);
  sched_setaffinity(0, sizeof before, &before);
  EXPECT_EQ(bound_by_a_launcher, processors_of_a_command());
  EXPECT_NE(bound_by_the_user, bound_by_a_launcher);
}

TEST(CommandWorld, KeepsTheUsersOwnSettingsOfLaunchers) {
  const Variable mca("OMPI_MCA_btl", "self,tcp"), root("OMPI_ALLOW_RUN_AS_ROOT", "1"),
      tasks("SLURM_TASKS_PER_NODE", "4(x2)"), prte("PRTE_MCA_rmaps_default_mapping_policy", "core");
  const Variable daemon("OMPI_MCA_orte_hnp_uri", "1.0;tcp://10.0.0.1"),
      ess("OMPI_MCA_ess_base_vpid", "0"), rank("OMPI_COMM_WORLD_RANK", "0"),
      task("SLURM_TASK_PID", "1"), hydra("PMI_FD", "5");
  const Ran ran;
  ran.run(shell(good_losses + "; env > \"$1/env\""));
  const std::string seen = bytes_of(ran.of_trial("env"));
  EXPECT_THAT(
      seen, testing::AllOf(HasSubstr("OMPI_MCA_btl=self,tcp"), HasSubstr("OMPI_ALLOW_RUN_AS_ROOT"),
                           HasSubstr("SLURM_TASKS_PER_NODE=4(x2)"), HasSubstr("PRTE_MCA_rmaps")));
  EXPECT_THAT(seen,
              testing::Not(testing::AnyOf(HasSubstr("OMPI_MCA_orte"), HasSubstr("OMPI_MCA_ess"),
                                          HasSubstr("OMPI_COMM_WORLD"), HasSubstr("PMI_FD"),
                                          HasSubstr("SLURM_TASK_PID"))));
}

TEST(CommandWorld, EndsAlsoWhereSigchldWasIgnoredByTheParent) {
  const Handling ignored(SIGCHLD, SIG_IGN);
  const Ran ran;
  EXPECT_EQ(ran.run(shell(good_losses)).status, data::TrialStatus::ok);
  EXPECT_THAT(ran.complaint(shell("exit 3")), HasSubstr("exit code 3"));
}

/// The bits of the signals that the command ignores, without those of the C library.
unsigned long long ignored_by_a_command() {
  const Ran ran;
  ran.run(shell(good_losses + "; grep SigIgn /proc/self/status | cut -f2 > \"$1/saw\""));
  return std::stoull(bytes_of(ran.of_trial("saw")), nullptr, 16) & 0x7fffffff;
}

TEST(CommandWorld, HasSignalsAtTheirDefaults) {
  const Handling file_size(SIGXFSZ, SIG_IGN), child(SIGCHLD, SIG_IGN), interrupt(SIGINT, SIG_IGN);
  EXPECT_EQ(ignored_by_a_command(), 0U);
}

TEST(CommandWorld, KeepsWhatNohupMeans) {
  const Handling hangup(SIGHUP, SIG_IGN);
  EXPECT_EQ(ignored_by_a_command(), 1ULL << (SIGHUP - 1));
}

TEST(CommandWorld, IsEmptyAfterTheTrial) {
  const Ran ran;
  ran.run(shell("sleep 100 & echo $! > \"$1/pid\"; " + good_losses));
  EXPECT_TRUE(is_gone(ran.of_trial("pid"))) << "a helper was left running";
}

TEST(CommandWorld, LetsTheWorkersOfAWrapperSaveThemselves) {
  const Ran ran;
  const test::StopWhen is_ready([&] { return std::filesystem::exists(ran.of_trial("ready")); });
  // The wrapper is gone at once, the worker takes a moment.
  EXPECT_THROW(
      ran.run(shell("(trap 'sleep 0.2; touch \"$1/saved\"; exit' TERM; touch \"$1/ready\"; "
                    "while :; do sleep 0.05; done) & wait"),
              {.stop = is_ready.token()}),
      core::Interrupted);
  EXPECT_TRUE(std::filesystem::exists(ran.of_trial("saved")));
}

TEST(CommandWorld, EndsWithItsRankWithoutToolsOfGnu) {
  const TempFolder tools;
  for (const char* tool : {"sh", "sleep"})
    for (const char* folder : {"/bin/", "/usr/bin/"})
      if (!std::filesystem::exists(tools / tool) &&
          std::filesystem::exists(folder + std::string(tool)))
        std::filesystem::create_symlink(folder + std::string(tool), tools / tool);
  const Variable path("PATH", tools.path().string());
  const Ran ran;
  const pid_t rank = fork();
  if (rank == 0) {
    // The moment between the command's start and its naming, in which a killed rank leaves it,
    // passes.
    ran.complaint(shell("sleep 0.5; echo $$ > \"$1/pid\"; exec sleep 100"));
    _exit(0);
  }
  ASSERT_TRUE(soon([&] {  // there, and written
    return std::filesystem::exists(ran.of_trial("pid")) && !bytes_of(ran.of_trial("pid")).empty();
  }));
  kill(rank, SIGKILL);
  waitpid(rank, nullptr, 0);
  EXPECT_TRUE(soon([&] { return is_gone(ran.of_trial("pid")); }));
}

// A rank that was killed before its command's guard had started left the command running for good.
TEST(CommandWorld, IsGuardedFromItsFirstMoment) {
  const Ran ran;
  ran.run(shell("grep -ls \"^PPid:[[:space:]]*$PPID$\" /proc/[0-9]*/status > \"$1/children\"; " +
                good_losses));
  const std::string children = bytes_of(ran.of_trial("children"));
  EXPECT_GE(std::count(children.begin(), children.end(), '\n'), 2) << "the command alone";
}

// A signal that reaches the whole step: the command ends a moment before this process is told.
TEST(CommandWorld, IsInterruptedByWhatReachesTheWholeStep) {
  const Ran ran;
  for (const std::string end :
       {"kill -USR1 $$", "kill -TERM $$", "exit 0", "exit 1", "exit 143", "exit 75"}) {
    int seen = 0;
    const test::StopWhen ends(
        [&] { return std::filesystem::exists(ran.of_trial("ended")) && ++seen > 10; });
    EXPECT_THROW(ran.run(shell("touch \"$1/ended\"; " + end), {.stop = ends.token()}),
                 core::Interrupted)
        << end;
    std::filesystem::remove(ran.of_trial("ended"));
  }
  const test::StopWhen ends([&] { return std::filesystem::exists(ran.of_trial("loss.csv")); });
  EXPECT_THROW(
      ran.run(shell("trap '' TERM; " + good_losses + "; sleep 0.1"), {.stop = ends.token()}),
      core::Interrupted);
}

TEST(AwakeTime, DoesNotCountWhileTheJobIsSuspended) {
  AwakeTime time(100.0);
  EXPECT_DOUBLE_EQ(time.look(100.5), 0.5);
  EXPECT_DOUBLE_EQ(time.look(4000.0), 1.5) << "an hour asleep";
  EXPECT_DOUBLE_EQ(time.look(4000.25), 1.75);
}

TEST(CommandStart, SaysWhyAProgramCannotBeStarted) {
  const Ran ran;
  CommandOptions options = shell("true");
  options.run.emplace_back(std::string(std::size_t{1} << 20, 'x'));
  EXPECT_THAT(ran.complaint(options),
              testing::AllOf(HasSubstr("Argument list too long"), HasSubstr("{mixture.json}")));
  const auto script = [&](const std::string& text, int mode) {
    const auto path = ran.folder.write("train.sh", text);
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    return ran.complaint({.run = {path}});
  };
  EXPECT_THAT(script("#!/no/such/python\n", 0755),
              HasSubstr("its first line names '/no/such/python', which is not there"));
  EXPECT_THAT(script("true\n", 0755), HasSubstr("#!/bin/sh"));
  EXPECT_THAT(script("#!/bin/sh\n", 0644), HasSubstr("chmod +x"));
}

}  // namespace
}  // namespace bimix::trial
