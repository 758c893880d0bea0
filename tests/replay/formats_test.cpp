// What is particular to each foreign format; what they share is in contract_test.cpp.
#include "replay/metrics.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/replay/loss_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix {
namespace {

using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::NanSensitiveDoubleEq;
using testing::SizeIs;

const std::filesystem::path samples = std::filesystem::path(BIMIX_SOURCE_DIR) / "tests/samples";

LossLog read_samples(ReplayOptions options) {
  options.base = samples;
  return read_logs(options);
}

/// Files and their contents, read together.
using Files = std::vector<std::pair<std::string, std::string>>;

LossLog read_texts(const Files& files, ReplayOptions options = {}) {
  const TempFolder folder;
  for (const auto& [name, text] : files) {
    std::filesystem::create_directories((folder / name).parent_path());
    folder.write(name, text);
    if (name != options.mixtures) options.files.push_back(name);
  }
  options.base = folder.path();
  return read_logs(options);
}

std::string what_of(const Files& files, const ReplayOptions& options = {}) {
  try {
    read_texts(files, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(RegMix, JoinsMixturesAndLossesByIndex) {
  const LossLog log = read_samples(
      {.files = {"regmix_losses.csv", "regmix_mixtures.csv"}, .tokens = 1'000'000'000});
  EXPECT_THAT(log.formats, ElementsAre("regmix"));
  EXPECT_THAT(log.domains.train, ElementsAre("prose", "code", "rare"));
  EXPECT_THAT(log.domains.eval, ElementsAre("prose", "code"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1));
  EXPECT_THAT(log.volumes, ElementsAre(1'000'000'000));
  ASSERT_THAT(log.runs, SizeIs(2));
  EXPECT_EQ(log.runs[1].run, "2");
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.25, 0.0, 0.75));
  EXPECT_THAT(log.runs[1].points[0].loss_nats, ElementsAre(4.5, 6.5));
  EXPECT_THAT(log.notes, ElementsAre("no evaluation set has the name of training domain 'rare'"));
}

TEST(RegMix, WantsBothHalvesAndAVolume) {
  const std::string mixtures = "index,train_a\n1,1\n", losses = "index,metric/a_val_loss\n1,5\n";
  EXPECT_THAT(what_of({{"m.csv", mixtures}}, {.tokens = 9}), HasSubstr("mixtures and no losses"));
  EXPECT_THAT(what_of({{"l.csv", losses}}, {.tokens = 9}), HasSubstr("no domain has a share"));
  EXPECT_THAT(what_of({{"m.csv", mixtures}, {"l.csv", losses}}),
              HasSubstr("l.csv:2: the log tells neither tokens nor steps"));
  EXPECT_THAT(what_of({{"m.csv", mixtures}, {"l.csv", losses + "2,5\n"}}, {.tokens = 9}),
              HasSubstr("l.csv:3: run '2': its mixture is not known"));
  EXPECT_THAT(what_of({{"m.csv", mixtures + "1,0.5\n"}, {"l.csv", losses}}, {.tokens = 9}),
              HasSubstr("m.csv:3: the share of 'a' in run '1' is 0.5 here and 1 before"));
  EXPECT_THAT(what_of({{"m.csv", "index,train_a,note\n1,1,x\n"}}, {.format = "regmix"}),
              HasSubstr("m.csv:1: the columns are neither mixtures nor losses"));
  EXPECT_THAT(read_texts({{"m.csv", mixtures + "2,1\n"}, {"l.csv", losses}}, {.tokens = 9}).notes,
              ElementsAre("1 mixture left out: no run with losses has it"));
}

TEST(MixingLaws, TakesSharesFromTheNamesOfRuns) {
  const LossLog log = read_samples(
      {.files = {"two_runs_mixing_laws.txt"}, .domains = {"prose", "code"}, .tokens_per_step = 10});
  EXPECT_THAT(log.formats, ElementsAre("mixing-laws"));
  EXPECT_THAT(log.domains.train, ElementsAre("prose", "code"));
  EXPECT_THAT(log.domains.eval, ElementsAre("Prose", "code"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1));
  EXPECT_THAT(log.volumes, ElementsAre(1000, 2000));
  ASSERT_THAT(log.runs, SizeIs(2));
  EXPECT_EQ(log.runs[0].run, "9M_0-0.5-0.5");
  EXPECT_EQ(log.runs[0].points[1].steps, 200);
  EXPECT_THAT(log.runs[0].points[1].loss_nats,
              ElementsAre(5.25, NanSensitiveDoubleEq(std::nan(""))));
  EXPECT_THAT(log.runs[1].mixture, ElementsAre(0.2, 0.8));
  EXPECT_THAT(log.notes, ElementsAre("1 repeated loss dropped (identical)",
                                     "1 (run, volume) cell missing from the log",
                                     "1 loss missing at volumes that were logged"));
}

TEST(MixingLaws, NamesTheLineOfWhatItCannotRead) {
  const ReplayOptions options{
      .format = "mixing-laws", .domains = {"a", "b"}, .tokens_per_step = 10};
  const std::string good = "x/r-0.5-0.5/100\tvalid.a.bin\t5\n";
  const auto bad = [&](const std::string& line) { return what_of({{"l", good + line}}, options); };
  EXPECT_THAT(bad("x/r-0.5-0.5/100\tvalid.a.bin\n"), HasSubstr("l:2: the line is not of this"));
  EXPECT_THAT(bad("x/r-0.5-0.5/end\tvalid.a.bin\t5\n"), HasSubstr("l:2: the line is not of this"));
  EXPECT_THAT(bad("x/r-0.5-0.5/200\tvalid.a.bin\t5"), HasSubstr("l:2: the last line has no end"));
  EXPECT_THAT(bad("x/r-0.5/200\tvalid.a.bin\t5\n"), HasSubstr("l:2: the name of run 'r-0.5'"));
  EXPECT_THAT(bad("x/r-x-0.5/200\tvalid.a.bin\t5\n"), HasSubstr("share in 'r-x-0.5': 'x' is"));
  EXPECT_THAT(bad("x/r/200\tvalid.a.bin\t5\n"), HasSubstr("l:2: the name of run 'r' does not"));
  EXPECT_THAT(bad("x/r-0.5-0.5/100\tvalid.a.bin\t5.5\n"), HasSubstr("l:2: the loss of 'a'"));
  EXPECT_THAT(bad("x/r-0.52-0.5/100\tvalid.a.bin\t5\n"), HasSubstr("l:2: run 'r-0.52-0.5': its"));
  EXPECT_THAT(what_of({{"l", good}}, {.domains = {"a", "b"}}), HasSubstr("--tokens-per-step"));
}

TEST(MixingLaws, TakesMixturesFromATableInstead) {
  const LossLog log =
      read_texts({{"l", "x/first/100\tvalid.a.bin\t5\n"}, {"m.csv", "run,a,b\nfirst,0.5,0.5\n"}},
                 {.mixtures = "m.csv", .tokens_per_step = 10});
  EXPECT_THAT(log.runs[0].mixture, ElementsAre(0.5, 0.5));
}

TEST(Olmix, TellsItsTwoTablesByTheirNumbers) {
  const LossLog log =
      read_samples({.files = {"olmix_metrics.csv", "olmix_ratios.csv"}, .tokens = 1000});
  EXPECT_THAT(log.formats, ElementsAre("olmix"));
  EXPECT_THAT(log.domains.train, ElementsAre("prose", "code"));
  EXPECT_THAT(log.domains.eval, ElementsAre("prose_bpb", "code_bpb"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(-1, -1));
  EXPECT_EQ(log.runs[1].run, "b2");
  EXPECT_THAT(log.runs[1].points[0].loss_nats,
              ElementsAre(4.25, NanSensitiveDoubleEq(std::nan(""))));
  EXPECT_THAT(log.notes.back(), HasSubstr("bits per byte"));
}

TEST(EvaluationSet, IsToldByTheNameOfTheMetric) {
  for (const auto& [metric, set] : std::vector<std::pair<const char*, const char*>>{
           {"eval_arxiv_loss", "arxiv"},
           {"eval_stack_exchange_loss", "stack_exchange"},
           {"eval/Pile-CC_loss", "Pile-CC"},
           {"eval_loss", "all"},
           {"lm loss validation", "all"},
           {"lm loss validation-1", "1"},
           {"val/loss", "all"},
           {"valid/books/loss", "books"},
           {"metric/the_pile_arxiv_val_loss", "the_pile_arxiv"},
           {"eval/lm/c4_en-validation/CE loss", "c4_en"},
           {"Validation Loss/code", "code"}})
    EXPECT_EQ(evaluation_set(metric), set) << metric;
  for (const char* metric :
       {"", "loss", "train/loss", "train_loss", "eval_runtime", "eval_accuracy", "evaluation",
        "eval/train_loss", "lm loss validation ppl", "lm loss validation vs samples", "closses",
        "eval_losses", "///"})
    EXPECT_EQ(evaluation_set(metric), std::nullopt) << metric;
}

}  // namespace
}  // namespace bimix
