#include <bimix/run/health.hpp>
#include <bimix/run/job_end.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::run {
namespace {

using testing::HasSubstr;
using Kind = Finding::Kind;

RankFacts rank_on(const std::string& host, std::vector<int> processors) {
  return {.host = host,
          .processors = std::move(processors),
          .isa = proxy::Isa::avx2,
          .memory_mib = 8000};
}

const FolderFacts good_folder{
    .path = "/runs", .file_system = "ext4", .sync_milliseconds = 2, .free_mib = 9000};

Finding about(const std::string& subject, const std::vector<RankFacts>& ranks,
              const FolderFacts& folder = good_folder) {
  for (const Finding& finding : findings(ranks, folder))
    if (finding.subject == subject) return finding;
  return {.subject = "none"};
}

TEST(Findings, AreFineWhereEachRankHasItsProcessor) {
  for (const Finding& finding : findings({rank_on("a", {0}), rank_on("a", {1})}, good_folder))
    EXPECT_EQ(finding.kind, Kind::fine) << finding.subject << ": " << finding.text;
}

TEST(Findings, SeeRanksThatShareAProcessor) {
  const Finding found = about("processors", {rank_on("a", {0, 1}), rank_on("b", {3}),
                                             rank_on("b", {3}), rank_on("c", {0, 1})});
  EXPECT_EQ(found.kind, Kind::bad);
  EXPECT_THAT(found.text, HasSubstr("1 for 2 ranks on b"));
  EXPECT_THAT(found.remedy, HasSubstr("--bind-to core"));
}

TEST(Findings, SeeIdleProcessors) {
  const Finding found = about("processors", {rank_on("a", {0, 1, 2, 3})});
  EXPECT_EQ(found.kind, Kind::note);
  EXPECT_THAT(found.remedy, HasSubstr("threads_per_trial"));
}

TEST(Findings, NameTheInstructionsThatAllHave) {
  RankFacts newer = rank_on("new", {0});
  newer.isa = proxy::Isa::avx512;
  const Finding found = about("instructions", {newer, rank_on("old", {0})});
  EXPECT_EQ(found.kind, Kind::bad);
  EXPECT_THAT(found.remedy, HasSubstr("isa: avx2"));
}

TEST(Findings, DivideTheMemoryOfAHost) {
  EXPECT_EQ(about("memory", {rank_on("a", {0}), rank_on("b", {0})}).kind, Kind::fine);
  const std::vector<RankFacts> crowd(16, rank_on("b", {0}));
  EXPECT_THAT(about("memory", crowd).text, HasSubstr("500 MiB free a rank on b"));
  EXPECT_EQ(about("memory", crowd).kind, Kind::note);
}

TEST(Findings, TellWhatAFolderWithoutLocksMeans) {
  FolderFacts folder = good_folder;
  folder.kernel_locks = false;
  EXPECT_EQ(about("folder", {rank_on("a", {0})}, folder).kind, Kind::note);
  EXPECT_THAT(about("folder", {rank_on("a", {0})}, folder).remedy, HasSubstr("--take-over"));
}

TEST(Findings, SeeAFolderThatIsNoPlaceForRuns) {
  FolderFacts folder = good_folder;
  RankFacts blind = rank_on("b", {0});
  blind.sees_folder = false;
  EXPECT_EQ(about("sharing", {rank_on("a", {0}), blind}).kind, Kind::bad);
  folder.free_mib = 10;
  EXPECT_EQ(about("space", {rank_on("a", {0})}, folder).kind, Kind::note);
  folder.problem = "cannot be locked";
  EXPECT_EQ(about("folder", {rank_on("a", {0})}, folder).kind, Kind::bad);
}

TEST(RankFacts, TravelsAsJson) {
  const RankFacts facts = rank_on("a", {0, 7});
  EXPECT_EQ(to_json(rank_facts_from(to_json(facts))), to_json(facts));
}

}  // namespace
}  // namespace bimix::run
