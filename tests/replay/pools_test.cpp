// How many different tokens there were: columns, keys and tables of pools.
#include "replay/texts.hpp"

#include <bimix/replay/loss_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace bimix::replay {
namespace {

using test::read_texts;
using test::what_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr double endless = std::numeric_limits<double>::infinity();

const std::string long_log =
    "run,tokens,domain,share,loss_nats\n"
    "a,1000,web,0.5,3\na,1000,code,0.5,2\nb,1000,web,0.25,3.5\nb,1000,code,0.75,1.5\n";

TEST(PoolsOfLogs, StandInAColumnOfCsvLong) {
  const LossLog log = read_texts({{"l.csv",
                                   "run,tokens,domain,share,loss_nats,unique_tokens\n"
                                   "a,1000,web,0.5,3,3B\na,1000,code,0.5,2,none\nb,1000,web,0.25,3."
                                   "5,1e9\nb,1000,code,0.75,1.5,\n"}});
  ASSERT_THAT(log.runs, SizeIs(2));
  EXPECT_THAT(log.runs[0].unique_tokens, ElementsAre(3e9, endless));
  EXPECT_THAT(log.runs[1].unique_tokens, ElementsAre(1e9, 0.0)) << "blank is not known";
}

TEST(PoolsOfLogs, StandInColumnsOfCsvWideAndAKeyOfJsonLines) {
  const LossLog wide = read_texts({{"l.csv",
                                    "run,tokens,share/web,share/code,pool/web,loss/web\n"
                                    "a,1000,0.5,0.5,500,3\na,2000,0.5,0.5,500,2.5\n"}});
  EXPECT_THAT(wide.runs[0].unique_tokens, ElementsAre(500.0, 0.0));
  const LossLog lines = read_texts(
      {{"l.jsonl",
        R"({"run": "a", "tokens": 1000, "mixture": {"web": 0.5, "code": 0.5}, "unique_tokens": {"code": 500}, "loss_nats": {"web": 3}})"
        "\n"}});
  EXPECT_THAT(lines.runs[0].unique_tokens, ElementsAre(0.0, 500.0));
}

TEST(PoolsOfLogs, StandInATableOfTheirOwn) {
  const auto pools = [](const std::string& table) {
    const LossLog log = read_texts({{"l.csv", long_log}, {"p.csv", table}}, {.pools = "p.csv"});
    return std::pair(log.runs[0].unique_tokens, log.runs[1].unique_tokens);
  };
  const auto same = pools("domain,unique_tokens\nweb,3B\ncode,200M\n");
  EXPECT_THAT(same.first, ElementsAre(3e9, 2e8));
  EXPECT_EQ(same.first, same.second);
  const auto by_run = pools("run,domain,unique_tokens\na,web,3B\nb,web,5\n");
  EXPECT_THAT(by_run.first, ElementsAre(3e9, 0.0));
  EXPECT_THAT(by_run.second, ElementsAre(5.0, 0.0));
  EXPECT_THAT(pools("web,code\n3B,none\n").second, ElementsAre(3e9, endless));
}

TEST(PoolsOfLogs, AreRefusedWhereTheyContradictOrNameNoDomain) {
  const auto refusal = [](const std::string& table) {
    return what_of({{"l.csv", long_log}, {"p.csv", table}}, {.pools = "p.csv"});
  };
  EXPECT_THAT(refusal("domain,unique_tokens\nweb,3B\nweb,4B\n"),
              HasSubstr("p.csv:3: the pool of 'web' is 4000000000 tokens here (3000000000 at"));
  EXPECT_THAT(refusal("domain,unique_tokens\nwep,3B\n"),
              testing::AllOf(HasSubstr("a pool of 'wep', which is no training domain"),
                             HasSubstr("Did you mean 'web'")));
  EXPECT_THAT(
      refusal("run,domain,unique_tokens\na,web,3B\nbb,web,3B\n"),
      testing::AllOf(HasSubstr("p.csv:3: there is a pool of run 'bb', which the logs do not"),
                     HasSubstr("Did you mean 'b'")));
  EXPECT_THAT(refusal("domain,pool\nweb,3B\n"), HasSubstr("no column unique_tokens"));
  EXPECT_THAT(refusal("domain,unique_tokens\nweb,0\n"), HasSubstr("at least"));
  EXPECT_THAT(refusal("domain,unique_tokens\nweb,-3\n"), HasSubstr("p.csv:2"));
  EXPECT_THAT(refusal("domain,unique_tokens\nweb,nan\n"), HasSubstr("p.csv:2"));
}

// 229 runs of one domain: size, tokens, pool and loss, and no names of runs.
TEST(PoolsOfLogs, TellRunsOnOneDomainApart) {
  const std::string table =
      "parameters,tokens,unique_tokens,loss\n1e6,100,100,5\n1e6,400,100,4\n1e6,400,400,3.5\n";
  const LossLog log = read_texts({{"runs.csv", table}}, {.losses = {"loss"}, .domains = {"text"}});
  EXPECT_THAT(log.domains.train, ElementsAre("text"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0));
  ASSERT_THAT(log.runs, SizeIs(3));
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(1.0));
  EXPECT_THAT(log.runs[1].unique_tokens, ElementsAre(100.0));
  EXPECT_THAT(log.runs[2].unique_tokens, ElementsAre(400.0));
  EXPECT_THAT(what_of({{"runs.csv", table}}, {.losses = {"loss"}}), HasSubstr("--domains NAME"));
}

TEST(PoolsOfLogs, OfSeveralDomainsAreNotOneNumber) {
  EXPECT_THAT(what_of({{"l.csv",
                        "run,step,share_web,share_code,unique_tokens,eval/web/loss\n"
                        "a,1,0.5,0.5,100,3\na,2,0.5,0.5,100,2\n"}},
                      {.tokens_per_step = 10}),
              HasSubstr("one pool is given for several domains"));
}

TEST(PoolsOfLogs, AreNotKnownWhereNothingSaysThem) {
  EXPECT_THAT(read_texts({{"l.csv", long_log}}).runs[0].unique_tokens, IsEmpty());
}

}  // namespace
}  // namespace bimix::replay
