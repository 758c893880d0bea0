#include "trial/trainer.hpp"

#include <bimix/core/error.hpp>
#include <bimix/trial/command_source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace bimix::trial {
namespace {

using test::bytes_of;
using test::domains;
using test::good_losses;
using test::Ran;
using test::shell;
using testing::HasSubstr;

TEST(CommandSource, ReadsWhatTheCommandWrote) {
  Ran ran;
  const data::TrialResult result = ran.run(shell(good_losses));
  EXPECT_EQ(result.status, data::TrialStatus::ok);
  ASSERT_EQ(result.curve.size(), 2U);
  EXPECT_EQ(result.curve[1].tokens, 2000);
  EXPECT_THAT(result.curve[1].loss_nats, testing::ElementsAre(3.25, 2.25));
}

TEST(CommandSource, FillsInPlaceholdersWithoutAShell) {
  Ran ran;
  CommandOptions options = shell("shift; printf '%s|' \"$@\" > \"$0.args\"; " + good_losses);
  options.run[3] = ran.folder / "saw";
  for (const char* more : {"{mixture.json}", "--id={id}/{seed}/{repeat}", "{tokens} of {volumes}",
                           "{share:co de}", "{{x}}; rm -rf *"})
    options.run.emplace_back(more);
  ran.complaint(options);  // $1 is no longer the folder: only the arguments are looked at
  EXPECT_EQ(bytes_of(ran.folder / "saw.args"),
            (ran.folder / "trials/ab12/mixture.json").string() +
                "|--id=ab12/7/0|2000 of 1000,2000|0.75|{x}; rm -rf *|");
  EXPECT_THAT(bytes_of(ran.folder / "trials/ab12/mixture.json"),
              testing::AllOf(HasSubstr("\"co de\": 0.75"), HasSubstr("\"seed\": 7")));
}

TEST(CommandSource, TellsExitCodesApart) {
  Ran ran;
  EXPECT_THAT(ran.complaint(shell("echo out of memory >&2; exit 3")),
              testing::AllOf(HasSubstr("exit code 3"), HasSubstr("out of memory")));
  EXPECT_THAT(ran.complaint(shell("exit 76")), HasSubstr("gave this trial up"));
  EXPECT_THAT(ran.complaint(shell("kill -SEGV $$")), HasSubstr("signal 11"));
  EXPECT_THAT(ran.complaint({.run = {"/no/such/program"}}), HasSubstr("cannot be started"));
  EXPECT_THAT(ran.complaint(shell("exit 75")), HasSubstr("another attempt 3 times"));
}

TEST(CommandSource, TriesAgainWhereItIsAskedTo) {
  Ran ran;
  const data::TrialResult result = ran.run(shell(
      "echo x >> \"$1/tries\"; [ $(wc -l < \"$1/tries\") -ge 3 ] || exit 75; " + good_losses));
  EXPECT_EQ(result.curve.size(), 2U);
}

TEST(CommandSource, EndsTheWholeGroupOnAStopAndOnATimeout) {
  Ran ran;
  // Longer than ctest lets a test run.
  const std::string sleeps = "sleep 10000 & sleep 10000";
  EXPECT_THROW(ran.run(shell(sleeps), {.stop = test::asked_to_stop()}), core::Interrupted);
  CommandOptions slow = shell(sleeps);
  slow.timeout = "1s";
  EXPECT_THAT(ran.complaint(slow), HasSubstr("did not end within 1s"));
}

TEST(CommandSource, RefusesLossesThatAreNotTheTrials) {
  Ran ran;
  const auto with = [](std::string from, const std::string& to) {
    std::string script = good_losses;
    for (std::size_t at = 0; (at = script.find(from, at)) != std::string::npos; at += to.size())
      script.replace(at, from.size(), to);
    return shell(script);
  };
  EXPECT_THAT(ran.complaint(with("a,2000,", "a,3000,")), HasSubstr("has no losses at 2000 tokens"));
  EXPECT_THAT(ran.complaint(with("0.25,3", "0.75,3")), HasSubstr("loss.csv"));
  EXPECT_THAT(ran.complaint(with("a,2000,prose", "b,2000,prose")), HasSubstr("loss.csv"));
  EXPECT_THAT(ran.complaint(with("3.25", "-3.25")), HasSubstr("loss.csv"));
  EXPECT_THAT(ran.complaint(shell("rm -f \"$1/loss.csv\"")), HasSubstr("loss.csv"));
}

TEST(CommandSource, KeepsMpiAndStepVariablesFromTheCommand) {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID", "SLURM_STEP_ID"})
    setenv(name, "1", 1);
  setenv("SLURM_JOB_ID", "42", 1);
  Ran ran;
  ran.run(shell(good_losses + "; env > \"$1/env\""));
  const std::string seen = bytes_of(ran.folder / "trials/ab12/env");
  EXPECT_THAT(seen,
              testing::Not(testing::AnyOf(HasSubstr("OMPI_"), HasSubstr("PMIX_"),
                                          HasSubstr("SLURM_PROCID"), HasSubstr("SLURM_STEP"))));
  EXPECT_THAT(seen, HasSubstr("SLURM_JOB_ID=42"));
  for (const char* name :
       {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID", "SLURM_STEP_ID", "SLURM_JOB_ID"})
    unsetenv(name);
}

TEST(CommandOptions, ListEveryMistake) {
  const auto texts = [](const CommandOptions& options) {
    std::string all;
    for (const core::Complaint& complaint : complaints(options, domains.train))
      all += core::to_string(complaint) + "\n";
    return all;
  };
  EXPECT_EQ(texts(shell("true {{}}")), "");
  EXPECT_THAT(texts({}), HasSubstr("names no program"));
  EXPECT_THAT(texts({.run = {"x", "{dirr}"}}), HasSubstr("Did you mean '{dir}'"));
  EXPECT_THAT(texts({.run = {"x", "{share:code}"}}), HasSubstr("'{share:code}' is no placeholder"));
  EXPECT_THAT(texts({.run = {"x", "{dir"}}), HasSubstr("a brace without a partner"));
  EXPECT_THAT(texts({.run = {"x"}, .timeout = "6 years"}), HasSubstr("'6 years' is no time"));
}

}  // namespace
}  // namespace bimix::trial
