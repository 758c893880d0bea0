#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/run/run_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::run {
namespace {

using test::bytes_of;
using test::TempFolder;
using testing::HasSubstr;

std::string campaign_of(const std::string& volumes) {
  return "name: tiny\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\ndesign:\n  mixtures: [{preset: "
         "[default]}]\n  volumes: {values: [" +
         volumes + "]}\nsource: {command: {run: [\"true\"]}}\n";
}

RunFolder opened(const TempFolder& folder, const std::string& text) {
  return {folder / "run",
          text,
          config::resolved_yaml(config::parse_campaign(text, "tiny.yaml")),
          {},
          RunLimits()};
}

data::TrialResult some_result() {
  data::TrialResult result;
  result.id = "aa";
  result.curve = {{1000, 1, {1.0, 2.0}}};
  return result;
}

// A kill between any two files of a folder's birth: the same command goes on.
TEST(RunFolder, GoesOnFromEveryMomentOfItsBirth) {
  const TempFolder folder;
  const std::string text = campaign_of("1K");
  { opened(folder, text); }  // locked, nothing written
  { opened(folder, text).begin(); }
  const std::string resolved = bytes_of(folder / "run/resolved.yaml");
  for (const auto& [campaign, other] : {std::pair(false, true), {true, true}, {true, false}}) {
    std::filesystem::remove_all(folder / "run");
    std::filesystem::create_directories(folder / "run");
    if (campaign) folder.write("run/campaign.yaml", text);  // of an older version if alone
    if (other) folder.write("run/resolved.yaml", resolved);
    opened(folder, text).begin();
    EXPECT_TRUE(store::read_journal(folder / "run").header);
    EXPECT_EQ(bytes_of(folder / "run/campaign.yaml"), text);
  }
}

TEST(RunFolder, LeavesFilesOfOthersAlone) {
  for (const char* name : {"campaign.yaml", "results.h5", "status.json"}) {
    const TempFolder folder;
    std::filesystem::create_directories(folder / "run");
    folder.write(std::string("run/") + name, "of somebody else");
    EXPECT_THROW(opened(folder, campaign_of("1K")), core::DataError) << name;
    EXPECT_EQ(bytes_of(folder / "run" / name), "of somebody else");
  }
}

// A campaign that was corrected before its first trial ended. Killed before its header is written,
// the folder is still one with a journal.
TEST(RunFolder, WithoutResultsBeginsAnewInOneStep) {
  const TempFolder folder;
  { opened(folder, campaign_of("1K")).begin(); }
  folder.write("run/status.json", "{}");
  const std::string before = bytes_of(store::journal_path(folder / "run"));
  { opened(folder, campaign_of("2K")); }  // killed before it begins
  EXPECT_EQ(bytes_of(store::journal_path(folder / "run")), before);
  { opened(folder, campaign_of("2K")).begin(); }
  EXPECT_NE(bytes_of(store::journal_path(folder / "run")), before);
  {
    RunFolder begun = opened(folder, campaign_of("2K"));
    begun.journal().append_results({some_result()});
  }
  EXPECT_THROW(opened(folder, campaign_of("1K")), core::DataError) << "now it holds something";
}

TEST(RunFolder, RefusesWildNumbersBeforeTheyAreUsed) {
  const TempFolder folder;
  {
    RunFolder run = opened(folder, campaign_of("1K"));
    run.begin();
    run.journal().append_plan(
        {{.id = "aa", .mixture_id = -1, .mixture = {0.5, 0.5}, .tokens = {1000}}});
  }
  const auto what = [](const auto& action) -> std::string {
    try {
      action();
    } catch (const core::DataError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(what([&] { opened(folder, campaign_of("1K")); }), HasSubstr("mixture_id: -1"));
  EXPECT_THAT(what([&] { load_run(folder / "run"); }), HasSubstr("mixture_id: -1"));
}

TEST(TrainingDifference, IsOfWhatTrialsDependOnAndOfNothingElse) {
  const auto campaign = [](const std::string& text) {
    return config::parse_campaign(text, "tiny.yaml");
  };
  const std::string text = campaign_of("1K");
  std::string patient = text;
  patient.replace(patient.find("run: ["), 6, "timeout: 6h, per_node: 1, retries: 5, run: [");
  EXPECT_FALSE(training_difference(campaign(text), campaign(patient + "check: {repeats: 7}\n")));
  EXPECT_TRUE(training_difference(campaign(text), campaign(campaign_of("2K"))));
}

}  // namespace
}  // namespace bimix::run
