#include <bimix/proxy/options.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::proxy {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> texts(const ProxyOptions& options) {
  std::vector<std::string> lines;
  for (const core::Complaint& complaint : complaints(options))
    lines.push_back(core::to_string(complaint));
  return lines;
}

TEST(ProxyOptions, HaveGoodDefaults) { EXPECT_THAT(texts(ProxyOptions{}), IsEmpty()); }

TEST(ProxyOptions, SayWhichWidthsFitTheHeads) {
  EXPECT_THAT(texts({.width = 100, .heads = 12}),
              ElementsAre("proxy.width: 100 is not a multiple of heads = 12 (each head needs the "
                          "same width). Try 96 or 108."));
  EXPECT_THAT(texts({.width = 3, .heads = 12}), ElementsAre(HasSubstr("Try 12.")));
  EXPECT_THAT(texts({.width = 9, .heads = 3}), ElementsAre(HasSubstr("proxy.heads")));
}

TEST(ProxyOptions, KnowTheirWords) {
  EXPECT_EQ(core::find_word<Precision>("auto"), Precision::automatic);
  EXPECT_THAT(core::to_string(core::unknown_word<Schedule>("cosinus", "proxy.schedule")),
              HasSubstr("proxy.schedule: 'cosinus' is not known (there is constant, cosine and "
                        "wsd). Did you mean 'cosine'?"));
  EXPECT_EQ(core::to_string(core::unknown_word<Isa>("sse", "proxy.isa")),
            "proxy.isa: 'sse' is not known (there is auto, baseline, avx2, avx512, "
            "avx512_bf16 and amx).");
}

TEST(ProxyOptions, TellAllMistakesInOnePass) {
  ProxyOptions options{.layers = 0, .width = -4, .learning_rate = std::nan("")};
  options.model = "transfomer";
  options.clip = 0;
  options.beta2 = 1;
  const std::vector<std::string> lines = texts(options);
  EXPECT_EQ(lines.size(), 6U);
  for (const char* key : {"layers", "width", "learning_rate", "model", "clip", "beta2"})
    EXPECT_THAT(lines, Contains(HasSubstr(std::string("proxy.") + key)));
  EXPECT_THAT(lines, Contains(HasSubstr("Did you mean 'transformer'?")));
}

TEST(ProxyOptions, RefuseAMicroBatchThatLeavesARest) {
  EXPECT_THAT(texts({.batch = 8, .micro_batch = 3}),
              ElementsAre(HasSubstr("3 does not divide batch = 8")));
}

TEST(ProxyOptions, RefuseMoreThreadsThanMicroBatches) {
  EXPECT_THAT(texts({.batch = 8, .threads_per_trial = 4}), IsEmpty());
  EXPECT_THAT(texts({.batch = 32, .threads_per_trial = 8}),
              ElementsAre("proxy.threads_per_trial: 8 threads share 4 micro-batches (each thread "
                          "needs one at least). Try micro_batch: 4."));
}

TEST(ProxyOptions, RefuseSizesThatWouldOverflow) {
  EXPECT_THAT(texts({.width = 2000000000}), ElementsAre(HasSubstr("out of range")));
}

TEST(ProxyOptions, ReadAReweightingOrAStrength) {
  EXPECT_EQ(Reweight::from("linupper"), Reweight{.score = LossScore::linupper});
  EXPECT_EQ(Reweight::from("extremes")->text(), "extremes");
  EXPECT_EQ(Reweight::from("1.5"), Reweight{.strength = 1.5});
  EXPECT_EQ(Reweight::from("1.50")->text(), "1.5");
  EXPECT_FALSE(Reweight::from("0")->is_on());
  for (const char* other : {"", "LinUpper", "linuper", "quadratic ", "1 2"})
    EXPECT_FALSE(Reweight::from(other)) << other;
}

TEST(ProxyOptions, RefuseTemperaturesThatWeighNothing) {
  ProxyOptions options{.reweight = {.score = LossScore::quadratic}};
  EXPECT_THAT(texts(options), IsEmpty());
  for (const double wrong : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    options.reweight_temperature = wrong;
    EXPECT_THAT(texts(options),
                ElementsAre(HasSubstr("it must be positive and finite). Leave it out for 1")));
  }
  options = {.reweight = {.score = LossScore::quadratic}, .reweight_after = -1};
  EXPECT_THAT(texts(options), ElementsAre(HasSubstr("proxy.reweight_after: -1 is out of range")));
  EXPECT_THAT(texts({.reweight = {.strength = std::nan("")}}),
              ElementsAre(HasSubstr("proxy.reweight: nan is out of range")));
}

TEST(ProxyOptions, RefuseToWeighWhatAModelCounts) {
  ProxyOptions options{.reweight = {.score = LossScore::linupper}};
  options.model = "ngram";
  EXPECT_THAT(texts(options),
              ElementsAre(HasSubstr("proxy.reweight: 'ngram' weighs no sequences")));
}

TEST(Resolved, FillsInEverythingOnce) {
  const ProxyOptions settled = resolved(ProxyOptions{});
  EXPECT_GT(settled.learning_rate, 0);
  EXPECT_EQ(settled.batch % settled.micro_batch, 0);
  EXPECT_NE(settled.precision, Precision::automatic);
  EXPECT_NE(settled.isa, Isa::automatic);
  EXPECT_EQ(resolved(settled), settled);
}

// Instructions that only bf16 makes use of are no part of a trial that does not.
TEST(Resolved, TakesInstructionsThatThePrecisionNeeds) {
  const Isa here = detect_isa();
  ProxyOptions plain, rounded;
  plain.precision = Precision::fp32;
  EXPECT_EQ(resolved(plain).isa, std::min(here, Isa::avx512));
  rounded.precision = Precision::bf16;
  const Isa taken = resolved(rounded).isa;
  EXPECT_TRUE(taken == here || taken == Isa::avx512) << core::word_of(taken);
}

// By itself a proxy is of bf16 where the machine has instructions for it that the campaign allows.
TEST(Resolved, TakesBf16OnlyWithItsInstructions) {
  const ProxyOptions chosen = resolved(ProxyOptions{});
  EXPECT_EQ(chosen.precision == Precision::bf16, chosen.isa >= Isa::avx512_bf16);
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    ProxyOptions limited;
    limited.isa = isa;
    EXPECT_EQ(resolved(limited).precision, Precision::fp32) << core::word_of(isa);
  }
  ProxyOptions counting;
  counting.model = "ngram";
  EXPECT_EQ(resolved(counting).precision, Precision::fp32);
}

// A node of a mixed partition refuses before its first trial, not in the middle of it.
TEST(RequireRunnableHere, RefusesInstructionsThatThisMachineLacks) {
  ProxyOptions settled = resolved(ProxyOptions{});
  EXPECT_NO_THROW(require_runnable_here(settled));
  if (detect_isa() == Isa::amx) GTEST_SKIP() << "this machine has all instructions";
  settled.isa = Isa::amx;
  EXPECT_THROW(require_runnable_here(settled), core::Error);
  settled.model = "ngram";  // computes no products
  EXPECT_NO_THROW(require_runnable_here(settled));
}

TEST(Resolved, LeavesGivenNumbersAlone) {
  const ProxyOptions settled =
      resolved({.batch = 12, .learning_rate = 0.5, .micro_batch = 3, .isa = Isa::baseline});
  EXPECT_EQ(settled.learning_rate, 0.5);
  EXPECT_EQ(settled.micro_batch, 3);
  EXPECT_EQ(settled.isa, Isa::baseline);
}

TEST(Resolved, RefusesWhatHasComplaints) { EXPECT_THROW(resolved({.heads = 0}), core::UsageError); }

TEST(CanonicalText, DiffersWithEveryFieldThatChangesBits) {
  const ProxyOptions base = resolved(ProxyOptions{});
  std::vector<ProxyOptions> others(16, base);
  others[0].layers = 3;
  others[1].width = 66;
  others[2].heads = 4;
  others[3].context = 64;
  others[4].batch = 16;
  others[5].vocabulary = 300;
  others[6].learning_rate *= 1 + 1e-15;
  others[7].warmup_steps = 1;
  others[8].weight_decay = 0;
  others[9].beta1 = 0.5;
  others[10].beta2 = 0.5;
  others[11].clip = 2;
  others[12].eval_sequences = 1;
  others[13].micro_batch = 1;
  others[14].isa = base.isa == Isa::baseline ? Isa::avx2 : Isa::baseline;
  others[15].schedule = Schedule::wsd;
  for (std::size_t i = 0; i < others.size(); ++i)
    EXPECT_NE(canonical_text(others[i]), canonical_text(base)) << i;
  EXPECT_EQ(canonical_text(resolved(ProxyOptions{})), canonical_text(base));
}

// What was trained before there were published scores keeps its identity.
TEST(CanonicalText, NamesAReweightingOnlyWhereThereIsOne) {
  ProxyOptions options = resolved(ProxyOptions{});
  const std::string plain = canonical_text(options);
  options.reweight.strength = 1.5;
  options.reweight_after = 3;
  EXPECT_EQ(canonical_text(options), plain + " reweight=1.5 reweight_after=3");
  options.reweight = {.score = LossScore::extremes};
  EXPECT_EQ(canonical_text(resolved(options)),
            plain + " reweight=extremes reweight_after=3 reweight_temperature=1");
  options.reweight_temperature = 0.4;
  EXPECT_EQ(canonical_text(options),
            plain + " reweight=extremes reweight_after=3 reweight_temperature=0.4");
  EXPECT_THAT(description(options), HasSubstr("reweight extremes (temperature 0.4) after 3 steps"));
}

// Settings of a decay that there is not change nothing.
TEST(CanonicalText, NamesADecayOnlyWhereThereIsOne) {
  ProxyOptions constant = resolved(ProxyOptions{}), decaying = constant;
  const std::string before = canonical_text(constant);
  constant.final_rate = 0.5;
  EXPECT_EQ(canonical_text(constant), before);
  decaying.schedule = Schedule::cosine;
  const std::string cosine = canonical_text(decaying);
  decaying.final_rate = 0.5;
  EXPECT_NE(canonical_text(decaying), cosine);
}

// By hand: V C + L (3 C^2 + C^2 + 4 C^2 + 4 C^2) = 256 * 128 + 4 * 12 * 128^2.
TEST(ParameterCount, CountsTheMatrices) {
  EXPECT_EQ(parameter_count({.layers = 4, .width = 128, .heads = 4}), 819200);
}

// 6 a parameter and 6 L S C for the causal half of attention: 4.915M + 0.393M a token.
TEST(TrainingFlops, AreThoseOfTheReferenceShape) {
  const ProxyOptions reference{.layers = 4, .width = 128, .heads = 4, .context = 128, .batch = 32};
  EXPECT_EQ(training_flops(reference, 1), 6.0 * 819200 + 6.0 * 4 * 128 * 128);
  EXPECT_EQ(evaluation_flops(reference, 3000), training_flops(reference, 1000));
  EXPECT_EQ(tokens_per_step(reference), 4096);
}

TEST(DetectIsa, NamesALevel) { EXPECT_NE(detect_isa(), Isa::automatic); }

}  // namespace
}  // namespace bimix::proxy
