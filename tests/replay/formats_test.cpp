// What is particular to each foreign format; what they share is in contract_test.cpp.
#include "replay/event_file.hpp"
#include "replay/texts.hpp"

#include <bimix/core/crc32c.hpp>
#include <bimix/core/error.hpp>
#include <bimix/replay/loss_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace bimix::replay {
namespace {

using test::Files;
using test::read_texts;
using test::what_of;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::NanSensitiveDoubleEq;
using testing::SizeIs;

const std::filesystem::path samples = std::filesystem::path(BIMIX_SOURCE_DIR) / "tests/samples";

LossLog read_samples(ReplayOptions options) {
  options.base = samples;
  return read_logs(options);
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
  EXPECT_THAT(what_of({{"m.csv", "index,note\n1,x\n"}}, {.format = "regmix"}),
              HasSubstr("m.csv:2: note: 'x' is refused (a loss is a positive number"));
  EXPECT_THAT(
      read_texts({{"m.csv", mixtures + "2,1\n"}, {"l.csv", losses}}, {.tokens = 1000}).notes,
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

TEST(MixingLaws, TakesAStepWithASlashBehindIt) {
  EXPECT_THAT(read_texts({{"l", "x/r-0.5-0.5/100/\tvalid.a.bin\t5\n"}},
                         {.domains = {"a", "b"}, .tokens_per_step = 10})
                  .volumes,
              ElementsAre(1000));
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
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1));
  EXPECT_THAT(log.units, Each(data::LossUnit::bits_per_byte));
  EXPECT_EQ(log.runs[1].run, "b2");
  EXPECT_THAT(log.runs[1].points[0].loss_nats,
              ElementsAre(4.25, NanSensitiveDoubleEq(std::nan(""))));
}

/// The log that the samples of all trainers' formats tell.
void expect_the_two_runs(const LossLog& log) {
  EXPECT_THAT(log.domains.train, ElementsAre("prose", "code"));
  EXPECT_THAT(log.domains.eval, ElementsAre("prose", "code"));
  EXPECT_THAT(log.domains.share_of, ElementsAre(0, 1));
  EXPECT_THAT(log.volumes, ElementsAre(1000, 2000));
  ASSERT_THAT(log.runs, SizeIs(2));
  EXPECT_EQ(log.runs[0].run, "half");
  EXPECT_THAT(log.runs[0].mixture, ElementsAre(0.5, 0.5));
  EXPECT_EQ(log.runs[0].points[0].steps, 100);
  EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(5.5, 4.5));
  EXPECT_THAT(log.runs[0].points[1].loss_nats,
              ElementsAre(5.25, NanSensitiveDoubleEq(std::nan(""))));
  EXPECT_EQ(log.runs[1].run, "tilted");
  EXPECT_THAT(log.runs[1].points[0].loss_nats, ElementsAre(5.75, 4.25));
}

const std::string mixtures = "run,a\nr,1\n";

TEST(Wandb, ReadsTheExportOfAChart) {
  const LossLog log = read_samples({.files = {"two_runs_wandb.csv"},
                                    .mixtures = "two_runs_mixtures.csv",
                                    .tokens_per_step = 10});
  expect_the_two_runs(log);
  EXPECT_THAT(log.notes,
              Contains("1 passed over: columns that are no evaluation loss ('train/loss')"));
}

TEST(Wandb, WantsAnAxisOfStepsOrTokensAndEvaluationLosses) {
  const ReplayOptions options{.mixtures = "m", .tokens_per_step = 10};
  const auto read = [&](const std::string& text) {
    return what_of({{"l", text}, {"m", mixtures}}, options);
  };
  EXPECT_THAT(read("Relative Time (Wall),r - eval/loss\n1,5\n"), HasSubstr("l:1: the x axis is"));
  EXPECT_THAT(read("Step,r - train/loss\n1,5\n"), HasSubstr("l:1: no column is an evaluation"));
  EXPECT_THAT(read("Step,r - eval/loss,val\n1,5,5\n"), HasSubstr("l:1: column 'val' names no run"));
  EXPECT_THAT(read("Step,r - eval/loss,r - val/loss\n1,5,5\n"),
              HasSubstr("'eval/loss' and 'val/loss' are both losses of 'all' in run 'r'"));
  EXPECT_THAT(read("Step,q - eval/loss\n1,5\n"), HasSubstr("run 'q': its mixture is not known"));
  const LossLog log =
      read_texts({{"l", "train/tokens,r - x - eval/loss\n500,5\n"}, {"m", "run,a\nr - x,1\n"}},
                 {.mixtures = "m"});
  EXPECT_THAT(log.volumes, ElementsAre(500));
}

TEST(Wandb, KnowsStepsByTheirOtherNames) {
  for (const char* axis : {"iter", "iteration", "trainer/global_step", "time/batch", "_step"})
    EXPECT_THAT(read_texts({{"l", std::string(axis) + ",r - eval/a/loss\n7,5\n"}, {"m", mixtures}},
                           {.mixtures = "m", .tokens_per_step = 1000})
                    .volumes,
                ElementsAre(7000))
        << axis;
  for (const char* axis : {"epoch", "train/epoch", "time/sample", "Relative Time (Wall)"})
    EXPECT_THAT(what_of({{"l", std::string(axis) + ",r - eval/a/loss\n7,5\n"}, {"m", mixtures}},
                        {.mixtures = "m", .tokens_per_step = 1000}),
                HasSubstr("the x axis is '" + std::string(axis)))
        << axis;
}

TEST(TrainerState, ReadsLogPerplexitiesAndLeavesAveragesAndBoundsOut) {
  const LossLog log = sets_that_count(read_texts(
      {{"r/trainer_state.json",
        R"({"log_history": [{"step": 1, "eval_a:log_perplexity": 5, "eval_b:log_perplexity": 4,
            "eval_uniform_avg:log_perplexity": 4.5, "eval_worst_case:log_perplexity": 5}]})"},
       {"m.csv", "run,a,b\nr,0.5,0.5\n"}},
      {.mixtures = "m.csv", .tokens_per_step = 1000}));
  EXPECT_THAT(log.domains.eval, ElementsAre("a", "b"));
}

TEST(TrainerState, ReadsEvaluationsOfTheHistory) {
  expect_the_two_runs(read_samples({.files = {"trainer/*/trainer_state.json"},
                                    .mixtures = "two_runs_mixtures.csv",
                                    .tokens_per_step = 10}));
}

TEST(TrainerState, NamesRunsByTheirFolders) {
  const std::string state = R"({"log_history": [{"step": 1, "eval_loss": 5}]})";
  const ReplayOptions options{.mixtures = "m.csv", .tokens_per_step = 10};
  const LossLog log = read_texts({{"r/checkpoint-1/trainer_state.json", state},
                                  {"r/trainer_state.json", state},
                                  {"m.csv", mixtures}},
                                 options);
  EXPECT_THAT(log.runs, SizeIs(1));
  EXPECT_EQ(log.runs[0].run, "r");
  EXPECT_THAT(log.domains.eval, ElementsAre("all"));
  EXPECT_THAT(
      read_texts({{"x/r/s.json", state}, {"y/r/s.json", state}, {"m.csv", "run,a\nx,1\ny,1\n"}},
                 options)
          .runs[1]
          .run,
      "y");
}

TEST(TrainerState, PrefersTheTokensThatTheTrainerCounted) {
  const LossLog log =
      read_texts({{"r/s.json",
                   R"({"log_history": [{"step": 2, "eval_loss": 5, "num_input_tokens_seen": 77},
                            {"step": 3, "eval_loss": 4, "num_input_tokens_seen": 0}]})"},
                  {"m.csv", mixtures}},
                 {.mixtures = "m.csv", .tokens_per_step = 100});
  EXPECT_THAT(log.volumes, ElementsAre(77, 300));
}

TEST(TrainerState, NamesTheLineOfWhatItCannotRead) {
  const ReplayOptions options{
      .format = "trainer-state", .mixtures = "m.csv", .tokens_per_step = 10};
  const auto read = [&](const std::string& state) {
    return what_of({{"r/s.json", state}, {"m.csv", mixtures}}, options);
  };
  EXPECT_THAT(read("{\"log_history\": [\n{},\n{\"step\": 1, \"eval_loss\": NaN}]}"),
              HasSubstr("s.json:3: the loss of 'all' in run 'r' is not finite"));
  EXPECT_THAT(read("{\"log_history\": [\n{\"eval_loss\": 5}]}"),
              HasSubstr("s.json:2: the entry has no step"));
  EXPECT_THAT(read("{\"log_history\": [{\"loss\": 5, \"step\": 1}]}"),
              HasSubstr("s.json:1: no entry has an evaluation loss"));
  EXPECT_THAT(read("{\"log_history\": [7]}"), HasSubstr("an entry of log_history is no object"));
  EXPECT_THAT(read("{\"log_history\": 7}"), HasSubstr("there is no list log_history"));
  EXPECT_THAT(read("[]"), HasSubstr("there is no list log_history"));
  EXPECT_THAT(read("{\"log_history\": [{\"step\": 1, \"step\": 2}]}"),
              HasSubstr("key 'step' stands there twice"));
}

TEST(Megatron, ReadsValidationLines) {
  const LossLog log =
      read_samples({.files = {"megatron/*.log"}, .mixtures = "two_runs_mixtures.csv"});
  expect_the_two_runs(log);
  EXPECT_THAT(log.notes, Contains("1 passed over: evaluations after the end of training"));
}

TEST(Megatron, KeepsWhatAResumedRunLoggedLater) {
  const std::string line = " validation loss at iteration 100 | lm loss value: ";
  const LossLog log = read_texts(
      {{"r.log", line + "5.5 |\n" + line + "5.25 |\n" + line + "5.25 |\n"}, {"m.csv", mixtures}},
      {.mixtures = "m.csv", .tokens_per_step = 10});
  EXPECT_THAT(log.domains.eval, ElementsAre("all"));
  EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(5.25));
  EXPECT_THAT(log.notes,
              testing::IsSupersetOf({"1 repeated loss dropped (identical)",
                                     "1 loss replaced by what a resumed run logged later"}));
}

TEST(Megatron, PassesOverTheColoursOfATerminal) {
  const LossLog log =
      read_texts({{"r.log",
                   "\x1b[32m validation-web loss at iteration 1 | lm loss value: 5 |\x1b[0m\n"
                   "\x1b[1;38:5:2m validation-code loss at iteration 1 | lm loss value: "
                   "\x1b[1m4\x1b[0m |\x1b[K\n"},
                  {"m.csv", mixtures}},
                 {.mixtures = "m.csv", .tokens_per_step = 10});
  EXPECT_THAT(log.domains.eval, ElementsAre("web", "code"));
}
TEST(Megatron, NumbersItsValidationSets) {
  const LossLog log = read_texts({{"r.log",
                                   " validation-0 loss at iteration 1 | lm loss value: 5 |\n"
                                   " validation-1 loss at iteration 1 | lm loss value: 4 |\n"},
                                  {"m.csv", mixtures}},
                                 {.mixtures = "m.csv", .tokens_per_step = 10});
  EXPECT_THAT(log.domains.eval, ElementsAre("0", "1"));
}

TEST(Megatron, TakesTheConsumedTokensWhereTheyArePrinted) {
  const std::string progress =
      "iteration 7/ 9 | consumed samples: 14 | consumed tokens: 700 | lm loss: 5 |\n";
  const std::string loss = "validation loss at iteration 7 | lm loss value: 5 |\n";
  const Files files{{"r.log", progress + loss}, {"m.csv", mixtures}};
  EXPECT_THAT(read_texts(files, {.mixtures = "m.csv"}).volumes, ElementsAre(700));
  EXPECT_THAT(read_texts(files, {.mixtures = "m.csv", .tokens_per_step = 10}).volumes,
              ElementsAre(70));
  EXPECT_THAT(what_of({{"r.log", loss}, {"m.csv", mixtures}}, {.mixtures = "m.csv"}),
              HasSubstr("r.log:1: the log counts steps"));
  EXPECT_THAT(
      what_of({{"r.log", "  seq_length .... 9000000000000000\n" + loss}, {"m.csv", mixtures}},
              {.mixtures = "m.csv", .tokens_per_step = 9'000'000'000'000'000}),
      HasSubstr("at most 2^53 tokens"));
}

/// One evaluation, and the training line of the same iteration, of a run with these arguments.
LossLog megatron_run(const std::string& arguments, const std::string& evaluation,
                     ReplayOptions options = {}) {
  options.mixtures = "m.csv";
  return read_texts(
      {{"r.log",
        arguments + "iteration 100/ 200 | consumed samples: 3200 | lm loss: 5 |\n" + evaluation},
       {"m.csv", mixtures}},
      options);
}

const std::string of_iteration_100 = " validation loss at iteration 100 | lm loss value: 5 |\n";

TEST(Megatron, TakesNoOtherArgumentForTheLengthOfASequence) {
  const std::string arguments =
      "  decoder_seq_length .............................. None\n"
      "  encoder_seq_length .............................. 512\n"
      "  seq_length ...................................... 1024\n"
      "  max_seq_length .................................. 4096\n";
  EXPECT_THAT(megatron_run(arguments, of_iteration_100).volumes, ElementsAre(3200 * 1024));
  EXPECT_THAT(megatron_run("[default0]:  seq_length ...... 2048........updated\n", of_iteration_100)
                  .volumes,
              ElementsAre(3200 * 2048));
}

TEST(Megatron, DropsEvaluationsBeforeTheFirstStep) {
  const LossLog log = megatron_run(
      "  seq_length .... 1024\n validation loss at iteration 0 (pre-train) | lm loss value: 11 |\n",
      of_iteration_100);
  EXPECT_THAT(log.volumes, ElementsAre(3200 * 1024));
  EXPECT_THAT(log.notes, Contains("1 loss at 0 tokens dropped (a power law has no value there)"));
}

TEST(Megatron, NamesSetsByTheirGroups) {
  const std::string end = " loss at iteration 100 | lm loss value: 5 | lm loss PPL: 148 |\n";
  const auto sets = [&](const std::string& lines) {
    return megatron_run("  seq_length .... 8\n", lines).domains.eval;
  };
  EXPECT_THAT(sets(" valid-web" + end + " validation_code" + end), ElementsAre("web", "code"));
  EXPECT_THAT(sets("[default7]: web" + end + "12: stack exchange" + end),
              ElementsAre("web", "stack exchange"));
  EXPECT_THAT(sets("2026-01-01 00:00:00 INFO validation-web" + end + " train" + end),
              ElementsAre("web"));
}

TEST(Megatron, ReadsWhatGptNeoxPrints) {
  const LossLog log = read_texts(
      {{"r.log",
        "  train_batch_size ................ 32........updated\n"
        "  seq_length ...................... 2048........updated\n"
        " samples/sec: 51 | iteration 100/ 200 | lm_loss: 5.5E+00 |\n"
        " validation results at iteration 100 | lm_loss value: 5.25E+00 | lm_loss_ppl value: 190 "
        "|\n"
        " validation results at the end of training for val data | lm_loss value: 5E+00 |\n"},
       {"m.csv", mixtures}},
      {.mixtures = "m.csv"});
  EXPECT_THAT(log.volumes, ElementsAre(100 * 32 * 2048));
  EXPECT_THAT(log.runs[0].points[0].loss_nats, ElementsAre(5.25));
}

TEST(Megatron, SaysWhereTheTokensOfAStepAreToldOtherwise) {
  EXPECT_THAT(
      megatron_run("  seq_length .... 1024\n", of_iteration_100, {.tokens_per_step = 1'000'000})
          .notes,
      Contains("volumes are steps of 1M tokens, as --tokens-per-step says; the logs tell 32.768K "
               "tokens a step"));
}

TEST(Megatron, NamesTheLineOfWhatItCannotRead) {
  const ReplayOptions options{.format = "megatron", .mixtures = "m", .tokens_per_step = 10};
  const auto read = [&](const std::string& text) {
    return what_of({{"r.log", text}, {"m", mixtures}}, options);
  };
  EXPECT_THAT(read("hello\nvalidation loss at iteration 1 | ppl: 5 |\n"),
              HasSubstr("r.log:2: the line has no lm loss value"));
  EXPECT_THAT(read("validation loss at iteration x | lm loss value: 5 |\n"),
              HasSubstr("r.log:1: iteration: '' is refused"));
  EXPECT_THAT(read("validation loss at iteration 1 | lm loss value: NAN |\n"),
              HasSubstr("r.log:1: the loss of 'all' in run 'r' is not finite"));
  EXPECT_THAT(read("validation loss at iteration 1 | lm loss value: 5.0"),
              HasSubstr("r.log:1: the last line has no end"));
  EXPECT_THAT(read("hello\n"), HasSubstr("r.log:1: there is no validation loss"));
}

TEST(TensorBoard, ReadsScalarsOfBothKinds) {
  expect_the_two_runs(read_samples({.files = {"tensorboard/*/events.out.tfevents.*"},
                                    .mixtures = "two_runs_mixtures.csv",
                                    .tokens_per_step = 10}));
}

/// The sample of the run `half` with one change, beside the other run's.
std::string what_of_events(const std::function<void(std::string&)>& change) {
  std::string bytes = test::bytes_of(samples / "tensorboard/half/events.out.tfevents.1");
  change(bytes);
  return what_of({{"half/e", bytes}, {"m.csv", "run,prose,code\nhalf,0.5,0.5\n"}},
                 {.format = "tensorboard", .mixtures = "m.csv", .tokens_per_step = 10});
}

TEST(TensorBoard, SeesEveryFlippedBit) {
  const std::string whole = test::bytes_of(samples / "tensorboard/half/events.out.tfevents.1");
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_THROW(read_event_scalars(bytes, "e", [](const EventScalar&) {}), core::DataError) << bit;
  }
}

TEST(TensorBoard, CountsALastRecordThatWasCut) {
  std::string bytes = test::bytes_of(samples / "tensorboard/half/events.out.tfevents.1");
  bytes.pop_back();
  const LossLog log = read_texts({{"half/e", bytes}, {"m.csv", "run,prose,code\nhalf,0.5,0.5\n"}},
                                 {.mixtures = "m.csv", .tokens_per_step = 10});
  EXPECT_THAT(log.volumes, ElementsAre(1000));
  EXPECT_THAT(log.notes, Contains("1 passed over: last records of event files that were cut"));
}

TEST(TensorBoard, ListsTheTagsWhereNoneIsALoss) {
  const std::string bytes = test::bytes_of(samples / "tensorboard/half/events.out.tfevents.1");
  EXPECT_THAT(what_of({{"half/e", bytes}, {"m.csv", "run,prose,code\nhalf,0.5,0.5\n"}},
                      {.losses = {"eval/*/bleu"}, .mixtures = "m.csv", .tokens_per_step = 10}),
              testing::AllOf(HasSubstr("half/e: no metric is an evaluation loss"),
                             HasSubstr("eval/prose_loss"), HasSubstr("--losses METRIC")));
}

/// One record around these bytes, with right checksums.
std::string record_of(const std::string& data) {
  const auto number = [](std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const auto checksum = [&](const std::string& text) {
    const std::uint32_t crc = core::crc32c(text);
    return number(((crc >> 15) | (crc << 17)) + 0xa282ead8u, 4);
  };
  const std::string length = number(data.size(), 8);
  return length + checksum(length) + data + checksum(data);
}

TEST(TensorBoard, RefusesRecordsThatHoldNoEvent) {
  const auto appended = [](const std::string& data) {
    return what_of_events([&](std::string& bytes) { bytes += record_of(data); });
  };
  EXPECT_THAT(appended(std::string("\x0b", 1)), HasSubstr("e:5: record 5: it holds no event"));
  EXPECT_THAT(appended(std::string(12, '\xff')), HasSubstr("it holds no event"));
  EXPECT_THAT(appended("\x2a\x7f"), HasSubstr("it holds no event"));  // a summary beyond the end
  EXPECT_EQ(appended(""), "no error");
  // An evaluation loss that is NaN: tag 9 bytes "eval/loss", simple_value 0x7fc00000.
  const std::string nan = std::string(
      "\x2a\x12\x0a\x10\x0a\x09"
      "eval/loss"
      "\x15\0\0\xc0\x7f",
      20);
  EXPECT_THAT(appended("\x10\x64" + nan),
              HasSubstr("e:5: the loss of 'all' in run 'half' is not finite"));
}

}  // namespace
}  // namespace bimix::replay
