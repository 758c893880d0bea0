/// What a command writes: its table and its last words.

#include "trial/trainer.hpp"

#include <bimix/data/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::trial {
namespace {

using test::bytes_of;
using test::good_losses;
using test::Ran;
using test::shell;
using testing::HasSubstr;

/// The table of good_losses with a change by sed.
std::string losses_with(const std::string& change) {
  return good_losses + "; sed -i '" + change + "' \"$1/loss.csv\"";
}

TEST(CommandTable, OfALossThatIsNotFiniteIsADivergedTrial) {
  for (const std::string word : {"nan", "NaN", "inf", "-inf", "Infinity"}) {
    const Ran ran;
    const data::TrialResult result = ran.run(shell(losses_with("s/,2.25$/," + word + "/")));
    EXPECT_EQ(result.status, data::TrialStatus::diverged) << word;
    EXPECT_EQ(result.failure, data::FailureKind::none);
    EXPECT_THAT(result.message, HasSubstr("the loss of 'co de' was no longer finite at 2000"));
    ASSERT_EQ(result.curve.size(), 1U);
    EXPECT_EQ(result.curve[0].tokens, 1000);
  }
}

TEST(CommandTable, ThatEndsWhereTheLossIsNotFiniteIsADivergedTrial) {
  const Ran ran;
  const std::string cut = losses_with("s/,1000,prose,0.25,3.5/,900,prose,0.25,nan/; 3,$d");
  const std::string shares = "; echo 'a,900,co de,0.75,nan' >> \"$1/loss.csv\"";
  EXPECT_EQ(ran.run(shell(cut + shares)).status, data::TrialStatus::diverged);
  EXPECT_EQ(ran.run(shell(cut + shares + "; exit 1")).status, data::TrialStatus::diverged)
      << "some trainers take that for a failure";
  EXPECT_THAT(ran.complaint(shell(cut + shares + "; kill -9 $$")), HasSubstr("signal 9"));
}

TEST(CommandTable, OfJsonLinesMayHoldNaN) {
  const Ran ran;
  CommandOptions options = shell(
      "printf '{{\"run\": \"a\", \"tokens\": 1000, \"mixture\": {{\"prose\": 0.25, \"co de\": "
      "0.75}}, \"loss_nats\": {{\"prose\": NaN, \"co de\": 3.0}}}}\\n' > \"$1/loss.jsonl\"");
  options.losses = "{dir}/loss.jsonl";
  EXPECT_EQ(ran.run(options).status, data::TrialStatus::diverged);
}

TEST(CommandTable, ThatIsMissingOrEmptyAfterASuccessIsCalledThat) {
  const Ran ran;
  const std::string missing = ran.complaint(shell("echo submitted batch job 4711"));
  EXPECT_THAT(missing, testing::AllOf(HasSubstr("loss.csv: the command ended with exit code 0, and "
                                                "there is no file of this name"),
                                      HasSubstr("submitted batch job 4711"), HasSubstr("log.txt"),
                                      testing::Not(HasSubstr("replay.files"))));
  EXPECT_THAT(ran.complaint(shell(": > \"$1/loss.csv\"")), HasSubstr("left this file empty"));
  EXPECT_THAT(ran.complaint(shell("echo run,tokens > \"$1/loss.csv\"")),
              testing::AllOf(HasSubstr("Mend what the command writes"),
                             testing::Not(HasSubstr("Name another file"))));
}

TEST(CommandTable, ThatLacksWhatOnlyAnImportIsToldIsTheCommandsFailure) {
  const Ran ran;
  try {
    ran.run(
        shell("printf 'run,domain,share,loss_nats\\na,prose,0.25,3\\na,co de,0.75,3\\n' > "
              "\"$1/loss.csv\""));
    FAIL() << "a log without volumes was read";
  } catch (const TrialFailure& failure) {
    EXPECT_EQ(failure.kind(), data::FailureKind::command);
  }
}

// Trainers do not log the shares that they were given, and count steps.
TEST(CommandTable, OfAFormatWithoutMixturesIsOfTheTrialsMixture) {
  const Ran ran;
  CommandOptions options = shell(
      "printf 'step,val/prose/loss,val/co de/loss\n10,3.5,2.5\n20,3.25,2.25\n' > "
      "\"$1/metrics.csv\"");
  options.losses = "{dir}/metrics.csv";
  EXPECT_THAT(ran.complaint(options), HasSubstr("set source.command.tokens_per_step"));
  options.tokens_per_step = 100;
  const data::TrialResult result = ran.run(options);
  ASSERT_EQ(result.status, data::TrialStatus::ok) << result.message;
  ASSERT_EQ(result.curve.size(), 2U);
  EXPECT_THAT(result.curve[1].loss_nats, testing::UnorderedElementsAre(3.25, 2.25));
}

TEST(CommandTable, OfAnEarlierAttemptIsNotTakenForThisOnes) {
  const Ran ran;
  EXPECT_THAT(ran.complaint(shell(good_losses + "; exit 3")), HasSubstr("exit code 3"));
  EXPECT_THAT(ran.complaint(shell("exit 0")), HasSubstr("there is no file of this name"));
  EXPECT_THAT(bytes_of(ran.of_trial(".earlier/1-loss.csv")), HasSubstr("3.25"));
  CommandOptions resuming = shell("exit 0");
  resuming.resumes = true;
  ran.complaint(shell(good_losses + "; exit 3"));
  EXPECT_EQ(ran.run(resuming).status, data::TrialStatus::ok)
      << "it was through before it was stopped";
}

TEST(CommandTable, ThatAResumedTrainerAppendsToHasTheLaterLosses) {
  const Ran ran;
  const std::string header = "run,tokens,domain,share,loss_nats\\n",
                    first = "a,1000,prose,0.25,3.5\\na,1000,co de,0.75,2.5\\n",
                    second = "a,2000,prose,0.25,3.5\\na,2000,co de,0.75,2.5\\n",
                    again = "a,2000,prose,0.25,3.25\\na,2000,co de,0.75,2.5\\n";
  CommandOptions options =
      shell("printf '" + header + first + second + header + again + "' > \"$1/loss.csv\"");
  options.resumes = true;
  std::string note;
  const TrialHooks hooks{.note = [&](const std::string& text) { note = text; }};
  const data::TrialResult result = ran.run(options, hooks);
  EXPECT_THAT(result.curve.at(1).loss_nats, testing::ElementsAre(3.25, 2.5));
  EXPECT_THAT(note, HasSubstr("in its table 1 loss replaced by what a resumed run logged later"));
}

// A trainer that is killed in the middle of a line goes on behind it.
TEST(CommandTable, ThatWasCutAndAppendedToIsReadWithoutTheCutLine) {
  const std::string header = "run,tokens,domain,share,loss_nats\\n",
                    first = "a,1000,prose,0.25,3.5\\na,1000,co de,0.75,2.5\\n",
                    second = "a,2000,prose,0.25,3.25\\na,2000,co de,0.75,2.5\\n";
  for (const std::string cut : {"a,2000,prose,0.25,3.", "a,20", "a,2000,pro\\n"}) {
    const Ran ran;
    const data::TrialResult result =
        ran.run(shell("printf '" + header + first + cut + first + second + "' > \"$1/loss.csv\""));
    EXPECT_THAT(result.curve.at(1).loss_nats, testing::ElementsAre(3.25, 2.5)) << cut;
  }
  const Ran ran;
  EXPECT_THAT(ran.complaint(shell(losses_with("2,$s/$/,/"))), HasSubstr("the row has 6 cells"))
      << "no line is whole: that is how the trainer writes them";
}

TEST(CommandTable, MayNameItsRunInAnyBytes) {
  const Ran ran;
  EXPECT_EQ(ran.run(shell(losses_with("s/^a/caf\\xe9/"))).status, data::TrialStatus::ok);
}

TEST(CommandTable, WithBlankLossesLacksThem) {
  const Ran ran;
  EXPECT_THAT(ran.complaint(shell(losses_with("s/\\(,2000,.*,\\).*/\\1/"))),
              HasSubstr("has no losses at 2000 tokens"));
}

TEST(LastWords, MayHoldAnyBytes) {
  const Ran ran;
  // Latin-1; a character of three bytes that is cut; zeros; a bar that is cut by what is read of
  // it.
  for (const std::string words :
       {"printf 'caf\\351'", "printf '\\342\\226'", "printf 'a\\000b'",
        "i=0; while [ $i -lt 300 ]; do printf '\\342\\226\\210'; i=$((i+1)); done",
        "i=0; while [ $i -lt 900 ]; do printf '\\210x\\226'; i=$((i+1)); done"}) {
    data::TrialResult result;
    result.message = ran.complaint(shell(words + "; exit 3"));
    EXPECT_THAT(result.message, HasSubstr("exit code 3"));
    EXPECT_NO_THROW(data::to_json(result).dump()) << words;
  }
  EXPECT_THAT(ran.complaint(shell("printf 'caf\\351'; exit 3")), HasSubstr("caf\xEF\xBF\xBD"));
}

TEST(LastWords, AreTheLastStateOfAProgressBar) {
  const Ran ran;
  EXPECT_THAT(ran.complaint(shell("printf '\\r 1%%|\\r99%%|\\n'; exit 3")),
              HasSubstr("its last words: 99%|)"));
}

TEST(LastWords, AreThoseOfTheAttemptThatFailed) {
  const Ran ran;
  ran.complaint(shell("echo no memory; exit 3"));
  EXPECT_THAT(ran.complaint(shell("exit 4")), testing::AllOf(HasSubstr("it printed nothing"),
                                                             testing::Not(HasSubstr("no memory"))));
}

TEST(CommandOptions, RefuseOneTableForSeveralTrials) {
  const auto refused = [](const std::string& losses, VolumesOfTrial volumes = VolumesOfTrial::all) {
    return !table_complaints({.run = {"x"}, .losses = losses}, test::domains.train, volumes)
                .empty();
  };
  EXPECT_TRUE(refused("out/loss.csv"));
  EXPECT_TRUE(refused("out/{repeat}.csv"));
  EXPECT_TRUE(refused("out/{share:prose}.csv")) << "the same for all repeats";
  EXPECT_TRUE(refused("out/{{id}}.csv")) << "braces that are none";
  EXPECT_FALSE(refused("{dir}/loss.csv"));
  EXPECT_FALSE(refused("out/{id}.csv"));
  EXPECT_FALSE(refused("out/{share:prose}-{seed}.csv"));
  EXPECT_TRUE(refused("out/{share:prose}-{seed}.csv", VolumesOfTrial::one));
  EXPECT_FALSE(refused("out/{share:prose}-{seed}-{tokens}.csv", VolumesOfTrial::one));
}

}  // namespace
}  // namespace bimix::trial
