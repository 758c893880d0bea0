// A file of no known format: which one it nearly is, and what would make it readable.
#include "replay/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix {
namespace {

using test::what_of;
using testing::AllOf;
using testing::HasSubstr;

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

TEST(NearMiss, SaysHowToWriteJsonInLines) {
  EXPECT_THAT(what_of({{"l.json", "[{\"run\": 1}]"}}), HasSubstr("jq -c '.[]'"));
  EXPECT_THAT(what_of({{"l.log", "12:00 | INFO | valid | {\"valid_loss\": \"5\"}\n"}}),
              HasSubstr("sed -n 's/^[^{]*{/{/p'"));
  EXPECT_THAT(what_of({{"l.log", "[batch=1/2]:\n eval, loss: 5\n"}}),
              HasSubstr("no known format begins like this"));
  EXPECT_THAT(what_of({{"l.json", "{\n\"run\": 1\n}\n"}}), HasSubstr("jq -c . "));
}

}  // namespace
}  // namespace bimix
