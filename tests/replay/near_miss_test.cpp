// A file of no known format: which one it nearly is, and what would make it readable.
#include "replay/texts.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace bimix::replay {
namespace {

using test::what_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(NearMiss, NamesTheColumnThatIsCalledOtherwise) {
  EXPECT_THAT(what_of({{"l.csv", "run,tokens,domain,share,loss\na,1000,p,1,5\n"}}),
              AllOf(HasSubstr("l.csv:1: it would be csv-long but for column loss_nats"),
                    HasSubstr("If 'loss' is that (in nats a token), rename it to loss_nats")));
  EXPECT_THAT(what_of({{"l.csv", "run_name,domain,loss_nats,tokens\na,p,5,9\n"}}),
              HasSubstr("column 'run' is missing"));
  EXPECT_THAT(what_of({{"l.csv", "model,tokens,loss/p\na,9,5\n"}}),
              HasSubstr("it would be csv-wide but for column run"));
}

TEST(NearMiss, NamesTheSeparator) {
  EXPECT_THAT(what_of({{"l.csv", "run;tokens;domain;share;loss_nats\na;9;p;1;5\n"}}),
              AllOf(HasSubstr("l.csv:1: cells are parted by ';'"), HasSubstr("tr ';' ','")));
  EXPECT_THAT(what_of({{"l.csv", "run;tokens;domain;share;loss_nats\na;9;p;1;5,25\n"}}),
              HasSubstr("sed 's/,/./g; s/;/,/g'"));
  EXPECT_THAT(what_of({{"l.csv", "run\ttokens\tdomain\tshare\tloss_nats\na\t9\tp\t1\t5\n"}}),
              AllOf(HasSubstr("l.csv:1: cells are parted by tabs"), HasSubstr("tr '\\t' ','")));
  EXPECT_THAT(what_of({{"l.csv", "run,tokens,loss/p\na,9,5\n"}, {"m.csv", "run;p\na;1\n"}},
                      {.mixtures = "m.csv"}),
              HasSubstr("m.csv:1: cells are parted by ';'"));
}

TEST(NearMiss, WritesCommandsThatCanBeTypedWhateverTheFileIsCalled) {
  EXPECT_THAT(
      what_of({{"my log.csv", "run;tokens;domain;share;loss_nats\na;9;p;1;5\n"}}),
      testing::MatchesRegex(".*tr ';' ',' < '.*/my log.csv' > '.*/my log.csv.commas.csv'`.*"));
}

TEST(NearMiss, NamesWhatIsNoText) {
  EXPECT_THAT(what_of({{"l.csv.gz", std::string("\x1f\x8b\x08\0\0\0", 6)}}),
              HasSubstr("l.csv.gz: the file is compressed by gzip"));
  EXPECT_THAT(what_of({{"l.csv", std::string("\xff\xfer\0u\0n\0", 8)}}), HasSubstr("iconv"));
  EXPECT_THAT(what_of({{"l.parquet", "PAR1...."}}, {.format = "csv-long"}), HasSubstr("Parquet"));
}

TEST(NearMiss, NamesUtf16WithoutAMarkAndZerosInText) {
  EXPECT_THAT(what_of({{"l.csv", std::string("r\0u\0n\0,\0a\0\n\0", 12)}}),
              AllOf(HasSubstr("the file is text in UTF-16"), HasSubstr("iconv -f UTF-16LE")));
  EXPECT_THAT(what_of({{"l.csv", std::string("run,a\0b\nx,1\n", 12)}}),
              HasSubstr("l.csv:1: the bytes are no UTF-8 text"));
}

TEST(NearMiss, NamesTheLineEndsOfOldMacs) {
  const std::string table = "run,tokens,domain,share,loss_nats\ra,9,p,1,5\r";
  EXPECT_EQ(test::what_of_remedied("l.csv", table), "no error");
  for (const test::Files& files :
       {test::Files{{"l.csv", table}},
        test::Files{{"l.csv", "run,tokens,loss/p\na,9,5\n"}, {"m.csv", "run,p\ra,1\r"}}})
    EXPECT_THAT(what_of(files, {.mixtures = files.size() > 1 ? "m.csv" : ""}),
                AllOf(HasSubstr(".csv:1: lines end in CR alone, as on old Macs"),
                      HasSubstr("tr '\\r' '\\n' < ")));
}

TEST(NearMiss, SaysWhereRelativeNamesStartAndHowFoldersAreNamed) {
  EXPECT_THAT(what_of({}, {.files = {"nofile.csv"}}),
              AllOf(HasSubstr("nofile.csv: no file has this name or pattern. Check the name; "
                              "relative ones start at /"),
                    Not(HasSubstr("campaign"))));
  EXPECT_THAT(what_of({{"logs/a.csv", "x"}}, {.files = {"logs"}}),
              AllOf(HasSubstr("logs: is a folder"), HasSubstr("/logs/*.csv'")));
  EXPECT_THAT(what_of({{"logs/a/b/t.json", "x"}}, {.files = {"logs"}}),
              HasSubstr("/logs/**/*.json'"));
}

TEST(NearMiss, ListsTheMetricsThatWereSeen) {
  const std::string table = "step,train/loss,eval/pile/dist\n100,5,5\n";
  EXPECT_THAT(what_of({{"l.csv", table}}),
              AllOf(HasSubstr("but for a column of an evaluation loss"),
                    HasSubstr("here are step, train/loss and eval/pile/dist"),
                    HasSubstr("--losses METRIC")));
  const LossLog log =
      test::read_texts({{"l.csv", table}, {"m.csv", "run,p\nl,1\n"}},
                       {.losses = {"eval/*/dist"}, .mixtures = "m.csv", .tokens_per_step = 1000});
  EXPECT_EQ(log.domains.eval.front(), "pile");
}

TEST(NearMiss, NamesAnAxisThatIsNone) {
  EXPECT_THAT(what_of({{"l.csv", "epoch,eval/web/loss\n1,5\n"}}),
              AllOf(HasSubstr("but for a column of steps or tokens"), HasSubstr("'epoch'")));
}

TEST(NearMiss, NamesTheColumnThatTellsTheRowsOfARunApart) {
  for (const char* axis : {"samples", "Epoch", "micro_step", "x", "progress"}) {
    const std::string table =
        fmt::format("run,{},eval/p/loss\na,1,5\nb,1,5.5\na,2,4\nb,2,4.5\n", axis);
    const test::Files files{{"l.csv", table}, {"m.csv", "run,p\na,1\nb,1\n"}};
    for (const std::int64_t tokens : {0, 1000})
      EXPECT_THAT(what_of(files, {.mixtures = "m.csv", .tokens = tokens}),
                  AllOf(HasSubstr("l.csv:1: run 'a' has several rows"),
                        HasSubstr(fmt::format("rename it to step", axis))))
          << axis;
  }
  for (const char* axis : {"opt_step", "n_iter"})
    EXPECT_EQ(what_of({{"l.csv", fmt::format("run,{},eval/p/loss\na,1,5\nb,1,5.5\na,2,4\n", axis)},
                       {"m.csv", "run,p\na,1\nb,1\n"}},
                      {.mixtures = "m.csv", .tokens_per_step = 1000}),
              "no error")
        << axis;
}

TEST(NearMiss, SaysHowToWriteJsonInLines) {
  EXPECT_THAT(what_of({{"l.json", "[{\"run\": 1}]"}}), HasSubstr("jq -c '.[]'"));
  EXPECT_THAT(what_of({{"l.log", "12:00 | INFO | valid | {\"valid_loss\": \"5\"}\n"}}),
              HasSubstr("sed -n 's/^[^{]*{/{/p'"));
  EXPECT_THAT(what_of({{"l.log", "[batch=1/2]:\n eval, loss: 5\n"}}),
              HasSubstr("no known format begins like this"));
  EXPECT_THAT(what_of({{"l.json", "{\n\"run\": 1\n}\n"}}), HasSubstr("jq -c . "));
}

TEST(NearMiss, MakesLinesOfJsonOfAnyShape) {
  if (std::system("jq --version > /dev/null") != 0) GTEST_SKIP() << "there is no jq";
  const std::string rows =
      "[{\"step\": 1, \"eval/p/loss\": 5, \"eval/q/loss\": 4},\n {\"step\": 2, \"eval/p/loss\": "
      "4}]";
  for (const std::string& text :
       {std::string("{\"step\": [1, 2], \"eval/p/loss\": [5, 4], \"seed\": 1}\n"),
        std::string("{\n \"step\": [1, 2],\n \"eval/p/loss\": [5, 4]\n}"), rows,
        "{\"history\": " + rows + "}", "{\n \"my logs\": " + rows + "\n}\n",
        std::string("{\"step\": {\"0\": 1, \"1\": 2}, \"eval/p/loss\": {\"0\": 5, \"1\": 4}}"),
        std::string("{\n \"step\": 1,\n \"eval/p/loss\": 5\n}\n{\n \"step\": 2\n}\n")}) {
    for (const char* name : {"l.json", "a log.jsonl"})
      EXPECT_THAT(test::what_of_remedied(name, text, {.tokens_per_step = 1000}),
                  HasSubstr("no domain has a share"))
          << text;
  }
}

TEST(NearMiss, MakesLinesOfAJsonTableOfMixtures) {
  const test::Files log{{"l.csv", "run,tokens,loss/p\na,9,5\n"}};
  for (const std::string& text :
       {std::string("{\n \"a\": {\n  \"p\": 1\n }\n}\n"), std::string("{\"a\": {\"p\": 1}}"),
        std::string("[\n {\"run\": \"a\", \"p\": 1}\n]"),
        std::string("{\"run\": [\"a\"], \"p\": [1]}\n")})
    EXPECT_THAT(what_of({log.front(), {"m.json", text}}, {.mixtures = "m.json"}),
                HasSubstr("`jq -c "))
        << text;
  EXPECT_EQ(
      what_of({log.front(), {"m.json", "{\"run\": \"a\", \"p\": 1}\n"}}, {.mixtures = "m.json"}),
      "no error");
}

TEST(NearMiss, NamesTrainerStateForWhatTheTrainerPrints) {
  for (const char* before : {"", "Loading\n", " 50%|##   | 5/10\n"})
    EXPECT_THAT(
        what_of({{"l.log", std::string(before) +
                               "{'eval_web_loss': 6.2, 'eval_runtime': 1.0, 'epoch': 0.12}\n"
                               "{'eval_code_loss': 3.7, 'eval_runtime': 1.0, 'epoch': 0.12}\n"}}),
        AllOf(HasSubstr("what Hugging Face's Trainer prints"), HasSubstr("Name trainer_state.json"),
              Not(HasSubstr("jq"))))
        << before;
}

TEST(NearMiss, TakesNoPrintedLinesForATable) {
  for (const char* separator : {" | ", " , ", "; ", "\t"}) {
    std::string text;
    for (int i = 1; i < 3; ++i)
      text += fmt::format(
          "Training epoch 0, iteration {1}/9{0}lr: 1e-4{0}global_step: {1}{0}val_loss: 4.{1}\n",
          separator, i);
    EXPECT_THAT(what_of({{"l.log", text}}),
                AllOf(HasSubstr("l.log:1: its lines are no table but text of no known format"),
                      HasSubstr("write a table with the columns"), Not(HasSubstr("parted by"))))
        << text;
  }
}

TEST(NearMiss, NamesAllThatIsMissingAtOnce) {
  EXPECT_THAT(what_of({{"l.csv", "tokens,dataset,share,loss\n9,p,1,5\n"}}),
              AllOf(HasSubstr("csv-long but for columns run, domain and loss_nats"),
                    HasSubstr("Add run, and rename 'dataset' to domain and 'loss' to loss_nats (in "
                              "nats a token), if they are that")));
  EXPECT_THAT(what_of({{"l.csv", "model,tokens,dataset,loss_nats\na,9,p,5\n"}}),
              HasSubstr("Rename 'model' to run and 'dataset' to domain, if they are that"));
  EXPECT_THAT(what_of({{"l.csv", "run,step,domain,loss\na,9,p,5\n"}}),
              HasSubstr("Rename 'loss' to loss_nats (in nats a token) and 'step' to steps, if"));
  EXPECT_THAT(what_of({{"l.csv", "run,step,split,domain,loss\na,400,val,web,6.2\n"}}),
              AllOf(HasSubstr("it would be run-table"), HasSubstr("say --losses all=loss")));
  for (const char* text :
       {"{\"step\": 4, \"split\": \"eval\", \"dataset\": \"web\", \"loss\": 6.2}\n",
        "{\"run\": \"a\", \"step\": 4, \"split\": \"eval\", \"dataset\": \"web\", \"loss\": 6.2}\n",
        "step,split,domain,loss\n400,val,web,6.2\n",
        "{\"global_step\": 4, \"optim/lr\": 0.1, \"optim/total_tokens\": 9, \"loss/out\": 3.1}\n",
        "global_step,optim/lr,optim/total_tokens,loss/out\n4,0.1,9,3.1\n"})
    EXPECT_THAT(what_of({{"l.log", text}}),
                HasSubstr("it would be run-table but for a column of an evaluation loss"))
        << text;
}

}  // namespace
}  // namespace bimix::replay
