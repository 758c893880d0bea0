#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/loss_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::replay {
namespace {

using test::TempFolder;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::NanSensitiveDoubleEq;
using testing::SizeIs;

const std::filesystem::path samples = std::filesystem::path(BIMIX_SOURCE_DIR) / "tests/samples";
const std::string header = "run,repeat,tokens,steps,domain,share,loss_nats\n";

LossLog read_sample(const std::string& name) {
  return read_logs({.files = {name}, .base = samples});
}

/// Reads one file of this content.
LossLog read_text(const std::string& text, ReplayOptions options = {}) {
  const TempFolder folder;
  folder.write("log.csv", text);
  options.files = {"log.csv"};
  options.base = folder.path();
  return read_logs(options);
}

/// The complaint about one file of this content, from its name on.
std::string what_of(const std::string& text, const ReplayOptions& options = {}) {
  try {
    read_text(text, options);
  } catch (const core::Error& error) {
    const std::string what = error.what();
    const std::size_t name = what.find("log.csv");
    return name == std::string::npos ? what : what.substr(name);
  }
  return "no error";
}

testing::Matcher<const std::vector<double>&> losses(double a, double b, double c) {
  return ElementsAre(NanSensitiveDoubleEq(a), NanSensitiveDoubleEq(b), NanSensitiveDoubleEq(c));
}

TEST(ReadLogs, ReadsOurOwnFormat) {
  const LossLog log = read_sample("two_runs.csv");
  EXPECT_THAT(log.domains.train, ElementsAre("prose", "code"));
  EXPECT_THAT(log.domains.eval, ElementsAre("prose", "code", "other"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1, -1));
  EXPECT_THAT(log.volumes, ElementsAre(1000, 2000));
  ASSERT_THAT(log.runs, SizeIs(2));
  const data::LossCurve& half = log.runs[0];
  EXPECT_EQ(half.run, "half");
  EXPECT_EQ(half.repeat, 0);
  EXPECT_THAT(half.mixture, ElementsAre(0.5, 0.5));
  ASSERT_THAT(half.points, SizeIs(2));
  EXPECT_EQ(half.points[1].tokens, 2000);
  EXPECT_EQ(half.points[1].steps, 20);
  EXPECT_THAT(half.points[0].loss_nats, losses(5.5, 4.5, 6.5));
  EXPECT_THAT(half.points[1].loss_nats, losses(5.25, std::nan(""), 6.25));
  EXPECT_EQ(log.runs[1].repeat, 1);
  EXPECT_THAT(log.notes, ElementsAre("1 (run, volume) cell missing from the log",
                                     "1 loss missing at volumes that were logged"));
  EXPECT_THAT(log.fingerprint, SizeIs(32));
}

TEST(ReadLogs, ReadsAColumnOfBitsPerByteThatExportWrites) {
  const std::string rows = "domain,share,tokens\na,1.25,web,0.5,1000\na,0.75,code,0.5,1000\n";
  const LossLog log = read_text("run,loss_bits_per_byte," + rows);
  EXPECT_THAT(log.units, Each(data::LossUnit::bits_per_byte));
  EXPECT_THAT(log.runs.at(0).points.at(0).loss_nats, ElementsAre(1.25, 0.75));
  // Where bytes are known, export writes both.
  const LossLog both = read_text(
      "run,loss_nats,loss_bits_per_byte,domain,share,tokens\n"
      "a,1.25,1.8,web,0.5,1000\na,0.75,1.1,code,0.5,1000\n");
  EXPECT_THAT(both.units, Each(data::LossUnit::nats));
  EXPECT_THAT(both.runs.at(0).points.at(0).loss_nats, ElementsAre(1.25, 0.75));
}

TEST(ReadLogs, ReadsScalefitTables) {
  const LossLog log = read_sample("two_mixtures_scalefit.csv");
  EXPECT_THAT(log.domains.train, ElementsAre("prose", "code"));
  EXPECT_THAT(log.domains.eval, ElementsAre("prose", "code", "other"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1, -1));
  EXPECT_THAT(log.volumes, ElementsAre(1'998'000'000, 20'000'000'000));
  ASSERT_THAT(log.runs, SizeIs(2));
  EXPECT_EQ(log.runs[0].parameters, 122e6);
  ASSERT_THAT(log.runs[0].points, SizeIs(2));
  EXPECT_EQ(log.runs[0].points[1].tokens, 20'000'000'000);
  EXPECT_THAT(log.runs[0].points[1].loss_nats, losses(3.0, 2.0, 4.0));
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.25, 0.75));
  EXPECT_NE(log.runs[0].run, log.runs[1].run);
  EXPECT_THAT(log.notes, ElementsAre("1 point dropped for a later one within 0.5 % of its volume",
                                     "1 (run, volume) cell missing from the log"));
}

TEST(ReadLogs, SuggestsTheNearestFormat) {
  EXPECT_THAT(what_of(header, {.format = "csvlong"}), HasSubstr("Did you mean 'csv-long'"));
  EXPECT_THROW(read_text(header, {.format = "parquet"}), core::UsageError);
}

// One run split over two files, and a file that two patterns name, are one log.
TEST(ReadLogs, JoinsFilesAndReadsEachOnce) {
  const TempFolder folder;
  folder.write("b.csv", header + "r,0,2000,2,a,1,4\n");
  folder.write("a.csv", header + "r,0,1000,1,a,1,5\n");
  const LossLog log = read_logs({.files = {"*.csv", "a.csv"}, .base = folder.path()});
  ASSERT_THAT(log.runs, SizeIs(1));
  EXPECT_THAT(log.runs[0].points, SizeIs(2));
  EXPECT_THAT(log.notes, IsEmpty());
}

TEST(ReadLogs, TakesANameWithBracketsAsItIs) {
  const TempFolder folder;
  folder.write("log[1].csv", header + "r,0,1000,1,a,1,5\n");
  EXPECT_THAT(read_logs({.files = {"log[1].csv"}, .base = folder.path()}).runs, SizeIs(1));
}

TEST(ReadLogs, FindsPatternsBelowAFolderWithABracketInItsName) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "runs [old]");
  folder.write("runs [old]/log.csv", header + "r,0,1000,1,a,1,5\n");
  EXPECT_THAT(read_logs({.files = {"*.csv"}, .base = folder / "runs [old]"}).runs, SizeIs(1));
}

// `validate` finds files by the same patterns as the reader.
TEST(ReadLogs, GoesThroughAnyNumberOfFoldersForTwoStars) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "a/b");
  folder.write("a/b/log.csv", header + "r,0,1000,1,a,1,5\n");
  EXPECT_THAT(read_logs({.files = {"**/*.csv"}, .base = folder.path()}).runs, SizeIs(1));
}

TEST(ReadLogs, KnowsChangedContentByItsFingerprint) {
  const std::string text = header + "r,0,1000,1,a,1,5\n";
  EXPECT_EQ(read_text(text).fingerprint, read_text(text).fingerprint);
  EXPECT_NE(read_text(text).fingerprint, read_text(header + "r,0,1000,1,a,1,6\n").fingerprint);
}

TEST(ReadLogs, RefusesPatternsWithoutFiles) {
  EXPECT_THROW(read_logs({.files = {"nothing*.csv"}, .base = samples}), core::DataError);
  EXPECT_THROW(read_logs({}), core::UsageError);
}

TEST(ReadLogs, CountsIdenticalRowsAndRefusesContradictions) {
  const std::string row = "r,0,1000,1,a,1,5\n";
  EXPECT_THAT(read_text(header + row + row).notes,
              ElementsAre("1 repeated loss dropped (identical)"));
  EXPECT_THAT(what_of(header + row + "r,0,1000,1,a,1,5.1\n"),
              HasSubstr("log.csv:3: the loss of 'a' in run 'r' at 1000 tokens is 5.1 here (5 at "));
  EXPECT_THAT(what_of(header + row + "r,0,2000,2,a,0.9,5\n"),
              HasSubstr("log.csv:3: the share of 'a' in run 'r' is 0.9 here and 1 before"));
  EXPECT_THAT(what_of(header + row + "r,0,1000,2,b,,5\n"),
              HasSubstr("log.csv:3: 2 steps at 1000 tokens (1 steps at "));
}

TEST(ReadLogs, TakesOneMixtureForAllRepeatsOfARun) {
  EXPECT_THAT(what_of(header + "r,0,1000,1,a,1,5\nr,1,1000,1,a,0.5,5\n"),
              HasSubstr("log.csv:3: the share of 'a' in run 'r' is 0.5 here and 1 before"));
}

TEST(ReadLogs, TurnsStepsIntoTokensOnlyWhenTold) {
  const std::string text = "run,steps,domain,share,loss_nats\nr,10,a,1,5\n";
  EXPECT_THAT(read_text(text, {.tokens_per_step = 256}).volumes, ElementsAre(2560));
  EXPECT_THAT(what_of(text), HasSubstr("log.csv:2: the log counts steps"));
  EXPECT_THAT(what_of(text), HasSubstr("--tokens-per-step"));
  EXPECT_THAT(what_of(text, {.tokens_per_step = 1'000'000'000'000'000}),
              HasSubstr("log.csv:2: 10 steps of 1000000000000000 tokens (at most 2^53"));
}

TEST(ReadLogs, TakesTheVolumeOfALogThatTellsNoneOnlyWhenTold) {
  const std::string text = "run,domain,share,loss_nats\nr,a,1,5\n";
  EXPECT_THAT(read_text(text, {.tokens = 1'000'000'000}).volumes, ElementsAre(1'000'000'000));
  EXPECT_THAT(what_of(text), HasSubstr("log.csv:2: the log tells neither tokens nor steps"));
  EXPECT_THAT(
      read_text(header + "r,0,1000,1,a,1,5\n", {.tokens_per_step = 7, .tokens = 9}).notes,
      ElementsAre("tokens_per_step is not used: the logs tell their volumes (1K tokens a step)",
                  "tokens is not used: the logs tell their volumes"));
}

TEST(ReadLogs, KeepsEveryModelSizeOrTheOneThatIsAskedFor) {
  const std::string text =
      "run,parameters,tokens,domain,share,loss_nats\n"
      "small,1000000,1000,a,1,5\nlarge,2000000,1000,a,1,4\n";
  const LossLog all = read_text(text);
  ASSERT_THAT(all.runs, SizeIs(2));
  EXPECT_EQ(all.runs[1].parameters, 2e6);
  EXPECT_THAT(all.notes, ElementsAre("2 model sizes: 1M (1 run) and 2M (1 run)"));
  const LossLog log = read_text(text, {.parameters = 2'000'000});
  ASSERT_THAT(log.runs, SizeIs(1));
  EXPECT_EQ(log.runs[0].run, "large");
  EXPECT_THAT(log.notes, ElementsAre("1 run of another model size left out",
                                     "1 mixture left out: no run with losses has it"));
  // A name has one mixture, whatever the model.
  const std::string named =
      "run,parameters,tokens,domain,share,loss_nats\n"
      "r,1000000,1000,a,1,5\nr,2000000,1000,a,1,4\n";
  const LossLog both = read_text(named);
  ASSERT_THAT(both.runs, SizeIs(2));
  EXPECT_EQ(both.runs[0].run, "r@1M");
  EXPECT_EQ(both.runs[1].run, "r@2M");
  EXPECT_EQ(both.runs[1].mixture, both.runs[0].mixture);
  EXPECT_EQ(read_text(named, {.parameters = 2'000'000}).runs.at(0).run, "r");
  EXPECT_THAT(what_of(named + "r@1M,1000000,1000,a,1,5\n"),
              HasSubstr("log.csv:2: run 'r' of 1M parameters would be called 'r@1M'"));
  EXPECT_THAT(what_of(text, {.parameters = 3'000'000}),
              HasSubstr("no run has 3M (there are 1M (1 run) and 2M (1 run))"));
  EXPECT_THAT(what_of(text + "unknown,,1000,a,1,4\n"),
              HasSubstr("the logs tell the model size of some runs only (sizes are compared; here "
                        "are not said (1 run), 1M (1 run) and 2M (1 run))"));
}

// The log names the runs, a table beside it their mixtures.
TEST(ReadLogs, TakesMixturesFromATableBeside) {
  const TempFolder folder;
  folder.write("log.csv", "run,tokens,loss/a,loss/c\nr,1000,5,6\nq,1000,4,7\n");
  folder.write("mixtures.csv", "run,a,b\nr,0.5,0.5\nq,0.25,0.75\nspare,1,0\n");
  const ReplayOptions options{
      .files = {"log.csv"}, .mixtures = "mixtures.csv", .base = folder.path()};
  const LossLog log = read_logs(options);
  EXPECT_THAT(log.domains.train, ElementsAre("a", "b"));
  EXPECT_THAT(log.domains.eval, ElementsAre("a", "c"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, -1));
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.25, 0.75));
  EXPECT_THAT(log.notes, ElementsAre("1 mixture left out: no run with losses has it",
                                     "no evaluation set has the name of training domain 'b'"));
  const auto refused = [&](const std::string& table) {
    folder.write("mixtures.csv", table);
    try {
      read_logs(options);
    } catch (const core::DataError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(refused("run,a\nr,1\n"),
              AllOf(HasSubstr("log.csv:3: run 'q': its mixture is not known"),
                    HasSubstr("there are mixtures of 'r'")));
  EXPECT_THAT(refused("which,a\nr,1\n"), HasSubstr("mixtures.csv:1: no column names the runs"));
  EXPECT_THAT(refused("run,a,b\nr,1,\nq,1,0\n"), HasSubstr("mixtures.csv:2: b is blank"));
  EXPECT_THAT(refused("run\nr\nq\n"), HasSubstr("mixtures.csv:1: there is no column"));
  EXPECT_THAT(refused("run,a\nr,1\nr,0.5\n"), HasSubstr("mixtures.csv:3: the share of 'a'"));
}

// An evaluation set follows the training domain of its name.
TEST(ReadLogs, TiesEvaluationSetsToTrainingDomainsByName) {
  const std::string head =
      "run,tokens,share/GitHub,share/Web,share/web,loss/Github,loss/WEB,loss/web\n";
  const LossLog log = read_text(head + "r,1000,0.5,0.25,0.25,5,4,3\n");
  EXPECT_THAT(log.domains.eval, ElementsAre("Github", "WEB", "web"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, -1, 2));  // WEB could be either
}

TEST(ReadLogs, RefusesAGuessBetweenTwoFormats) {
  const std::string text = "run,weight_a,n_tokens,a_loss,loss/a\nr,1,1000,5,5\n";
  EXPECT_THAT(what_of(text), HasSubstr("log.csv: the content could be csv-wide and scalefit"));
  EXPECT_THAT(what_of(text, {.format = "scalefit"}), HasSubstr("column 'run' is unknown"));
}

TEST(ReadLogs, SaysWhichFormatItChose) {
  EXPECT_THAT(read_sample("two_runs.csv").formats, ElementsAre("csv-long"));
  EXPECT_THAT(read_sample("two_runs_wide.csv").formats, ElementsAre("csv-wide"));
}

// The three layouts of our own tell the same.
TEST(ReadLogs, ReadsTheSameFromAllItsOwnLayouts) {
  const LossLog log = read_sample("two_runs.csv");
  for (const char* name : {"two_runs_wide.csv", "two_runs.jsonl"}) {
    const LossLog same = read_sample(name);
    EXPECT_EQ(same.domains, log.domains) << name;
    EXPECT_EQ(same.notes, log.notes) << name;
    ASSERT_THAT(same.runs, SizeIs(2)) << name;
    EXPECT_EQ(same.runs[1], log.runs[1]) << name;
    EXPECT_THAT(same.runs[0].points[1].loss_nats, losses(5.25, std::nan(""), 6.25)) << name;
  }
}

// What our own export writes beside nats says the same again; alone it is the loss.
TEST(ReadLogs, TakesBitsAByteOfAWideTableWhereThereAreNoNats) {
  const std::string head = "run,tokens,share/a,share/b,";
  const LossLog both = read_text(head + "loss/a,bits_per_byte/a\nr,1000,0.5,0.5,5,1.2\n");
  EXPECT_THAT(both.units, ElementsAre(data::LossUnit::nats));
  EXPECT_THAT(both.domains.eval, ElementsAre("a"));
  EXPECT_THAT(both.runs[0].points[0].loss_nats, ElementsAre(5.0));
  const LossLog alone = read_text(head + "bits_per_byte/a\nr,1000,0.5,0.5,1.2\n");
  EXPECT_THAT(alone.units, ElementsAre(data::LossUnit::bits_per_byte));
  EXPECT_THAT(alone.domains.eval, ElementsAre("a"));
  EXPECT_THAT(alone.runs[0].points[0].loss_nats, ElementsAre(1.2));
  EXPECT_THAT(read_text(head + "loss/a,bits_per_byte/b\nr,1000,0.5,0.5,5,1.2\n").units,
              ElementsAre(data::LossUnit::nats, data::LossUnit::bits_per_byte));
}

TEST(ReadLogs, RefusesColumnsThatAWideTableDoesNotHave) {
  EXPECT_THAT(what_of("run,tokens,loss/a,note\nr,1,5,x\n"),
              HasSubstr("log.csv:1: column 'note' is unknown"));
  EXPECT_THAT(what_of("tokens,loss/a\n1,5\n", {.format = "csv-wide"}),
              HasSubstr("log.csv:1: column 'run' is missing"));
  EXPECT_THAT(what_of("run,tokens\nr,5\n", {.format = "csv-wide"}),
              HasSubstr("log.csv:1: there is no column loss/<domain>"));
}

TEST(ReadLogs, RefusesJsonLinesThatAreNone) {
  const std::string good = R"({"run":"r","tokens":1000,"mixture":{"a":1},"loss_nats":{"a":5}})";
  EXPECT_THAT(read_text(good).volumes, ElementsAre(1000));
  const auto bad = [&](const std::string& line) { return what_of(good + "\n" + line + "\n"); };
  EXPECT_THAT(bad(R"({"run":"r")"), HasSubstr("log.csv:2: this is no JSON"));
  EXPECT_THAT(bad("[1]"), HasSubstr("log.csv:2: this is no JSON object"));
  EXPECT_THAT(bad(R"({"run":"r","tokens":1})"), HasSubstr("log.csv:2: key 'loss_nats' is missing"));
  EXPECT_THAT(bad(R"({"run":"r","token":1,"loss_nats":{}})"),
              HasSubstr("log.csv:2: key 'token' is unknown"));
  EXPECT_THAT(bad(R"({"run":"r","run":"q","tokens":1,"loss_nats":{}})"),
              HasSubstr("log.csv:2: key 'run' stands there twice"));
  EXPECT_THAT(bad(R"({"run":"r","tokens":2000,"loss_nats":{"a":NaN}})"),
              HasSubstr("log.csv:2: the loss of 'a' in run 'r' is not finite"));
  EXPECT_THAT(bad(R"({"run":"r","tokens":1e400,"loss_nats":{"a":5}})"),
              HasSubstr("log.csv:2: this is no JSON"));
  EXPECT_THAT(bad(R"({"run":"r","tokens":-1,"loss_nats":{"a":5}})"),
              HasSubstr("log.csv:2: tokens: '-1' is refused"));
  EXPECT_THAT(bad(R"({"run":"r","tokens":2000,"loss_nats":5})"),
              HasSubstr("log.csv:2: loss_nats is no object"));
  EXPECT_THAT(read_text(good + "\n" + R"({"run":"r","tokens":2000,"loss_nats":{"a":null}})").notes,
              ElementsAre("1 loss missing at volumes that were logged"));
}

TEST(ReadLogs, PassesOverHeadersThatStandAgain) {
  const std::string row = "r,0,1000,1,a,1,5\n";
  const LossLog log = read_text(header + row + header + "r,0,2000,2,a,1,4\n");
  EXPECT_THAT(log.volumes, ElementsAre(1000, 2000));
  EXPECT_THAT(log.notes, ElementsAre("1 passed over: headers in the midst of a table"));
}

TEST(ReadLogs, TakesFromATrialTheLaterLossAndOneThatIsNotFinite) {
  const TempFolder folder;
  const std::string rows = "r,0,1000,1,a,1,5\nr,0,2000,2,a,1,4\n";
  const auto path =
      folder.write("log.csv", header + rows + "r,0,2000,3,a,1,3\nr,0,3000,3,a,1,nan\n");
  const ReplayOptions options{.files = {path}};
  EXPECT_THROW(read_logs(options), core::DataError) << "two losses at 2000 tokens";
  const LossLog log = read_trial_log(options, {"a"}, {1.0});
  EXPECT_THAT(log.repairs, ElementsAre("1 loss replaced by what a resumed run logged later"));
  EXPECT_EQ(log.runs.at(0).points.at(1).loss_nats.at(0), 3.0);
  EXPECT_EQ(log.runs.at(0).points.at(1).steps, 3);
  EXPECT_TRUE(std::isinf(log.runs.at(0).points.at(2).loss_nats.at(0)));
}

TEST(ReadLogs, RefusesNumbersThatAreNone) {
  for (const char* loss : {"nan", "NaN", "inf", "-inf"})
    EXPECT_THAT(what_of(header + "r,0,1000,1,a,1," + loss + "\n"),
                HasSubstr("log.csv:2: the loss of 'a' in run 'r' is not finite"));
  for (const char* loss : {"-1", "0", "0.0", "five", "1,5", "5 nats"})
    EXPECT_THAT(what_of(header + "r,0,1000,1,a,1,\"" + loss + "\"\n"),
                HasSubstr("log.csv:2: loss_nats: '" + std::string(loss) + "' is refused"));
  for (const char* tokens : {"-1000", "nan", "", "1000.5", "1e99", "many", "-0.5"})
    EXPECT_THAT(what_of(header + "r,0," + tokens + ",1,a,1,5\n"),
                HasSubstr("log.csv:2: tokens: '" + std::string(tokens) + "' is refused"));
  for (const char* share : {"-0.1", "1.1", "nan", "half"})
    EXPECT_THAT(what_of(header + "r,0,1000,1,a," + share + ",5\n"),
                HasSubstr("log.csv:2: share: '" + std::string(share) + "' is refused"));
  EXPECT_THAT(what_of(header + "r,-1,1000,1,a,1,5\n"), HasSubstr("log.csv:2: repeat: '-1'"));
  EXPECT_THAT(what_of(header + "r,3e9,1000,1,a,1,5\n"), HasSubstr("log.csv:2: repeat: '3e9'"));
  EXPECT_THAT(what_of(header + "r,0,1000,-1,a,1,5\n"), HasSubstr("log.csv:2: steps: '-1'"));
  EXPECT_THAT(what_of(header + ",0,1000,1,a,1,5\n"),
              HasSubstr("log.csv:2: run or domain is blank"));
}

TEST(ReadLogs, TakesCountsAsLogsWriteThem) {
  for (const char* tokens : {"2000000", "2000000.0", "2e6", "2M", " 2000000 "})
    EXPECT_THAT(read_text(header + "r,0," + tokens + ",1,a,1,5\n").volumes, ElementsAre(2'000'000));
}

TEST(ReadLogs, DropsRowsAtZeroTokensAndCountsThem) {
  const LossLog log = read_text(header + "r,0,0,0,a,1,9\nr,0,1000,1,a,1,5\n");
  EXPECT_THAT(log.volumes, ElementsAre(1000));
  EXPECT_THAT(log.notes,
              ElementsAre("1 loss at 0 tokens dropped (a power law has no value there)"));
}

TEST(ReadLogs, RefusesALogOfTheStartAlone) {
  EXPECT_THAT(what_of(header + "r,0,0,0,a,1,9\n"), HasSubstr("log.csv: no loss stands at"));
}

TEST(ReadLogs, DividesRoundedSharesByTheirSumAndCountsIt) {
  const LossLog log =
      read_text(header + "r,0,1000,1,a,0.333,5\nr,0,1000,1,b,0.333,5\nr,0,1000,1,c,0.333,5\n");
  EXPECT_THAT(log.runs[0].mixture, losses(1.0 / 3, 1.0 / 3, 1.0 / 3));
  EXPECT_THAT(log.notes, ElementsAre("1 mixture divided by the sum of its shares"));
}

TEST(ReadLogs, RefusesSharesThatAreNoMixtureUnlessTold) {
  const std::string text = header + "r,0,1000,1,a,0.3,5\nr,0,1000,1,b,0.3,5\n";
  EXPECT_THAT(what_of(text), HasSubstr("log.csv:2: run 'r': its shares sum to 0.6"));
  EXPECT_THAT(what_of(text), HasSubstr("`normalise: true`"));
  EXPECT_THAT(read_text(text, {.normalise = true}).runs[0].mixture, ElementsAre(0.5, 0.5));
  EXPECT_THAT(what_of(header + "r,0,1000,1,a,0,5\n", {.normalise = true}),
              HasSubstr("its shares sum to 0"));
}

TEST(ReadLogs, WantsTheShareOfEveryTrainingDomain) {
  EXPECT_THAT(what_of(header + "r,0,1000,1,a,0.5,5\nr,0,1000,1,b,0.5,5\nq,0,1000,1,a,1,5\n"),
              HasSubstr("log.csv:4: run 'q': no share of 'b' is given"));
  EXPECT_THAT(what_of(header + "r,0,1000,1,a,,5\n"), HasSubstr("log.csv: no domain has a share"));
}

TEST(ReadLogs, RefusesHeadersItDoesNotKnow) {
  EXPECT_THAT(what_of("step,loss\n1,2\n"),
              HasSubstr("log.csv:1: it would be run-table but for a column of an evaluation"));
  EXPECT_THAT(what_of("run,tokens,domain,share,loss_nats,stepz\nr,1,a,1,5,1\n"),
              HasSubstr("log.csv:1: column 'stepz' is unknown"));
  EXPECT_THAT(what_of("run,tokens,domain,share,loss_nats,stepz\nr,1,a,1,5,1\n"),
              HasSubstr("Did you mean 'steps'"));
  EXPECT_THAT(what_of("run,domain,loss_nats\nr,a,5\n", {.format = "csv-wide"}),
              HasSubstr("log.csv:1: column 'domain' is unknown"));
  EXPECT_THAT(what_of("weight_a,n_tokens,a_loss,note\n1,1000,5,x\n"),
              HasSubstr("log.csv:1: column 'note' is unknown"));
  EXPECT_THAT(what_of("weight_a,n_tokens,a_loss\n,1000,5\n"),
              HasSubstr("log.csv:2: weight_a is blank"));
  EXPECT_THAT(what_of("weight_a,a_loss\n1,5\n", {.format = "scalefit"}),
              HasSubstr("log.csv:1: column 'n_tokens' is missing"));
}

TEST(InOrderOf, FollowsTheCampaign) {
  const data::DomainSet wanted{{"code", "prose"}, {"other", "prose"}, {0, 1}};
  const LossLog log = in_order_of(wanted, read_sample("two_runs.csv"));
  EXPECT_EQ(log.domains, wanted);
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.8, 0.2));
  EXPECT_THAT(log.runs[1].points[0].loss_nats, ElementsAre(6.75, 5.75));
  EXPECT_EQ(log.notes.back(), "evaluation sets of the logs that are not used: 'code'");
}

TEST(InOrderOf, RefusesDomainsThatDoNotMatch) {
  const auto refused = [](const data::DomainSet& wanted) {
    try {
      in_order_of(wanted, read_sample("two_runs.csv"));
    } catch (const core::DataError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(refused({{"code", "prosa"}, {}, {}}), HasSubstr("Did you mean 'prose'"));
  EXPECT_THAT(refused({{"code"}, {}, {}}), HasSubstr("domain 'prose': the logs were trained"));
  EXPECT_THAT(refused({{"code", "prose"}, {"questions"}, {-1}}), HasSubstr("eval_domains"));
}

}  // namespace
}  // namespace bimix::replay
