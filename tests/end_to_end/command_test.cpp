#include "end_to_end/program.hpp"

#include <bimix/core/file.hpp>
#include <bimix/store/results.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix {
namespace {

using test::bimix;
using test::TemporaryFolder;
using testing::HasSubstr;

/// A trainer whose losses follow BiMix with alpha = 0.1, P = 20, beta = 0.25, Q = 1.
std::string write_campaign(const TemporaryFolder& folder, const std::string& trainer) {
  test::write_text(folder / "train.awk", trainer);
  const std::string path = folder / "command.yaml";
  test::write_text(path,
                   "name: outside\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\n"
                   "design:\n  mixtures: [{preset: [default]}, {grid: {a: [0.1, 0.3, 0.8]}}]\n"
                   "  volumes: {values: [1K, 10K, 100K]}\n"
                   "source:\n  command:\n    run: [awk, -f, \"" +
                       (folder / "train.awk") +
                       "\", \"out={dir}/loss.csv\", \"volumes={volumes}\", \"a={share:a}\", "
                       "\"b={share:b}\", /dev/null]\n"
                       "fit: {bootstrap: 10}\ncheck: {repeats: 2}\n");
  return path;
}

const std::string trainer = R"(END {
  print "run,tokens,domain,share,loss_nats" > out
  count = split(volumes, s, ",")
  for (i = 1; i <= count; ++i) {
    printf "x,%d,a,%s,%.9f\n", s[i], a, a ^ -0.1 * (20 * s[i] ^ -0.25 + 1) > out
    printf "x,%d,b,%s,%.9f\n", s[i], b, b ^ -0.1 * (20 * s[i] ^ -0.25 + 1) > out
  }
}
)";

TEST(Command, RunsFromEntropyToCheckWithAnExternalTrainer) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output,
              testing::AllOf(HasSubstr("0.1000"), HasSubstr("0.2500"), HasSubstr("Verdict:")));
  EXPECT_EQ(bimix("verify " + (folder / "run")).exit_code, 0);
}

TEST(Next, ProposesMixturesThatTheRunIsExtendedBy) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer), run = folder / "run";
  const std::string next = "plan " + campaign + " -o " + run + " --next 2 ";
  EXPECT_EQ(bimix(next).exit_code, 3) << "nothing was run";
  ASSERT_EQ(bimix("run " + campaign + " -o " + run, 2).exit_code, 0);
  const auto without = bimix(next);
  EXPECT_EQ(without.exit_code, 4);
  EXPECT_THAT(without.output, HasSubstr("the law has 10 bootstrap samples"));
  std::string text = core::read_file(campaign);
  text.replace(text.find("bootstrap: 10"), 13, "bootstrap: 20");
  test::write_text(campaign, text);
  const auto told = bimix(next + "--json 2>/dev/null", 2);
  EXPECT_EQ(told.exit_code, 0) << told.output;
  EXPECT_EQ(told.output, bimix(next + "--json 2>/dev/null", 3).output);
  const std::string grown = folder / "grown.yaml";
  const auto written = bimix(next + "--write " + grown, 2);
  EXPECT_EQ(written.exit_code, 0) << written.output;
  EXPECT_EQ(bimix(next + "--write " + grown).exit_code, 3) << "it is there already";
  const auto extended = bimix("run " + grown + " --extend -o " + run, 2);
  EXPECT_EQ(extended.exit_code, 0) << extended.output;
  EXPECT_THAT(extended.output, HasSubstr("Extended from 4 to 6 trials"));
  EXPECT_EQ(bimix("plan " + run + " --next 1").exit_code, 0);
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
  EXPECT_EQ(bimix("plan " + campaign + " --write " + grown).exit_code, 2) << "without --next";
  EXPECT_THAT(bimix("plan configs/replay.yaml -o " + run + " --next 1").output,
              HasSubstr("has other domains than"));
}

TEST(Command, RecordsFailedTrialsAndTriesThemAgain) {
  const TemporaryFolder folder;
  const std::string campaign =
      write_campaign(folder, "END { if (a == 0.3) { print \"no luck\"; exit 3 } }\n" + trainer);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 1) << run.output;
  EXPECT_THAT(run.output, testing::AllOf(HasSubstr("exit code 3"), HasSubstr("no luck"),
                                         HasSubstr("1 trial failed")));
}

/// A folder whose fit is still there.
void expect_whole(const std::string& run) {
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
  EXPECT_THAT(bimix("status " + run).output, HasSubstr("stage    done"));
  EXPECT_THAT(bimix("verify " + run).output, HasSubstr("results.h5 is their image"));
}

/// The trainer, but without luck where the share of a is so.
std::string failing(const std::string& condition) {
  return "END { if (" + condition + ") { print \"no luck\"; exit 3 } }\n" + trainer;
}

/// The trainer, but where the share of a is so it takes the rank that started it down with it.
std::string killing(const std::string& condition) {
  return "END { if (" + condition +
         ") system(\"kill -9 $(awk '{print $4}' /proc/$PPID/stat)\") }\n" + trainer;
}

// A trial that takes its whole run down with it is started five times, then recorded and named;
// also the first one, when nothing else has a result yet.
TEST(Quarantine, NamesATrialThatKillsItsRun) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, killing("a == 0.5 && volumes ~ /,/")),
                    run = folder / "run";
  for (int time = 1; time <= 5; ++time)
    EXPECT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 137) << time;
  const auto last = bimix("run " + campaign + " -o " + run);
  EXPECT_EQ(last.exit_code, 1) << last.output;
  EXPECT_THAT(last.output,
              testing::AllOf(HasSubstr("running each of the last 5 times that the run was killed"),
                             HasSubstr("--only"), HasSubstr("1 trial is not tried again")));
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
  EXPECT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 1) << "and it stays so";

  test::write_text(folder / "train.awk", trainer);  // mended
  const std::size_t at = last.output.find("--only ");
  ASSERT_NE(at, std::string::npos);
  const std::string only = " --only " + last.output.substr(at + 7, 16);
  EXPECT_EQ(bimix("run " + campaign + only + " -o " + run).exit_code, 0);
  EXPECT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
}

/// The trainer, after a line of shell that may refer to $a, the share, and $dir.
std::string write_shell_campaign(const TemporaryFolder& folder, const std::string& line,
                                 const std::string& options = "") {
  const std::string campaign = write_campaign(folder, trainer);
  test::write_text(folder / "train.sh",
                   "dir=$1 a=$2 b=$3 volumes=$4\n" + line + "\nexec awk -f " +
                       (folder / "train.awk") +
                       " out=$dir/loss.csv volumes=$volumes a=$a b=$b /dev/null\n");
  std::string text = test::bytes_of(campaign);
  const std::size_t at = text.find("run: ["), end = text.find('\n', at);
  text.replace(at, end - at,
               "run: [sh, \"" + (folder / "train.sh") +
                   "\", \"{dir}\", \"{share:a}\", \"{share:b}\", \"{volumes}\"]" + options);
  test::write_text(campaign, text);
  return campaign;
}

TEST(Retries, TryAgainWhatMayPassAndNothingElse) {
  const TemporaryFolder folder;
  const std::string campaign = write_shell_campaign(
      folder,
      "[ $a != 0.3 ] || [ -e $dir/tried ] || { touch $dir/tried; kill -9 $$; }\n"
      "[ $a != 0.1 ] || exit 3");
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 1) << run.output;
  EXPECT_THAT(run.output, testing::AllOf(HasSubstr("failed (killed)"), HasSubstr("trying 1 again"),
                                         HasSubstr("1 failed (command), for example"),
                                         HasSubstr("1 trial failed; the same command")));
  const auto none = bimix("run " + campaign + " --retries 0 -o " + (folder / "none"), 2);
  EXPECT_THAT(none.output, HasSubstr("2 trials failed"));
}

TEST(PerNode, LetsOnlySoManyCommandsRunAtATime) {
  const TemporaryFolder folder;
  const std::string campaign = write_shell_campaign(
      folder, "mkdir " + (folder / "busy") + " || exit 3; sleep 0.2; rmdir " + (folder / "busy"),
      "\n    per_node: 1");
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 3);
  EXPECT_EQ(run.exit_code, 0) << run.output;
}

TEST(Deadline, KeepsBackTrialsThatWouldNotEndInTime) {
  const TemporaryFolder folder;
  const std::string campaign = write_shell_campaign(folder, "sleep 3"), run = folder / "run";
  const auto first = bimix("run " + campaign + " --walltime 8s -o " + run);
  EXPECT_EQ(first.exit_code, 75) << first.output;
  EXPECT_THAT(first.output, HasSubstr("none of the trials that are left would end in time"));
  EXPECT_THAT(first.output, testing::Not(HasSubstr("failed")));
  EXPECT_EQ(bimix("run " + campaign + " -o " + run, 3).exit_code, 0);
}

TEST(Deadline, IsNoReasonToRepeatWhatCanNeverEndInTime) {
  const TemporaryFolder folder;
  const std::string campaign = write_shell_campaign(folder, "sleep 30");
  const auto run = bimix("run " + campaign + " --walltime 2s -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 3) << run.output;
  EXPECT_THAT(run.output,
              testing::AllOf(HasSubstr("no trial ended in the "), HasSubstr("`resumes: true`")));
}

// A host that hangs: the launcher sees nothing, the rank says nothing.
TEST(Lost, ARankThatFallsSilentEndsTheRunAsInterrupted) {
  const TemporaryFolder folder;
  const std::string campaign = write_shell_campaign(
      folder, "[ -e " + (folder / "calm") + " ] || { touch $dir/begun; sleep 60; }");
  const std::string run = folder / "run";
  const auto lost = test::shell(
      "export OMPI_MCA_odls_base_sigkill_timeout=1\n"
      "timeout 60 scripts/mpirun -n 2 " BIMIX_PROGRAM " run " +
      campaign + " --lost-after 5s -o " + run + " & id=$!\n" +
      test::wait_until("[ $(find " + run + " -name begun | wc -l) = 2 ]", "both ranks train") +
      "\n"
      "rank=$(ps -e -o pid=,args= | awk -v run=" +
      run +
      " '$2 ~ /bimix$/ && index($0, run) { print $1 }' | tail -n 1)\n"
      "kill -STOP $rank; wait $id");
  EXPECT_EQ(lost.exit_code, 75) << lost.output;
  EXPECT_THAT(lost.output,
              testing::AllOf(HasSubstr("fell silent"), HasSubstr("the same command resumes")));
  test::write_text(folder / "calm", "");
  EXPECT_EQ(bimix("run " + campaign + " -o " + run, 2).exit_code, 0);
  expect_whole(run);
}

TEST(Killed, RanksTakeTheirCommandsWithThem) {
  const TemporaryFolder folder;
  const std::string campaign =
      write_shell_campaign(folder, "touch " + (folder / "begun") + "; sleep 300 & echo $! >> " +
                                       (folder / "ids") + "; wait");
  const auto left = test::shell(
      BIMIX_PROGRAM " run " + campaign + " -o " + (folder / "run") + " >/dev/null 2>&1 & id=$!; " +
      test::wait_until("[ -s " + (folder / "ids") + " ]", "the command has begun") +
      "kill -9 $id; for i in $(seq 600); do kill -0 $(cat " + (folder / "ids") +
      ") 2>/dev/null || { echo gone; exit 0; }; sleep 0.1; done; kill $(cat " + (folder / "ids") +
      ")");
  EXPECT_THAT(left.output, HasSubstr("gone"));
}

TEST(Status, TellsARunThatGoesOnFromOneThatWasKilled) {
  const TemporaryFolder folder;
  const std::string campaign = write_shell_campaign(folder, "touch $dir/begun; sleep 60");
  const std::string run = folder / "run", status = BIMIX_PROGRAM " status " + run;
  const auto seen = test::shell(
      BIMIX_PROGRAM " run " + campaign + " --walltime 1h -o " + run + " >/dev/null 2>&1 & id=$!\n" +
      test::wait_until("ls " + run + "/trials/*/begun >/dev/null 2>&1", "a trial has begun") +
      "sleep 2.5; " + status + "; " + status + " --json; kill -9 $id; sleep 0.5; " + status +
      " --json; timeout 20 " + status + " --watch");
  EXPECT_EQ(seen.exit_code, 0);
  EXPECT_THAT(
      seen.output,
      testing::AllOf(HasSubstr("0 of 4 done, 1 running"), HasSubstr("running  rank 0: trial"),
                     HasSubstr("stops    by itself in 59 min"), HasSubstr("\"eta_low\""),
                     HasSubstr("\"last_failure\""), HasSubstr("\"trials_per_hour\"")));
  const std::size_t killed = seen.output.find("\"stale\": true");
  ASSERT_NE(killed, std::string::npos) << seen.output;
  EXPECT_LT(seen.output.find("\"stale\": false"), killed);
  EXPECT_THAT(seen.output.substr(killed), HasSubstr("the same command resumes it"));
}

TEST(Merge, JoinsShardsIntoTheWhole) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer);
  const std::string run = "run " + campaign + " -o ", merged = folder / "merged";
  ASSERT_EQ(bimix(run + (folder / "whole")).exit_code, 0);
  for (const std::string shard : {"0", "1", "2"}) {
    const auto part = bimix(run + (folder / ("part" + shard)) + " --shard " + shard + "/3");
    EXPECT_EQ(part.exit_code, 0) << part.output;
    EXPECT_THAT(part.output, HasSubstr("Shard " + shard + " of 3 has"));
    EXPECT_EQ(bimix("verify " + (folder / ("part" + shard))).exit_code, 0);
  }
  const auto join = bimix("merge " + (folder / "part*") + " -o " + merged);
  EXPECT_EQ(join.exit_code, 0) << join.output;
  EXPECT_THAT(join.output, HasSubstr("4 of 4 trials have ended well"));
  const auto rest = bimix(run + merged);
  EXPECT_EQ(rest.exit_code, 0) << rest.output;
  EXPECT_THAT(store::differences((folder / "whole") + "/results.h5", merged + "/results.h5",
                                 store::timing_paths()),
              testing::IsEmpty());
  expect_whole(merged);
  // Once more changes nothing: the fit stays.
  EXPECT_THAT(bimix("merge " + (folder / "part*") + " -o " + merged).output,
              HasSubstr("Nothing is new"));
  expect_whole(merged);
}

TEST(Merge, LeavesOutFoldersOfJobsThatHadNotBegun) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer);
  const std::string part = folder / "part0", other = folder / "part1", merged = folder / "merged";
  std::filesystem::create_directories(other);
  const std::string merge = "merge " + (folder / "part*") + " -o " + merged;
  std::filesystem::create_directories(part);
  const auto none = bimix(merge);
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.output, HasSubstr("there is nothing to join"));
  ASSERT_EQ(bimix("run " + campaign + " --shard 0/2 -o " + part).exit_code, 0);
  const auto join = bimix(merge);
  EXPECT_EQ(join.exit_code, 0) << join.output;
  EXPECT_THAT(join.output,
              testing::AllOf(HasSubstr("part1: left out"), HasSubstr("2 of 4 trials")));
  // Into a run that lacks what the parts have: the fit is made anew by the next run.
  test::write_text(folder / "train.awk", failing("a == 0.3"));
  const std::string whole = folder / "whole";
  ASSERT_EQ(bimix("run " + campaign + " -o " + whole).exit_code, 1);
  test::write_text(folder / "train.awk", trainer);
  for (const std::string shard : {"0", "1"})
    ASSERT_EQ(
        bimix("run " + campaign + " --shard " + shard + "/2 -o " + (folder / ("part" + shard)))
            .exit_code,
        0);
  const auto mended = bimix("merge " + (folder / "part*") + " -o " + whole);
  EXPECT_THAT(mended.output, HasSubstr("4 of 4 trials"));
  EXPECT_THAT(bimix("verify " + whole).output, HasSubstr("the run is not finished"));
  EXPECT_EQ(bimix("run " + campaign + " -o " + whole).exit_code, 0);
  expect_whole(whole);
}

TEST(Merge, RefusesWhatDoesNotBelongTogether) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer), one = folder / "one";
  ASSERT_EQ(bimix("run " + campaign + " --shard 0/2 -o " + one).exit_code, 0);
  const auto into = [&](const std::string& other) {
    return bimix("merge " + one + " " + other + " -o " + (folder / "merged"));
  };
  EXPECT_EQ(into(folder / "none").exit_code, 3);
  std::string text = test::bytes_of(campaign);
  text.replace(text.find("0.8]"), 4, "0.9]");
  test::write_text(folder / "other.yaml", text);
  ASSERT_EQ(bimix("run " + (folder / "other.yaml") + " -o " + (folder / "other")).exit_code, 0);
  const auto refused = into(folder / "other");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.output, HasSubstr("holds another campaign"));
  EXPECT_FALSE(std::filesystem::exists(folder / "merged"));
}

// Nobody promised of a command that it repeats its digits: on GPUs it does not.
TEST(Merge, KeepsOneOfTwoRunsOfACommandThatEndedWithOtherLosses) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer);
  ASSERT_EQ(bimix("run " + campaign + " --shard 0/2 -o " + (folder / "part0")).exit_code, 0);
  std::string noisy = trainer;
  noisy.replace(noisy.find("20 *"), 4, "21 *");
  test::write_text(folder / "train.awk", noisy);
  // Resubmitted with another number of shards, and told to fit otherwise.
  std::string text = test::bytes_of(campaign);
  text.replace(text.find("fit: {"), 6, "fit: {residual: plain, ");
  test::write_text(campaign, text);
  for (const std::string shard : {"0", "1", "2"})
    ASSERT_EQ(
        bimix("run " + campaign + " --shard " + shard + "/3 -o " + (folder / ("other" + shard)))
            .exit_code,
        0);
  const auto joined = bimix("merge " + (folder / "part0") + " " + (folder / "other*") + " -o " +
                            (folder / "merged"));
  EXPECT_EQ(joined.exit_code, 0) << joined.output;
  EXPECT_THAT(joined.output, testing::AllOf(HasSubstr("2 trials were run more than once"),
                                            HasSubstr("4 of 4 trials have ended well")));
}

// MPICH's mpiexec starts a bimix of Open MPI: each process finds itself alone.
TEST(Launcher, OfAnotherMpiIsNamedWithTheCure) {
  const auto ended = test::shell("PMI_RANK=0 PMI_SIZE=3 " BIMIX_PROGRAM " status nowhere");
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.output, testing::AllOf(HasSubstr("mpiexec of MPICH or Intel MPI"),
                                           HasSubstr("started 3 processes (PMI_SIZE)"),
                                           HasSubstr("Start bimix with the mpirun")));
}

// Every start that is over before it begins would be repeated by batch scripts for ever.
TEST(Job, WhoseEndIsOverDoesNotStopARun) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer);
  const auto ended = test::shell("SLURM_JOB_ID=1 SLURM_JOB_END_TIME=1000 " BIMIX_PROGRAM " run " +
                                 campaign + " -o " + (folder / "run"));
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("by this host's clock: not used"));
}

// A fit keeps nothing, so 75 is a promise that can be made once.
TEST(Deadline, EndsAFitInWordsAndTheSecondTimeForGood) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer), run = folder / "run";
  std::string text = test::bytes_of(campaign);
  text.replace(text.find("bootstrap: 10"), 13, "law: effective_share, bootstrap: 1000000");
  test::write_text(campaign, text);
  const auto first = bimix("run " + campaign + " --walltime 6s -o " + run, 2);
  EXPECT_EQ(first.exit_code, 75) << first.output;
  EXPECT_THAT(first.output,
              testing::AllOf(HasSubstr("stopped while fitting: the walltime of 6.0 s"),
                             HasSubstr("the fit begins anew")));
  EXPECT_THAT(bimix("status " + run + " --json").output, HasSubstr("\"ended\": true"));
  const auto second = bimix("run " + campaign + " --walltime 2s -o " + run);
  EXPECT_EQ(second.exit_code, 3) << second.output;
  EXPECT_THAT(second.output, HasSubstr("for the second time without having got any further"));
}

// What starts on the broken rank fails at once, so it would take nearly all trials.
TEST(Broken, RanksAreTakenOutAndTheirTrialsTriedElsewhere) {
  const TemporaryFolder folder;
  const std::string campaign = write_shell_campaign(
      folder, "mkdir " + (folder / "good") + " 2>/dev/null && echo $PPID > " + (folder / "rank") +
                  "\nfor i in 1 2 3 4 5 6 7 8 9; do [ -s " + (folder / "rank") +
                  " ] && break; sleep 0.1; done\n[ $PPID = $(cat " + (folder / "rank") +
                  ") ] || { echo no device; exit 1; }\nsleep 0.5");
  ASSERT_EQ(test::shell("sed -i 's/0.1, 0.3, 0.8/0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8/' " + campaign)
                .exit_code,
            0);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output,
              testing::AllOf(HasSubstr("is taken out of the sweep: all 3 trials failed"),
                             HasSubstr("no device"), HasSubstr("Verdict:")));
}

TEST(Output, ThatCannotBeWrittenIsAnErrorAndTalkIsNot) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer), run = folder / "run";
  EXPECT_EQ(test::shell("{ " BIMIX_PROGRAM " run " + campaign + " -o " + run + " 2>/dev/full; }")
                .exit_code,
            0);
  for (const std::string& words :
       std::vector<std::string>{"--help", "--version", "export " + run + " --to csv",
                                "status " + run, "optimize " + run + " --json"}) {
    const auto ended = test::shell(BIMIX_PROGRAM " " + words + " >/dev/full");
    EXPECT_EQ(ended.exit_code, 3) << words;
    EXPECT_THAT(ended.output, HasSubstr("standard output: No space left on device")) << words;
  }
  const auto whole = test::shell("{ " BIMIX_PROGRAM " run " + campaign + " -o " +
                                 (folder / "other") + " >/dev/full; }");
  EXPECT_EQ(whole.exit_code, 3) << "what was to be shown is lost";
  EXPECT_EQ(bimix("verify " + (folder / "other")).exit_code, 0) << "the work is not";
}

TEST(Extend, RunsOnlyWhatIsNew) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer), run = folder / "run";
  ASSERT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
  const auto with = [&](const std::string& piece, const std::string& replacement) {
    std::string text = test::bytes_of(campaign);
    text.replace(text.find(piece), piece.size(), replacement);
    const std::string path = folder / "grown.yaml";
    test::write_text(path, text);
    return path;
  };
  const std::string grown = with("[0.1, 0.3, 0.8]", "[0.1, 0.3, 0.8, 0.9, 0.95]");
  const auto refused = bimix("run " + grown + " -o " + run);
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.output, HasSubstr("add --extend"));
  const auto extended = bimix("run " + grown + " --extend -o " + run);
  EXPECT_EQ(extended.exit_code, 0) << extended.output;
  EXPECT_THAT(extended.output, HasSubstr("Extended from 4 to 6 trials"));
  const std::string grown_text = test::bytes_of(grown);
  ASSERT_EQ(bimix("run " + grown + " -o " + (folder / "whole")).exit_code, 0);
  EXPECT_THAT(store::differences(run + "/results.h5", (folder / "whole") + "/results.h5",
                                 store::timing_paths()),
              testing::IsEmpty());
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);

  const auto shrunk = bimix("run " + with("[0.1, 0.3, 0.8]", "[0.1, 0.8]") + " --extend -o " + run);
  EXPECT_EQ(shrunk.exit_code, 3);
  EXPECT_THAT(shrunk.output, HasSubstr("3 of the 6 trials"));
  expect_whole(run);
  EXPECT_EQ(test::bytes_of(run + "/campaign.yaml"), grown_text);
  const auto other =
      bimix("run " + with("share: 0.5}, b", "share: 0.4}, b") + " --extend -o " + run);
  EXPECT_NE(other.exit_code, 0);
  expect_whole(run);

  // Killed while it is extended: sound, and not taken for the finished run that it was.
  test::write_text(folder / "train.awk", killing("a == 0.97"));
  const std::string more = with("[0.1, 0.3, 0.8]", "[0.1, 0.3, 0.8, 0.9, 0.95, 0.97]");
  EXPECT_EQ(bimix("run " + more + " --extend -o " + run).exit_code, 137);
  const auto verified = bimix("verify " + run);
  EXPECT_EQ(verified.exit_code, 0) << verified.output;
  EXPECT_THAT(verified.output, HasSubstr("the run is not finished"));
}

TEST(Resume, OfAFinishedRunHasNothingToDoAndSaysSo) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer), run = folder / "run";
  for (int time = 0; time < 2; ++time)
    ASSERT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
  EXPECT_THAT(bimix("status " + run).output, HasSubstr("8 of 8 done, 0 running, 0 not ok"));
}

TEST(Only, RunsWhatItNamesAndIsDone) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer), run = folder / "run";
  const std::string plan = bimix("plan " + campaign + " --json 2>/dev/null").output;
  const std::size_t at = plan.find("\"id\": \"");
  ASSERT_NE(at, std::string::npos) << plan;
  const std::string only = "run " + campaign + " -o " + run + " --only " + plan.substr(at + 7, 16);
  const auto first = bimix(only);
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_THAT(first.output, HasSubstr("without --only the same command runs the others"));
  EXPECT_THAT(bimix("status " + run).output,
              testing::AllOf(HasSubstr("1 of 4 done"), HasSubstr("work     25 %")));
  EXPECT_THAT(bimix(only).output, HasSubstr("has ended well before"));
  EXPECT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
}

TEST(Failures, AreToldTogetherAndOneIsRunAloneWithOnly) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, failing("a == 0.3 || a == 0.1"));
  const std::string run = "run " + campaign + " -o " + (folder / "run");
  const auto first = bimix(run);
  EXPECT_EQ(first.exit_code, 1) << first.output;
  const auto told = bimix(run + " --max-failures 1");
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_THAT(told.output,
              testing::AllOf(HasSubstr("2 failed (command), for example"),
                             HasSubstr("--max-failures allows 1"), HasSubstr("attempt 2")));
  const std::size_t at = told.output.find("--only ");
  ASSERT_NE(at, std::string::npos) << told.output;
  const std::string id = told.output.substr(at + 7, 16);
  test::write_text(folder / "train.awk", trainer);  // mended
  const auto alone = bimix(run + " --only " + id);
  EXPECT_EQ(alone.exit_code, 1) << alone.output;
  EXPECT_THAT(alone.output, HasSubstr("1 failed (command), for example"));
  EXPECT_EQ(bimix(run).exit_code, 0);
  EXPECT_EQ(bimix(run + " --only 0123456789abcdef").exit_code, 2);
}

TEST(Failures, OfAllTrialsAreToldTogetherAndEndTheRunInWords) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, failing("a > 0")), run = folder / "run";
  const auto ended = bimix("run " + campaign + " -o " + run, 2);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.output, testing::AllOf(HasSubstr("4 failed (command), for example"),
                                           HasSubstr("all 4 trials ended badly")));
  const std::string status = bimix("status " + run + " --json").output;
  EXPECT_THAT(status, testing::AllOf(HasSubstr("all 4 trials ended badly"),
                                     HasSubstr("\"ended\": true"), HasSubstr("\"failed\": 4")));
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
}

TEST(Failures, EndTheRunAtOnceIfAsked) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, failing("a > 0"));
  const auto run = bimix("run " + campaign + " --fail-fast -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 3) << run.output;
  EXPECT_THAT(run.output, HasSubstr("--max-failures allows 0"));
  for (const std::string wrong : {"many", "-1", "101%", "nan", "%"})
    EXPECT_EQ(
        bimix("run " + campaign + " --max-failures " + wrong + " -o " + (folder / "x")).exit_code,
        2)
        << wrong;
}

TEST(Failures, OfAllTheFirstTrialsEndTheRunUnasked) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, failing("a > 0"));
  const auto more =
      test::shell("sed -i 's/0.1, 0.3, 0.8/0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8/' " + campaign);
  ASSERT_EQ(more.exit_code, 0);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"));
  EXPECT_EQ(run.exit_code, 3) << run.output;
  EXPECT_THAT(run.output, HasSubstr("the first 5 trials all ended badly"));

  test::write_text(folder / "train.awk", failing("a != 0.5 && a != 0.7 && a != 0.8"));
  for (int session = 0; session < 2; ++session)
    EXPECT_EQ(bimix("run " + campaign + " -o " + (folder / "run")).exit_code, 1)
        << "some do well, now or before";
}

TEST(Walltime, EndsWithEverythingSavedAndResumes) {
  const TemporaryFolder folder;
  const std::string slow = "BEGIN { system(\"sleep 1.4\") }\n";
  const std::string campaign = write_campaign(folder, slow + trainer);
  const std::string run = "run " + campaign + " -o " + (folder / "run");
  const auto stopped = bimix(run + " --walltime 4s", 2);
  EXPECT_EQ(stopped.exit_code, 75) << stopped.output;
  EXPECT_THAT(stopped.output, HasSubstr("the walltime of 4.0 s is over"));
  EXPECT_EQ(bimix(run, 2).exit_code, 0);
  EXPECT_EQ(bimix(run + " --walltime soon").exit_code, 2);
}

}  // namespace
}  // namespace bimix
