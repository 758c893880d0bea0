#include "end_to_end/campaign_text.hpp"
#include "support/token_shards.hpp"

#include <bimix/store/results.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace bimix {
namespace {

using test::bimix;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> real_differences(const std::string& a, const std::string& b) {
  return store::differences(a + "/results.h5", b + "/results.h5", store::timing_paths());
}

TEST(Training, GivesTheSameBitsAt1And2And3Ranks) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  for (int ranks = 1; ranks <= 3; ++ranks) {
    const auto run = bimix("run " + campaign + " -o " + (folder / std::to_string(ranks)), ranks);
    ASSERT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("Verdict:"));
  }
  EXPECT_THAT(real_differences(folder / "1", folder / "2"), IsEmpty());
  EXPECT_THAT(real_differences(folder / "1", folder / "3"), IsEmpty());
  EXPECT_EQ(bimix("verify " + (folder / "2")).exit_code, 0);

  const auto history =
      bimix("report " + (folder / "1") + " " + (folder / "2") + " " + (folder / "nowhere"), 2);
  EXPECT_EQ(history.exit_code, 0) << history.output;
  EXPECT_THAT(history.output, HasSubstr("Of 2 checks with repeats"));
  EXPECT_THAT(history.output, HasSubstr("Without a finished check: " + (folder / "nowhere")));
  EXPECT_EQ(bimix("report " + (folder / "nowhere") + " " + (folder / "else")).exit_code, 3);
  EXPECT_EQ(bimix("report " + (folder / "1") + " " + (folder / "2") + " -o x.html").exit_code, 2);
}

TEST(Utilities, AreMadeByOneCampaignAndUsedByTheNext) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  std::string text = test::bytes_of(campaign);
  const std::string presets = "[default, uniform]";
  text.replace(text.find(presets), presets.size(), "[default, deletions]");
  text.replace(text.find("check: {repeats: 2}"), 19, "check: {enabled: false}");
  test::write_text(folder / "before.yaml", text);
  const std::string run = folder / "before", table = folder / "utilities.csv";
  ASSERT_EQ(bimix("run " + (folder / "before.yaml") + " -o " + run).exit_code, 0);
  ASSERT_EQ(bimix("export " + run + " --to utilities -o " + table).exit_code, 0);
  EXPECT_THAT(test::bytes_of(table), HasSubstr("words,words,1,"));
  text.replace(text.find("[default, deletions]"), 20, "[utilimax]");
  text.replace(text.find("design:\n"), 8, "design:\n  utilities: utilities.csv\n");
  test::write_text(folder / "next.yaml", text);
  const auto planned = bimix("plan " + (folder / "next.yaml"));
  EXPECT_EQ(planned.exit_code, 0) << planned.output;
  EXPECT_THAT(planned.output, HasSubstr("utilimax"));
  text.replace(text.find("  utilities: utilities.csv\n"), 27, "");
  test::write_text(folder / "without.yaml", text);
  const auto refused = bimix("plan " + (folder / "without.yaml"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("utilities: FILE"));
}

// Stopped in the middle where two ranks shared each trial, finished by ranks of their own.
TEST(Training, GivesTheSameBitsWhereRanksShareATrial) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  ASSERT_EQ(bimix("run " + campaign + " -o " + (folder / "alone")).exit_code, 0);
  std::string text = test::bytes_of(campaign);
  text.replace(text.find("batch: 8"), 8, "batch: 8, ranks_per_trial: 2");
  const std::string shared = folder / "shared.yaml";
  test::write_text(shared, text);
  const auto run = bimix("run " + shared + " -o " + (folder / "shared"), 2);
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(real_differences(folder / "alone", folder / "shared"), IsEmpty());

  const auto limited = bimix("run " + shared + " --walltime 1s -o " + (folder / "mixed"), 2);
  EXPECT_THAT(limited.exit_code, testing::AnyOf(75, 0)) << limited.output;
  const auto resumed = bimix("run " + campaign + " -o " + (folder / "mixed"), 3);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(real_differences(folder / "alone", folder / "mixed"), IsEmpty());

  const auto refused = bimix("run " + shared + " -o " + (folder / "odd"), 3);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("3 ranks make no groups of 2"));
}

TEST(Training, EndsTheSameAfterAStopAndAResume) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  ASSERT_EQ(bimix("run " + campaign + " -o " + (folder / "whole")).exit_code, 0);

  // Stopped by a signal as soon as the journal holds its plan, then killed outright after a trial.
  const std::string run = folder / "broken";
  const auto start_and_wait_for = [&](const std::string& kind) {
    return BIMIX_PROGRAM " run " + campaign + " -o " + run + " & pid=$!; " +
           test::wait_until(
               "grep -q '\"kind\":\"" + kind + "\"' " + run + "/journal.ndjson 2>/dev/null",
               "the journal has a " + kind);
  };
  const auto stopped = test::shell(start_and_wait_for("plan") + "kill -USR1 $pid; wait $pid");
  EXPECT_EQ(stopped.exit_code, 75) << stopped.output;
  test::shell(start_and_wait_for("trial") + "kill -KILL $pid; wait $pid");
  const auto resumed = bimix("run " + campaign + " -o " + run, 2);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("Resuming"));
  EXPECT_THAT(real_differences(folder / "whole", run), IsEmpty());
}

std::string with(const std::string& campaign, const std::string& piece,
                 const std::string& replacement, const std::string& path) {
  std::string text = test::bytes_of(campaign);
  text.replace(text.find(piece), piece.size(), replacement);
  test::write_text(path, text);
  return path;
}

/// The tiny campaign with other volumes, and other things under source.proxy.
std::string with_volumes(const TemporaryFolder& folder, const std::string& volumes,
                         const std::string& proxy = "") {
  const std::string path = folder / "volumes.yaml";
  with(write_tiny_campaign(folder), "{from: 1K, to: 16K, count: 4}", volumes, path);
  return with(path, "warmup_steps: 2", "warmup_steps: 2" + proxy, path);
}

// Whatever is done twice, the bits are those of the whole campaign in a folder of its own.
TEST(Extend, TrainsLargerVolumesFromTheModelsThatWereKept) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  const auto extend = [&](const std::string& volumes) {
    const std::string campaign = with_volumes(folder, volumes);
    const auto extended = bimix("run " + campaign + " --extend -o " + run, 2);
    EXPECT_EQ(extended.exit_code, 0) << extended.output;
    const std::string whole = folder / ("whole" + std::to_string(volumes.size()));
    EXPECT_EQ(bimix("run " + campaign + " -o " + whole).exit_code, 0);
    EXPECT_THAT(real_differences(whole, run), IsEmpty());
    EXPECT_EQ(bimix("verify " + run).exit_code, 0);
    return extended.output;
  };
  extend("{values: [2K, 4K]}");
  EXPECT_THAT(extend("{values: [2K, 4K, 8K]}"),
              HasSubstr("6 trials get more volumes: 6 go on from the models they ended with, 0"));
  EXPECT_THAT(extend("{values: [1K, 2K, 4K, 8K]}"), HasSubstr("0 go on from the models they ended "
                                                              "with, 6 begin anew"));
  const std::string largest = "{values: [1K, 2K, 4K, 8K, 12K]}";
  EXPECT_THAT(bimix("plan " + with_volumes(folder, largest) + " -o " + run).output,
              HasSubstr("kept (keep_models: auto)"));
  std::filesystem::remove_all(run + "/models");
  EXPECT_THAT(extend(largest), HasSubstr("6 begin anew"));
  EXPECT_THAT(bimix("status " + run).output, HasSubstr("10 of 10 done"));

  const std::string other = with_volumes(folder, "{values: [1K, 2K, 4K, 12K, 16K]}");
  const auto dropped = bimix("run " + other + " --extend -o " + run);
  EXPECT_EQ(dropped.exit_code, 3);
  EXPECT_THAT(dropped.output, HasSubstr("`values: [1024, 2048, 4096, 7936, 12032]`"));
}

TEST(Extend, StoppedInTheMiddleResumes) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run " + with_volumes(folder, "{values: [1K, 2K]}") + " -o " + run).exit_code, 0);
  const std::string grown = with_volumes(folder, "{values: [1K, 2K, 64K]}");
  const auto stopped = bimix("run " + grown + " --extend --walltime 1s -o " + run);
  EXPECT_THAT(stopped.exit_code, testing::AnyOf(75, 0)) << stopped.output;
  EXPECT_EQ(bimix("run " + grown + " -o " + run, 2).exit_code, 0);
  ASSERT_EQ(bimix("run " + grown + " -o " + (folder / "whole")).exit_code, 0);
  EXPECT_THAT(real_differences(folder / "whole", run), IsEmpty());
}

TEST(Extend, GoesOnAlongTheTrunkOfADecayingSchedule) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  const std::string small = with_volumes(folder, "{axis: independent, values: [2K, 4K]}",
                                         ", schedule: wsd, ranks_per_trial: 2");
  ASSERT_EQ(bimix("run " + small + " -o " + run, 2).exit_code, 0);
  const std::string large =
      with_volumes(folder, "{axis: independent, values: [2K, 4K, 16K]}", ", schedule: wsd");
  const auto extended = bimix("run " + large + " --extend -o " + run);
  EXPECT_THAT(extended.output, HasSubstr("6 go on from the models they ended with, 0 begin anew"));
  ASSERT_EQ(bimix("run " + large + " -o " + (folder / "whole")).exit_code, 0);
  EXPECT_THAT(real_differences(folder / "whole", run), IsEmpty());
}

TEST(Extend, WithoutKeptModelsSaysWhatItCosts) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  const std::string small = with_volumes(folder, "{values: [1K, 2K]}", ", keep_models: never");
  ASSERT_EQ(bimix("run " + small + " -o " + run).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(run + "/models"));
  const std::string large = with_volumes(folder, "{values: [1K, 2K, 4K]}");
  EXPECT_THAT(bimix("run " + large + " --extend -o " + run).output, HasSubstr("6 begin anew"));
}

/// Makes the texts of the tiny campaign shards of uint16, of each known kind, in the same files.
/// @return the path of the campaign that says so
std::string write_shards(const TemporaryFolder& folder, const std::string& campaign,
                         int vocabulary) {
  for (const std::string domain : {"words/", "sums/"})
    for (const char* name : {"0.txt", "1.txt", "2.txt", "3.txt"}) {
      const std::string path = folder / (domain + name), text = test::bytes_of(path);
      const std::string header = name[0] == '1' ? test::npy_row("<u2", text.size())
                                 : name[0] == '2'
                                     ? test::llmc_header(20240520, 1, static_cast<int>(text.size()))
                                     : "";
      test::write_text(path, header + test::widened<std::uint16_t>(text));
    }
  std::string text = test::bytes_of(campaign);
  text.replace(text.find("layers: 1"), 9, "layers: 1, vocabulary: " + std::to_string(vocabulary));
  test::write_text(folder / "shards.yaml", "tokens: uint16\n" + text);
  return folder / "shards.yaml";
}

TEST(Shards, GiveTheSameBitsAt1And2RanksAndAsTheirBytes) {
  const TemporaryFolder folder;
  const std::string bytes = write_tiny_campaign(folder);
  // An automatic split would cut bytes at a line end, and tokens wherever they are.
  std::string text = test::bytes_of(bytes);
  for (const std::string domain : {"words", "sums"}) {
    const std::string all = (folder / domain) + "/*.txt\"";
    text.replace(text.find(all), all.size(),
                 (folder / domain) + "/[0-2].txt\", eval: \"" + (folder / domain) + "/3.txt\"");
  }
  test::write_text(bytes, text);
  ASSERT_EQ(bimix("run " + bytes + " -o " + (folder / "bytes")).exit_code, 0);
  const std::string shards = write_shards(folder, bytes, 256);
  for (int ranks = 1; ranks <= 2; ++ranks) {
    const auto run = bimix("run " + shards + " -o " + (folder / std::to_string(ranks)), ranks);
    ASSERT_EQ(run.exit_code, 0) << run.output;
  }
  EXPECT_THAT(real_differences(folder / "1", folder / "2"), IsEmpty());
  EXPECT_EQ(bimix("verify " + (folder / "2")).exit_code, 0);
  // Losses, law, entropies and optimum; only what names the trials and their texts is another, and
  // of tokens it is not known how many bytes they stand for.
  for (const std::string& path : real_differences(folder / "1", folder / "bytes"))
    EXPECT_THAT(path,
                testing::AnyOf(HasSubstr("/trial"), HasSubstr("embedding"), HasSubstr("per_")))
        << path;
}

TEST(Shards, WithATokenOutOfRangeAreRefused) {
  const TemporaryFolder folder;
  const std::string shards = write_shards(folder, write_tiny_campaign(folder), 110);
  const auto run = bimix("run " + shards + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 3) << run.output;
  EXPECT_THAT(run.output, testing::AllOf(HasSubstr("words/0.txt: token "),
                                         HasSubstr("below the vocabulary of 110"),
                                         HasSubstr("Raise proxy.vocabulary")));
}

TEST(Stop, EndsALongFitAtOnce) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  test::replace_in(campaign, "bootstrap: 20", "bootstrap: 1000000");
  // The journal's last trial has come, so the fit goes on; unhindered it would take a minute.
  const auto stopped = test::shell(
      BIMIX_PROGRAM " run " + campaign + " -o " + (folder / "run") + " > /dev/null & pid=$!; " +
      test::wait_until(
          "grep -q '\"stage\": *\"fit\"' " + (folder / "run") + "/status.json 2>/dev/null",
          "the fit has begun") +
      "sleep 0.2; kill -TERM $pid; wait $pid");
  EXPECT_EQ(stopped.exit_code, 75) << stopped.output;
}

TEST(Resume, DropsATornLastLineAndRepeatsThatTrial) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder, "");
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
  std::filesystem::copy(run, folder / "torn");
  const std::string journal = test::bytes_of(run + "/journal.ndjson");
  const std::size_t trial = journal.find("\"kind\":\"trial\"");
  ASSERT_NE(trial, std::string::npos);
  test::write_text(folder / "torn/journal.ndjson", journal.substr(0, trial + 100));
  const auto resumed = bimix("run " + campaign + " -o " + (folder / "torn"));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("torn"));
  EXPECT_THAT(real_differences(run, folder / "torn"), IsEmpty());
}

TEST(Resume, RefusesAnotherCampaignAndChangedTexts) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder, "");
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
  std::string before = test::bytes_of(run + "/journal.ndjson");

  std::string text = test::bytes_of(campaign);
  text.replace(text.find("seed: 3"), 7, "seed: 4");
  test::write_text(folder / "other.yaml", text);
  const auto other = bimix("run " + (folder / "other.yaml") + " -o " + run);
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_THAT(other.output, testing::AllOf(HasSubstr("- seed: 3"), HasSubstr("+ seed: 4")));

  // The same groups of mixtures, in another order, are called that.
  const std::string preset = "{preset: [default, uniform]}",
                    lattice = "{simplex: {step: 0.25, floor: 0.1}}";
  std::string swapped = test::bytes_of(campaign);
  swapped.replace(swapped.find(preset), preset.size() + 2 + lattice.size(),
                  lattice + ", " + preset);
  test::write_text(folder / "swapped.yaml", swapped);
  EXPECT_THAT(bimix("run " + (folder / "swapped.yaml") + " -o " + run).output,
              HasSubstr("lists the groups of design.mixtures in another order"));

  // Another question to the same trials is none of that: they are kept, the answer is new.
  text.replace(text.find("seed: 4"), 7, "seed: 3");
  text.replace(text.find("bootstrap: 20"), 13, "bootstrap: 30");
  test::write_text(folder / "asked_again.yaml", text);
  const auto asked = bimix("run " + (folder / "asked_again.yaml") + " -o " + run);
  EXPECT_EQ(asked.exit_code, 0) << asked.output;
  EXPECT_THAT(asked.output, testing::Not(HasSubstr("Running the trials")));
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
  before = test::bytes_of(run + "/journal.ndjson");

  test::write_text(folder / "sums/0.txt", std::string(6000, '7'));
  const auto changed = bimix("run " + (folder / "asked_again.yaml") + " -o " + run);
  EXPECT_EQ(changed.exit_code, 3);
  EXPECT_THAT(changed.output, HasSubstr("the data of sums changed"));
  EXPECT_EQ(test::bytes_of(run + "/journal.ndjson"), before) << "a refusal must not write";
}

TEST(Run, KeepsItsHandsOffOtherPeoplesFiles) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  test::write_text(folder / "mine/results.h5", "precious");
  const auto run = bimix("run " + campaign + " -o " + (folder / "mine"));
  EXPECT_EQ(run.exit_code, 3) << run.output;
  EXPECT_EQ(test::bytes_of(folder / "mine/results.h5"), "precious");
}

TEST(Run, SeesImpossibleLimitsBeforeItTrains) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder, "optimize: {cap: {words: 0.05}}\n");
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"));
  EXPECT_EQ(run.exit_code, 2) << run.output;
  EXPECT_THAT(run.output, testing::Not(HasSubstr("Running the trials")));
  // Nothing was trained, so the corrected campaign may have the folder.
  const std::string corrected = write_tiny_campaign(folder, "optimize: {cap: {words: 0.5}}\n");
  EXPECT_EQ(bimix("run " + corrected + " -o " + (folder / "run")).exit_code, 0);
}

TEST(Run, SeesTooFewMixturesBeforeItTrains) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  std::string text = test::bytes_of(campaign);
  const std::string design =
      "mixtures: [{preset: [default, uniform]}, {simplex: {step: 0.25, floor: 0.1}}]";
  text.replace(text.find(design), design.size(), "mixtures: [{preset: [default]}]");
  test::write_text(campaign, text);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 4) << run.output;
  EXPECT_THAT(run.output, testing::AllOf(HasSubstr("cannot be told from one mixture"),
                                         testing::Not(HasSubstr("Running the trials"))));
}

TEST(Run, SaysBeforeItTrainsThatTheEpochsWillHaveToBeRaised) {
  const TemporaryFolder folder;
  std::string campaign = write_tiny_campaign(folder, "optimize: {tokens: 1M, max_epochs: 4}\n");
  std::string text = test::bytes_of(campaign);
  for (const char* share : {"share: 0.6", "share: 0.4"})
    text.replace(text.find(share), 10, std::string(share) + ", unique_tokens: auto");
  test::write_text(campaign, text);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"));
  EXPECT_EQ(run.exit_code, 0) << run.output;
  const std::size_t said = run.output.find("it will be raised to"),
                    trains = run.output.find("Running the trials");
  EXPECT_LT(said, trains) << run.output;
  EXPECT_THAT(run.output,
              testing::AllOf(HasSubstr("Take care"), HasSubstr("repeats 4 times at most")));
}

TEST(Resume, PutsBackALostText) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
  std::filesystem::remove(run + "/resolved.yaml");
  EXPECT_EQ(bimix("run " + campaign + " -o " + run).exit_code, 0);
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
}

TEST(Resume, RefusesASecondWriter) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  const std::string run = folder / "run";
  // The first writer is halted in the middle of its work, as a hanging node would be.
  const auto both =
      test::shell(BIMIX_PROGRAM " run " + campaign + " -o " + run + " & first=$!; " +
                  test::wait_until("[ -s " + run + "/journal.ndjson ]", "there is a journal") +
                  "kill -STOP $first; " BIMIX_PROGRAM " run " + campaign + " -o " + run +
                  "; code=$?; kill -KILL $first; exit $code");
  EXPECT_EQ(both.exit_code, 3) << both.output;
  EXPECT_THAT(both.output, HasSubstr("is being written by"));
}

TEST(BadText, IsNamed) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  const std::string run = folder / "run";
  const auto expect = [&](const std::string& problem) {
    const auto ended = bimix("run " + campaign + " -o " + run, 2);
    EXPECT_EQ(ended.exit_code, 3) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(problem));
  };
  test::write_text(folder / "sums/0.txt", "");
  expect("sums/0.txt");
  std::filesystem::remove_all(folder / "sums");
  expect("sums");
  test::write_text(folder / "sums/0.txt", "short\n");
  expect("sums");
  test::write_text(folder / "sums/0.txt", std::string(20, 'x') + "\n");
  expect("sums");
}

TEST(FullDisk, EndsWithAnErrorAndLosesNothing) {
  const TemporaryFolder folder;
  const std::string campaign = write_tiny_campaign(folder);
  const std::string run = folder / "run";
  // A limit of 4 KiB (8 blocks of 512 bytes) a file stands for the full disk.
  const auto on_full_disk = [&](const std::string& arguments) {
    return test::shell("(ulimit -f 8; exec " BIMIX_PROGRAM " " + arguments + ")");
  };
  const auto unprepared = on_full_disk("prepare " + campaign + " -o " + run);
  EXPECT_EQ(unprepared.exit_code, 3) << unprepared.output;
  EXPECT_THAT(unprepared.output, AllOf(HasSubstr("/prepared/"), HasSubstr("Make room")));
  ASSERT_EQ(bimix("prepare " + campaign + " -o " + run).exit_code, 0);
  // The journal hits it with its plan or its first trials.
  const auto full = on_full_disk("run " + campaign + " -o " + run);
  EXPECT_EQ(full.exit_code, 3) << full.output;
  EXPECT_THAT(full.output, HasSubstr("journal.ndjson"));
  const auto resumed = bimix("run " + campaign + " -o " + run);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
  ASSERT_EQ(bimix("run " + campaign + " -o " + (folder / "whole")).exit_code, 0);
  EXPECT_THAT(real_differences(folder / "whole", run), IsEmpty());
}

}  // namespace
}  // namespace bimix
