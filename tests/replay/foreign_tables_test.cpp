// Tables as people have them: what is certain is read, all else is refused by name of the column.
#include "replay/texts.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::replay {
namespace {

using test::Files;
using test::read_texts;
using test::what_of;
using testing::Contains;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string two = "run,web,code\nhalf,0.5,0.5\ntilted,0.25,0.75\n";
const std::string losses = "run,tokens,loss/web,loss/code\nhalf,1M,3.5,2.5\ntilted,1M,3.75,2.25\n";

LossLog with_mixtures(const std::string& table, ReplayOptions options = {}) {
  options.mixtures = "m.csv";
  return read_texts({{"l.csv", losses}, {"m.csv", table}}, options);
}

std::string what_of_mixtures(const std::string& table, ReplayOptions options = {}) {
  options.mixtures = "m.csv";
  return what_of({{"l.csv", losses}, {"m.csv", table}}, options);
}

TEST(TableOfMixtures, PassesOverTheRowNumbersOfPandas) {
  const LossLog log = with_mixtures(",run,web,code\n0,half,0.5,0.5\n1,tilted,0.25,0.75\n");
  EXPECT_THAT(log.domains.train, ElementsAre("web", "code"));
  EXPECT_THAT(log.notes, Contains("1 passed over: columns of row numbers"));
  EXPECT_THAT(what_of_mixtures(",run,web,code\n7,half,0.5,0.5\n9,tilted,0.25,0.75\n"),
              HasSubstr("m.csv:1: a column has no name"));
}

TEST(TableOfMixtures, TrimsTheNamesOfItsColumns) {
  EXPECT_THAT(with_mixtures("run, web , code\nhalf,0.5,0.5\ntilted,0.25,0.75\n").domains.train,
              ElementsAre("web", "code"));
}

TEST(TableOfMixtures, KnowsTheColumnOfRunsByItsOtherNames) {
  for (const char* name : {"run_name", "name", "run_id", "experiment"})
    EXPECT_EQ(with_mixtures(std::string(name) + two.substr(3)).runs.size(), 2u) << name;
  EXPECT_THAT(what_of_mixtures("model,web,code\nhalf,0.5,0.5\n"),
              HasSubstr("m.csv:1: no column names the runs"));
}

TEST(TableOfMixtures, TakesNoSettingForADomain) {
  const LossLog log =
      with_mixtures("run,lr,web,code,notes\nhalf,0.0003,0.5,0.5,first\ntilted,0.0003,0.25,0.75,\n");
  EXPECT_THAT(log.domains.train, ElementsAre("web", "code"));
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.25, 0.75));
  EXPECT_THAT(log.notes,
              Contains("2 passed over: columns of a table of mixtures that are no shares "
                       "('lr' and 'notes')"));
}

TEST(TableOfMixtures, TakesASettingsNameForADomainWhereTheSumNeedsIt) {
  EXPECT_THAT(
      with_mixtures("run,web,code,time\nhalf,0.5,0.25,0.25\ntilted,0.25,0.25,0.5\n").domains.train,
      ElementsAre("web", "code", "time"));
}

TEST(TableOfMixtures, RefusesAColumnWithoutWhichAllRowsSumTo1) {
  const std::string table =
      "run,web,code,books,eta\nhalf,0.5,0.25,0.25,0.0003\ntilted,0.25,0.5,0.25,0.0003\n";
  EXPECT_THAT(what_of_mixtures(table), HasSubstr("m.csv:1: column 'eta' seems to be no share"));
  EXPECT_THAT(with_mixtures(table, {.domains = {"web", "code", "books"}}).domains.train,
              ElementsAre("web", "code", "books"));
}

TEST(TableOfMixtures, TakesWeightsPercentagesAndCountsWhenTold) {
  for (const char* table :
       {"run,web,code\nhalf,50,50\ntilted,25,75\n",
        "run,web,code\nhalf,1e9,1e9\ntilted,5e8,1.5e9\n", "run,web,code\nhalf,2,2\ntilted,1,3\n"}) {
    const LossLog log = with_mixtures(table, {.normalise = true});
    EXPECT_THAT(log.runs[0].mixture, ElementsAre(0.5, 0.5)) << table;
    EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.25, 0.75)) << table;
    EXPECT_THAT(what_of_mixtures(table), HasSubstr("--normalise")) << table;
  }
  EXPECT_THAT(with_mixtures("run,web,code\nhalf,50%,50 %\ntilted,25%,75%\n").runs[1].mixture,
              ElementsAre(0.25, 0.75));
  EXPECT_THAT(what_of_mixtures("run,web,code\nhalf,-1,3\ntilted,1,1\n", {.normalise = true}),
              HasSubstr("a weight is a number from 0 on"));
}

/// Eight mixtures of web, code and books in units of a sum, with other columns behind them.
std::string eight(double unit, const std::string& names, const std::string& cells) {
  std::string table = "run,web,code,books" + names + "\n";
  for (int i = 0; i < 8; ++i) {
    const std::string run = i == 0 ? "half" : i == 1 ? "tilted" : "other" + std::to_string(i);
    const double web = (10 + 7 * i) / 100.0, code = (20 + i * i) / 200.0;
    std::string row;
    for (const double share : {web, code, 1.0 - web - code})
      row += "," + std::to_string(share * unit);
    table += run + row;
    for (const char c : cells) table += c == '#' ? std::to_string(i * 3) : std::string(1, c);
    table += "\n";
  }
  return table;
}

TEST(TableOfMixtures, MakesNoDomainOfAColumnThatNormaliseWouldHide) {
  const ReplayOptions normalise{.normalise = true};
  const std::vector<std::string> three{"web", "code", "books"};
  for (const double unit : {1.0, 100.0, 8.0, 3e9}) {
    for (const auto& [name, cell] :
         std::vector<std::pair<std::string, std::string>>{{"final_loss", "3.2"},
                                                          {"train_loss", "2.5"},
                                                          {"avg_loss", "3.1"},
                                                          {"accuracy", "0.5"},
                                                          {"n_layers", "12"},
                                                          {"seq_len", "1024"},
                                                          {"vocab", "50257"},
                                                          {"context", "2048"},
                                                          {"temp", "0.7"},
                                                          {"entropy", "1.05"},
                                                          {"cost_usd", "#"},
                                                          {"max_lr", "0.0003"},
                                                          {"train_batch_size", "32"}})
      EXPECT_THAT(with_mixtures(eight(unit, "," + name, "," + cell), normalise).domains.train,
                  testing::ElementsAreArray(three))
          << name << " " << unit;
    for (const char* cells : {",0.05,12", ",7,#"}) {
      const std::string said = what_of_mixtures(eight(unit, ",kl,foo", cells), normalise);
      EXPECT_THAT(said, HasSubstr("m.csv:1: column")) << cells << unit;
      EXPECT_THAT(said, HasSubstr("'kl'")) << cells << unit;
      EXPECT_THAT(said, HasSubstr("name the domains: --domains web,code,books")) << cells << unit;
    }
    EXPECT_THAT(what_of_mixtures(eight(unit, ",kl", ",0.05"), normalise),
                HasSubstr("m.csv:1: column 'kl' "));
    EXPECT_THAT(
        with_mixtures(eight(unit, ",kl,foo", ",0.05,12"), {.normalise = true, .domains = three})
            .domains.train,
        testing::ElementsAreArray(three));
  }
}

TEST(TableOfMixtures, RefusesASettingThatRoundedSharesWouldHide) {
  const std::string rows = "run,web,code,eta\nhalf,0.501,0.5,0.0003\ntilted,0.251,0.75,0.0003\n";
  EXPECT_THAT(what_of_mixtures(rows + "x,0.7,0.3,0.0003\n"),
              HasSubstr("column 'eta' is the same in every row (rows sum to 1 without it too). "
                        "Remove it, or name the domains: --domains web,code."));
  EXPECT_THAT(with_mixtures("run,web,code,rest\nhalf,0.501,0.4,0.1\ntilted,0.251,0.65,0.1\n"
                            "x,0.6,0.3,0.1\n")
                  .domains.train,
              ElementsAre("web", "code", "rest"));
}

TEST(TableOfMixtures, KeepsADomainOfOneWeightInAllRunsWhereTheSumNeedsIt) {
  EXPECT_THAT(with_mixtures("run,web,code,books\nhalf,45,45,10\ntilted,20,70,10\nx,60,30,10\n",
                            {.normalise = true})
                  .domains.train,
              ElementsAre("web", "code", "books"));
  EXPECT_THAT(with_mixtures("run,web,code,books\nhalf,45,45,9.9\ntilted,20,70,9.9\nx,60,30,9.9\n",
                            {.normalise = true})
                  .domains.train,
              ElementsAre("web", "code", "books"));
}

TEST(TableOfMixtures, IsNotTakenOverByOneColumnThatBeginsLikeAShare) {
  for (const char* cell : {"0.1", "0.0"})
    EXPECT_THAT(with_mixtures("run,web,code,weight_decay\nhalf,0.5,0.5," + std::string(cell) +
                              "\ntilted,0.25,0.75," + cell + "\n")
                    .domains.train,
                ElementsAre("web", "code"))
        << cell;
  EXPECT_THAT(
      with_mixtures("run,web,train_tickets,train_songs\nhalf,0.5,0.25,0.25\ntilted,0.25,0.5,0.25\n")
          .domains.train,
      ElementsAre("web", "train_tickets", "train_songs"));
  EXPECT_THAT(with_mixtures("run,train_web,train_code,train_size\nhalf,0.5,0.5,7\ntilted,1,0,7\n")
                  .domains.train,
              ElementsAre("web", "code"));
}

TEST(TableOfMixtures, ReadsWhatItsColumnsAreCalledBesidesTheDomain) {
  for (const char* tail : {"_tokens", "_weight", "_pct", " (%)"}) {
    const std::string table = fmt::format(
        "run,web{0},code{0},total_tokens\nhalf,500,500,1000\ntilted,250,750,1000\n", tail);
    EXPECT_THAT(with_mixtures(table, {.normalise = true}).domains.train, ElementsAre("web", "code"))
        << tail;
    EXPECT_THAT(with_mixtures(table, {.normalise = true, .domains = {"code", "web"}}).domains.train,
                ElementsAre("code", "web"))
        << tail;
    EXPECT_THAT(what_of_mixtures(table), HasSubstr("--normalise")) << tail;
  }
}

TEST(TableOfMixtures, TakesCountsAsPeopleWriteThemWhenTold) {
  for (const char* table :
       {"run,web,code\nhalf,1.5B,1.5B\ntilted,250M,0.75B\n",
        "run,web,code\nhalf,20k,20K\ntilted,1K,3k\n",
        "run,web,code\nhalf,\"150,000,000\",\"150,000,000\"\ntilted,\"1,000\",\"3,000.0\"\n",
        "run,web,code\nhalf,1_000,1_000\ntilted,25%,75%\n"}) {
    const LossLog log = with_mixtures(table, {.normalise = true});
    EXPECT_THAT(log.runs[0].mixture, ElementsAre(0.5, 0.5)) << table;
    EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.25, 0.75)) << table;
    EXPECT_THAT(what_of_mixtures(table), HasSubstr("--normalise")) << table;
  }
  for (const char* wrong : {"0,500", "1,50", "1,0000", "1,000,00", ",500", "1.5,000"})
    EXPECT_THAT(
        what_of_mixtures("run,web,code\nhalf,\"" + std::string(wrong) + "\",1\ntilted,1,1\n",
                         {.normalise = true}),
        HasSubstr(std::string("web: '") + wrong + "' is refused"));
}

TEST(TableOfMixtures, MayHaveARowForEachRunAndDomain) {
  EXPECT_THAT(with_mixtures("run,domain,share\nhalf,web,0.5\nhalf,code,0.5\ntilted,web,0.25\n"
                            "tilted,code,0.75\n")
                  .runs[1]
                  .mixture,
              ElementsAre(0.25, 0.75));
}

TEST(TableOfRuns, TakesSeveralSeedsOfARunForRepeats) {
  for (const char* table :
       {"run,step,seed,domain,val_loss\nhalf,4,1,web,3\nhalf,4,7,web,3.5\n",
        "run,seed,web_val_loss\nhalf,1,3\nhalf,7,3.5\n",
        "run,steps,seed,domain,loss_nats\nhalf,4,1,web,3\nhalf,4,7,web,3.5\n"}) {
    const LossLog log = read_texts({{"l.csv", table}, {"m.csv", two}},
                                   {.mixtures = "m.csv", .tokens_per_step = 1000, .tokens = 4000});
    ASSERT_EQ(log.runs.size(), 2u) << table;
    EXPECT_EQ(log.runs[1].repeat, 7) << table;
    EXPECT_THAT(log.notes, Contains("column 'seed' gives the repeats of a run"));
  }
}

TEST(TableOfRuns, LeavesOutRowsOfOtherSplits) {
  const LossLog log = read_texts(
      {{"half.csv", "step,split,domain,loss\n4,train,web,2\n4,val,web,3\n4,test,web,4\n"},
       {"m.csv", two}},
      {.losses = {"all=loss"}, .mixtures = "m.csv", .tokens_per_step = 1000});
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(3));
  EXPECT_THAT(log.notes, Contains("1 passed over: rows of training ('split')"));
}

TEST(PairOfTables, IsReadWithPlainNamesInBoth) {
  const LossLog log = read_texts({{"m.csv", "index,web,code\n1,0.5,0.5\n2,0.25,0.75\n"},
                                  {"l.csv", "index,web,code\n1,3.5,2.5\n2,3.75,2.25\n"}},
                                 {.tokens = 1'000'000});
  EXPECT_THAT(log.domains.train, ElementsAre("web", "code"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1));
  EXPECT_THAT(log.runs[1].points[0].loss_nats, ElementsAre(3.75, 2.25));
  EXPECT_THAT(log.notes, Contains(HasSubstr("losses are taken as they stand")));
}

TEST(PairOfTables, IsJoinedByRunsOfAnyName) {
  for (const char* key : {"run", "run_id", "run_name"}) {
    const LossLog log = read_texts(
        {{"m.csv", "," + std::string(key) + ",name,index,web,code\n0,a,x,0,0.5,0.5\n1,b,y,1,1,0\n"},
         {"l.csv", "," + std::string(key) + ",name,index,arc_bpb\n0,a,x,0,1.25\n1,b,y,1,1.5\n"}},
        {.tokens = 1'000'000});
    EXPECT_EQ(log.runs[1].run, "b") << key;
    EXPECT_THAT(log.domains.train, ElementsAre("web", "code"));
    EXPECT_THAT(log.units, ElementsAre(data::LossUnit::bits_per_byte));
  }
}

TEST(PairOfTables, PassesOverTrainingLossesAndScores) {
  const LossLog log =
      read_texts({{"m.csv", "index,train_web,train_code\n1,0.5,0.5\n2,1,0\n"},
                  {"l.csv", "index,metric/train_loss,metric/web_val_loss\n1,3,3.5\n2,3,3.75\n"}},
                 {.tokens = 1'000'000});
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_THAT(log.notes,
              Contains("1 passed over: columns that are no evaluation loss ('metric/train_loss')"));
  const LossLog scores = read_texts({{"m.csv", two},
                                     {"l.csv",
                                      "run,web,arc_acc\nhalf,3.5,0.5\n"
                                      "tilted,3.25,0.25\n"}},
                                    {.tokens = 1'000'000});
  EXPECT_THAT(scores.domains.eval, ElementsAre("web"));
  EXPECT_THAT(scores.notes,
              Contains("1 passed over: scores that are better when larger ('arc_acc')"));
}

TEST(OneTable, HoldsSharesAndLosses) {
  const LossLog log = read_texts(
      {{"l.csv",
        "run,web,code,eval/web_loss,lr\nhalf,0.5,0.5,3.5,3e-4\ntilted,0.25,0.75,3.75,3e-4\n"}},
      {.tokens = 1'000'000});
  EXPECT_THAT(log.domains.train, ElementsAre("web", "code"));
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.25, 0.75));
}

const std::string curve = "step,train_loss,val_loss_web,val_loss_code\n100,3,,\n100,,3.5,2.5\n";

TEST(RunTable, IsOneFileForEachRun) {
  const LossLog log = read_texts({{"half/version_0/metrics.csv", curve},
                                  {"tilted/version_0/metrics.csv", curve},
                                  {"m.csv", two}},
                                 {.mixtures = "m.csv", .tokens_per_step = 1000});
  EXPECT_THAT(log.formats, ElementsAre("run-table"));
  ASSERT_THAT(log.runs, SizeIs(2));
  EXPECT_EQ(log.runs[1].run, "tilted");
  EXPECT_THAT(log.runs[1].points, SizeIs(1));
  EXPECT_THAT(log.runs[1].points[0].loss_nats, ElementsAre(3.5, 2.5));
  EXPECT_THAT(log.volumes, ElementsAre(100'000));
}

TEST(RunTable, IsJsonLinesOfAnyDepth) {
  const LossLog log =
      read_texts({{"half.jsonl",
                   "{\"step\": 1, \"loss\": 4, \"lr\": NaN}\n"
                   "{\"step\": 1, \"eval\": {\"web\": {\"loss\": 3.5}}, \"ids\": [1, 2]}\n"},
                  {"m.csv", two}},
                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_EQ(log.runs[0].run, "half");
}

TEST(RunTable, HoldsAllRunsWhereAColumnNamesThem) {
  const LossLog log = read_texts(
      {{"l.csv", "run_id,_step,eval/web/loss\nhalf,1,3.5\ntilted,1,3.25\n"}, {"m.csv", two}},
      {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.runs, SizeIs(2));
}

TEST(RunTable, NamesMetricsInAColumn) {
  const LossLog log = read_texts({{"l.csv",
                                   "run_id,key,value,step,timestamp\nhalf,eval/web/loss,3.5,1,17\n"
                                   "half,train/loss,3,1,17\ntilted,eval/web/loss,3.25,1,17\n"},
                                  {"m.csv", two}},
                                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_THAT(log.runs, SizeIs(2));
}

TEST(RunTable, IsADownloadOfTensorBoard) {
  const std::string table = "Wall time,Step,Value\n17.5,1,3.5\n";
  const Files files{{"run-half-tag-eval_web_loss.csv", table},
                    {"run-half-tag-eval_code_loss.csv", table},
                    {"run-tilted-tag-eval_web_loss.csv", table},
                    {"m.csv", two}};
  const LossLog log = read_texts(files, {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.runs, SizeIs(2));
  EXPECT_THAT(log.domains.eval, ElementsAre("web", "code"));
  EXPECT_THAT(what_of({{"half.csv", table}, {"m.csv", two}}, {.mixtures = "m.csv"}),
              HasSubstr("run-<run>-tag-<metric>.csv"));
}

TEST(MlFlow, NamesMetricsByFilesBelowTheRunsFolder) {
  const LossLog log = read_texts({{"mlruns/0/half/metrics/eval/web/loss", "1700000000000 3.5 1\n"},
                                  {"mlruns/0/half/metrics/eval/code/loss", "1700000000000 2.5 1\n"},
                                  {"mlruns/0/half/metrics/train/loss", "1700000000000 3 1\n"},
                                  {"mlruns/0/tilted/metrics/eval/web/loss", "1700000000000 3 1\n"},
                                  {"m.csv", two}},
                                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.domains.eval, ElementsAre("web", "code"));
  EXPECT_EQ(log.runs[1].run, "tilted");
}

TEST(PrintedLines, AreThoseOfSeveralSmallTrainers) {
  const LossLog log =
      read_texts({{"half.log", "s:0 tel:11.0\ns:1 trl:9.5 lr:0.1 norm:1.0\ns:20 tel:3.5\n"},
                  {"tilted.txt",
                   "import os\nstep:0/20 val_loss:10.8 train_time:0ms\n"
                   "step:20/20 val_loss:3.25 train_time:9ms\n"},
                  {"m.csv", two}},
                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(3.5));
  EXPECT_THAT(log.runs[1].points[0].loss_nats, ElementsAre(3.25));
}

TEST(RunTable, ReadsTokensInBillionsWhereTheNameSaysSo) {
  const LossLog log =
      read_texts({{"half.csv", "Tokens (B),eval/web/loss\n1.998,3.5\n4,3.25\n"}, {"m.csv", two}},
                 {.mixtures = "m.csv"});
  EXPECT_THAT(log.volumes, ElementsAre(1'998'000'000, 4'000'000'000));
  EXPECT_THAT(what_of({{"half.csv", "tokens,eval/web/loss\n1.998,3.5\n4,3.25\n"}, {"m.csv", two}},
                      {.mixtures = "m.csv"}),
              HasSubstr("call the column tokens (B)"));
}

TEST(RunTable, TakesSetsFromAColumnBesideTheLoss) {
  const LossLog log = read_texts({{"half.jsonl",
                                   "{\"step\": 1, \"dataset\": \"web\", \"val_loss\": 3.5}\n"
                                   "{\"step\": 1, \"dataset\": \"code\", \"val_loss\": 2.5}\n"},
                                  {"m.csv", two}},
                                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.domains.eval, ElementsAre("web", "code"));
}

TEST(RunTable, TakesASecondLossAtAStepForAResumedRunOnlyIfTheStepWentBack) {
  const auto read = [](const std::string& rows) {
    return what_of({{"half.csv", "step,eval/web/loss\n" + rows}, {"m.csv", two}},
                   {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  };
  EXPECT_EQ(read("1,4\n2,3.5\n1,4.25\n2,3.25\n"), "no error");
  EXPECT_THAT(read("1,4\n2,3.5\n2,3.25\n"), HasSubstr("half.csv:4: the loss of 'web' in run"));
}

TEST(RunTable, PrefersOptimiserStepsAndTheTokensOfAllRanks) {
  const LossLog log = read_texts(
      {{"half.csv", "loss,iter,step,tokens,total_tokens,val_loss\n3,80,10,1000,8000,3.5\n"},
       {"m.csv", two}},
      {.mixtures = "m.csv"});
  EXPECT_THAT(log.volumes, ElementsAre(8000));
  EXPECT_EQ(log.runs[0].points[0].steps, 10);
}

TEST(RunTable, PassesOverAHeaderThatAResumedRunWroteAgain) {
  const LossLog log =
      read_texts({{"half.csv", "step,val_loss\n1,3.5\nstep,val_loss\n2,3.25\n"}, {"m.csv", two}},
                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.volumes, SizeIs(2));
  EXPECT_THAT(log.notes, Contains("1 passed over: headers in the midst of a table"));
}

TEST(PairOfTables, TakesNoIdentifierForAShare) {
  const LossLog log = read_texts(
      {{"l.csv",
        "run_id,experiment_id,group,params.lr,metrics.eval/web/loss,tags.mlflow.runName\n"
        "f00,1,1,0.0003,3.5,half\nbaa,1,1,0.0003,3.25,tilted\n"},
       {"m.csv", two}},
      {.mixtures = "m.csv", .tokens = 1'000'000});
  EXPECT_THAT(log.domains.train, ElementsAre("web", "code"));
  EXPECT_EQ(log.runs[1].run, "tilted");
}

TEST(RunTable, TakesNoBatchSizeForAVolume) {
  const LossLog log = read_texts(
      {{"half.csv", "step,tokens,eval/web/loss\n1,4096,3.5\n2,4096,3.25\n"}, {"m.csv", two}},
      {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.volumes, ElementsAre(1'000'000, 2'000'000));
  EXPECT_THAT(log.notes, Contains(HasSubstr("column 'tokens' does not grow with the steps")));
}

TEST(Averages, AreNoFurtherSets) {
  const LossLog log = sets_that_count(read_texts(
      {{"half.csv",
        "step,eval/web/loss,eval/loss,eval/macro_loss,eval/pile/macro_loss\n1,3,4,4,4\n"},
       {"m.csv", two}},
      {.mixtures = "m.csv", .tokens_per_step = 1'000'000}));
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(3));
  EXPECT_THAT(log.notes, Contains("averages are no further sets, and left out: 'all', 'macro' and "
                                  "'pile/macro'"));
}

TEST(Averages, CountWhereTheyStandAlone) {
  const LossLog log = sets_that_count(
      read_texts({{"half.csv", "step,eval/loss,eval/macro_loss\n1,4,3\n"}, {"m.csv", two}},
                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000}));
  EXPECT_THAT(log.domains.eval, ElementsAre("all"));
  EXPECT_THAT(log.notes, Contains(HasSubstr("'all' is an average over evaluation sets")));
}

/// Eight points of web and code, and of a set that is made of both.
std::string curves(const std::string& set, double (*of)(double web, double code)) {
  std::string text = "step,eval/web/loss,eval/code/loss," + set + "\n";
  for (int step = 1; step <= 8; ++step) {
    const double web = 4 + 1.0 / step, code = 2 + 2.0 / step;
    text += std::to_string(step) + "," + std::to_string(web) + "," + std::to_string(code) + "," +
            std::to_string(of(web, code)) + "\n";
  }
  return text;
}

// Whatever it is called: `everything` counted as a third set, and half of the objective twice.
TEST(Averages, AreToldByTheirNumbers) {
  const auto sets = [](double (*of)(double, double)) {
    return sets_that_count(
               read_texts({{"half.csv", curves("eval/corpus/loss", of)}, {"m.csv", two}},
                          {.mixtures = "m.csv", .tokens_per_step = 1'000'000}))
        .domains.eval;
  };
  EXPECT_THAT(sets([](double web, double code) { return (web + code) / 2; }),
              ElementsAre("web", "code"));
  EXPECT_THAT(sets([](double web, double code) { return (web + code) / 2 + 0.01; }),
              ElementsAre("web", "code", "corpus"));
}

TEST(Averages, OfAGroupStandBesideItsMembers) {
  const LossLog log = sets_that_count(read_texts(
      {{"half.csv", "step,eval/pile/web/loss,eval/pile/code/loss,eval/pile/loss\n1,3,4,4\n"},
       {"m.csv", two}},
      {.mixtures = "m.csv", .tokens_per_step = 1'000'000}));
  EXPECT_THAT(log.domains.eval, ElementsAre("pile/web", "pile/code"));
}

// A column of accuracies was minimised, and the losses beside it were left out.
TEST(PairOfTables, TakesNoSilentColumnForALossBesideThoseThatSpeak) {
  const auto sets = [](const std::string& header, const std::string& rest) {
    return read_texts(
        {{"r.csv", two}, {"m.csv", "run," + header + "\nhalf," + rest + "\ntilted," + rest + "\n"}},
        {.tokens = 1'000'000});
  };
  const LossLog said = sets("web_bpb,code_bpb,mmlu", "1.5,0.75,0.25");
  EXPECT_THAT(said.domains.eval, ElementsAre("web_bpb", "code_bpb"));
  EXPECT_THAT(said.notes, Contains(HasSubstr("may be no losses passed over: 'mmlu'")));
  const LossLog tied = sets("web,code,grad_norm", "3.5,2.5,0.25");
  EXPECT_THAT(tied.domains.eval, ElementsAre("web", "code"));
  EXPECT_THAT(what_of({{"r.csv", two}, {"m.csv", "run,piqa,mmlu\nhalf,.2,.3\ntilted,.3,.4\n"}},
                      {.tokens = 1'000'000}),
              HasSubstr("no metric is certain to be a loss: 'mmlu' and 'piqa'"));
  EXPECT_EQ(what_of({{"r.csv", two}, {"m.csv", "run,piqa,mmlu\nhalf,.2,.3\ntilted,.3,.4\n"}},
                    {.losses = {"piqa"}, .tokens = 1'000'000}),
            "no error");
}

TEST(OneTable, OfSharesAndLossesTakesNoShareForALoss) {
  const LossLog log = read_texts({{"t.csv",
                                   "run,web,code,loss_web,loss_code,lr\nhalf,0.5,0.5,3.5,2.5,1e-"
                                   "3\ntilted,0.25,0.75,4,2,1e-3\n"}},
                                 {.tokens = 1'000'000});
  EXPECT_THAT(log.domains.train, ElementsAre("web", "code"));
  EXPECT_THAT(log.domains.eval, ElementsAre("loss_web", "loss_code"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1));
}

// `time` and `z` are words for parts of a loss; they are also what domains are called.
TEST(Sets, MayHaveTheNameOfADomainWhateverElseItMeans) {
  const std::string logs = "step,eval/web/loss,eval/time/loss\n1,3,4\n";
  const auto sets = [&](const std::string& mixtures) {
    return read_texts({{"half.csv", logs}, {"m.csv", mixtures}},
                      {.mixtures = "m.csv", .tokens_per_step = 1'000'000})
        .domains.eval;
  };
  EXPECT_THAT(sets("run,web,time\nhalf,0.5,0.5\n"), ElementsAre("web", "time"));
  EXPECT_THAT(sets("run,web,code\nhalf,0.5,0.5\n"), ElementsAre("web"));
}

TEST(Versions, BelowASetWithALossAreNoFurtherSets) {
  for (const char* version : {"eval_ema/web/loss", "eval/ema/web/loss", "eval/web/masked_loss",
                              "eval/web/loss_median", "eval/web/loss_p95"}) {
    const LossLog log = read_texts(
        {{"half.csv", std::string("step,eval/web/loss,eval/code/loss,") + version + "\n1,3,4,5\n"},
         {"m.csv", two}},
        {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
    EXPECT_THAT(log.domains.eval, ElementsAre("web", "code")) << version;
    EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(3, 4)) << version;
  }
}

TEST(Versions, OfOneLossAreNoFurtherSets) {
  const LossLog log = read_texts(
      {{"half.csv",
        "step,eval/web/loss,eval/web/CrossEntropyLoss,eval/web/bpb,eval/web/loss_std\n1,4,3,1,9\n"},
       {"m.csv", two}},
      {.mixtures = "m.csv", .tokens_per_step = 1'000'000});
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(3));
  EXPECT_THAT(log.notes, Contains(HasSubstr("other versions of losses that are read")));
}

TEST(Units, OfNamesAreKept) {
  const auto read = [](const std::string& metric) {
    return sets_that_count(read_texts({{"half.csv", "step," + metric + "\n1,2\n"}, {"m.csv", two}},
                                      {.mixtures = "m.csv", .tokens_per_step = 1'000'000}));
  };
  EXPECT_EQ(read("eval/web/bpb").domains.loss_unit, data::LossUnit::bits_per_byte);
  EXPECT_EQ(read("eval/web/loss").domains.loss_unit, data::LossUnit::nats);
  EXPECT_EQ(
      sets_that_count(
          read_texts({{"l.csv", "run,tokens,share/web,share/code,loss/web_bpb\nr,1M,.5,.5,1\n"}}))
          .domains.loss_unit,
      data::LossUnit::bits_per_byte);
  EXPECT_THAT(read("eval/web/loss_bits").runs[0].points[0].loss_nats,
              ElementsAre(DoubleNear(2 * std::log(2.0), 1e-15)));
}

TEST(Units, MayBeTold) {
  const auto read = [](LoggedUnit unit) {
    return with_mixtures(two, {.unit = unit}).runs[0].points[0].loss_nats;
  };
  EXPECT_THAT(read(LoggedUnit::perplexity), ElementsAre(std::log(3.5), std::log(2.5)));
  EXPECT_THAT(read(LoggedUnit::log10), ElementsAre(3.5 * std::log(10.0), 2.5 * std::log(10.0)));
  EXPECT_THAT(read(LoggedUnit::nats), ElementsAre(3.5, 2.5));
  EXPECT_EQ(core::to_string(core::unknown_word<LoggedUnit>("nat", "replay.unit")),
            "replay.unit: 'nat' is no unit of a loss (known are auto, nats, bits, bits/byte, log10 "
            "and perplexity). Did you mean 'nats'.");
}

// fairseq logs losses and their perplexities to the base of 2.
TEST(Units, AreToldByThePerplexitiesBeside) {
  const auto read = [](const char* table, LoggedUnit unit) {
    return what_of({{"half.csv", table}, {"m.csv", two}},
                   {.mixtures = "m.csv", .unit = unit, .tokens_per_step = 1'000'000});
  };
  const char* const to_base_2 = "step,valid/nll_loss,valid/ppl\n1,3,8\n2,2,4\n";
  EXPECT_THAT(read(to_base_2, LoggedUnit::automatic), HasSubstr("Say --unit bits"));
  EXPECT_EQ(read(to_base_2, LoggedUnit::bits), "no error");
  EXPECT_EQ(read("step,valid/nll_loss,valid/ppl\n1,3,20.0855\n2,2,7.389\n", LoggedUnit::automatic),
            "no error");
}

TEST(Units, AreNotMixed) {
  const LossLog log = sets_that_count(
      read_texts({{"half.csv", "step,eval/web/loss,eval/code/bpb\n1,3,1\n"}, {"m.csv", two}},
                 {.mixtures = "m.csv", .tokens_per_step = 1'000'000}));
  EXPECT_THAT(log.domains.eval, ElementsAre("web"));
  EXPECT_THAT(log.notes, Contains("evaluation sets of the logs that are not used: 'code'"));
  EXPECT_THAT(log.notes, Contains("the objective adds up losses in nats; in another unit: 'code'"));
}

TEST(Doubts, AreNotedAboutNumbersThatCanHardlyBeMeant) {
  const auto notes = [](const std::string& table) {
    return read_texts({{"l.csv", table}, {"m.csv", two}}, {.mixtures = "m.csv"}).notes;
  };
  EXPECT_THAT(notes(losses), IsEmpty());
  EXPECT_THAT(notes("run,tokens,loss/web,loss/code\nhalf,1M,133,36\ntilted,1M,120,34\n"),
              Contains(HasSubstr("4 of 4 losses are above 13 nats")));
  EXPECT_THAT(notes("run,tokens,loss/web,loss/code\nhalf,20,3,2\ntilted,20,3,2\n"),
              Contains(HasSubstr("no run is longer than 20 tokens")));
  EXPECT_THAT(notes("run,repeat,tokens,loss/web,loss/code\nhalf,0,1M,3,2\nhalf,1,1M,2,1.5\n"),
              Contains(HasSubstr("models of two sizes?")));
  EXPECT_THAT(notes("run,repeat,tokens,loss/web,loss/code\nhalf,0,1M,3,2\nhalf,1,1M,3.05,2\n"),
              Not(Contains(HasSubstr("models of two sizes?"))));
}

}  // namespace
}  // namespace bimix::replay
