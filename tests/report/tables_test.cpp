#include <bimix/report/tables.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Aligned, PadsByCharactersNotBytes) {
  EXPECT_EQ(aligned({{"a", "x"}, {"日本", "10"}}), "  a    x\n  日本  10\n");
}

data::LawFit some_fit() {
  data::LawFit fit{.law = "bimix", .domains = {{"web", "code"}, {"web", "code"}, {0, 1}}};
  fit.parameters = {"P", "alpha", "beta", "Q"};
  fit.coefficient = data::Table(2, 4, 0.25);
  fit.domain.resize(2);
  fit.domain[0].noise_reading = 0.0025;
  fit.domain[0].noise_source = "roughness of 9 curves";
  fit.profile_low = {0.125, std::nan("")};
  fit.profile_high = {0.375, std::nan("")};
  fit.domain[0].flags = {"law bimix: Q of domain 'web' stopped at its bound 0. Add volumes."};
  fit.domain[1].flags = {"law bimix: Q of domain 'code' stopped at its bound 0. Add volumes.",
                         "law bimix: alpha of domain 'code' is doubtful."};
  fit.held_out = {.protocol = "folds",
                  .folds = 2,
                  .error = {0.01, std::nan("")},
                  .worst = {0.02, 0.02},
                  .r2 = {0.9, 0.8},
                  .persistence = {0.03, 0.03},
                  .mean_baseline = {0.04, 0.04},
                  .spearman = 0.5};
  return fit;
}

TEST(FitText, ShowsBaselinesBesideTheErrorAndMissingValuesAsADash) {
  const std::string text = fit_text(some_fit(), 0.9);
  EXPECT_THAT(text, HasSubstr("persistence"));
  EXPECT_THAT(text, HasSubstr("1.00 %"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(FitText, ShowsTheProfileOfAlphaAndTheNoiseWithItsSource) {
  const std::string text = fit_text(some_fit(), 0.9);
  EXPECT_THAT(text, HasSubstr("0.125 to 0.375"));
  EXPECT_THAT(text, HasSubstr("web        0.25 %      -  roughness of 9 curves"));
  data::LawFit other = some_fit();
  other.profile_low.clear();
  EXPECT_THAT(fit_text(other, 0.9), Not(HasSubstr("0.125 to")));
}

TEST(FitText, OfManyDomainsIsNoTableThatNobodyCanRead) {
  constexpr std::size_t domains = 30;
  data::LawFit fit{.law = "linear"};
  for (std::size_t k = 0; k < domains; ++k) {
    fit.domains.train.push_back("d" + std::to_string(k));
    fit.domains.share_of.push_back(static_cast<int>(k));
    fit.parameters.push_back("w_" + std::to_string(k + 1));
  }
  fit.domains.eval = fit.domains.train;
  fit.coefficient = data::Table(domains, domains, 3.0);
  fit.coefficient(0, 0) = 1.5;  // the own share
  fit.coefficient(0, 7) = 2.1;  // and who helps most
  fit.domain.resize(domains);
  fit.tokens_high = 1e9;
  const std::string text = fit_text(fit, 0.9);
  EXPECT_THAT(text, HasSubstr("and 10 sets more"));
  EXPECT_THAT(text, HasSubstr("/law/linear/coefficient in results.h5"));
  EXPECT_THAT(text, HasSubstr("d0        -0.0500  d7 -0.0700"));
  EXPECT_THAT(text, Not(HasSubstr("w_30")));
}

TEST(FitText, SaysOnceWhatHoldsForSeveralDomains) {
  const std::string text = fit_text(some_fit(), 0.9);
  EXPECT_THAT(text, HasSubstr("Q of domains 'web' and 'code' stopped at its bound"));
  EXPECT_THAT(text, HasSubstr("alpha of domain 'code' is doubtful"));
}

TEST(NextText, SaysWhatEachMixtureBringsAndWhy) {
  const data::NextMixtures next{
      .mixtures =
          {{.share = {0.25, 0.75}, .gain_nats = 0.00125, .domain = "code", .domain_fall = 0.4}},
      .known = {.regret_nats = 0.002,
                .laws = {{"bimix", 0.75}, {"joint", 0.001}, {"no law", 0.249}}},
      .regret_after_nats = 0.00075,
      .flags = {"plan --next: it is known."}};
  const std::string text = next_text(next, some_fit().domains);
  EXPECT_THAT(text, HasSubstr("0.7500    0.001250      loss of code    -40 %"));
  EXPECT_THAT(text, HasSubstr("held-out mixtures: bimix 0.75 and no law 0.25"));
  EXPECT_THAT(text, HasSubstr("mixture: 0.002000 nats, after these runs 0.000750"));
  EXPECT_THAT(text, HasSubstr("it is known"));
}

TEST(BitsAByte, StandBelowEveryTableOfNatsWhereBytesAreKnown) {
  data::LawFit fit = some_fit();
  fit.domains.bytes_per_token = {2.0, 4.0};
  law::Evaluation evaluation{.protocol = law::Protocol::draws, .domains = fit.domains};
  evaluation.splits = {{law::Split{.trains = {true, false, true, false, false}}}};
  evaluation.laws = {{"bimix", fit.held_out, {}, {}}};
  for (const std::string& text : {fit_text(fit, 0.9), laws_text({fit}), next_text({}, fit.domains),
                                  evaluation_text(evaluation, {})})
    EXPECT_THAT(text,
                HasSubstr("Bits a byte are nats a token divided by 1.386 (web) and 2.773 (code)"));
  EXPECT_THAT(fit_text(some_fit(), 0.9), Not(HasSubstr("Bits a byte")));
}

TEST(LawsText, PutsEveryLawAndTheBaselinesInOneTable) {
  data::LawFit other = some_fit();
  other.law = "joint";
  other.held_out.spearman = 0.75;
  const std::string text = laws_text({some_fit(), other});
  EXPECT_THAT(text, HasSubstr("Laws on held-out mixtures (folds, 2 folds)"));
  EXPECT_THAT(text, HasSubstr("bimix"));
  EXPECT_THAT(text, HasSubstr("0.750"));
  EXPECT_THAT(text, HasSubstr("persistence"));
  EXPECT_THAT(text, HasSubstr("mean of others"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(EvaluationText, SaysWhatTrainedAndWhatTheFiguresAre) {
  law::Evaluation evaluation{.protocol = law::Protocol::draws, .domains = some_fit().domains};
  evaluation.splits = {{law::Split{.trains = {true, false, true, false, false}}},
                       {law::Split{.trains = {true, true, false, false, false}}}};
  evaluation.laws = {{"bimix", some_fit().held_out, {}, {}}};
  const std::string text = evaluation_text(evaluation, {});
  EXPECT_THAT(text, HasSubstr("Protocol draws: 2 of 5 mixtures train, 2 draws"));
  EXPECT_THAT(text, HasSubstr("regret: nats that"));
}

/// Points of two domains of so many held-out mixtures.
law::Evaluation some_evaluation(law::Protocol protocol, const std::string& law, int mixtures) {
  law::Evaluation evaluation{.protocol = protocol, .domains = some_fit().domains};
  evaluation.splits = {{law::Split{.trains = std::vector<bool>(20, true)}}};
  law::HeldOutPart part{.point = data::Table(0, law::HeldOutPart::column_count)};
  for (int m = 0; m < mixtures; ++m)
    for (const double e : {0.0, 1.0}) {
      const double curve = protocol == law::Protocol::unseen ? 0.9 - 0.2 * e : std::nan("");
      for (const double value :
           {static_cast<double>(m), e, 2.0, 2.02 + 0.02 * e, 2.1, 2.5, curve, 0.0})
        part.point.values.push_back(value);
      ++part.point.rows;
    }
  const data::HeldOut held = law::merge_folds(evaluation.domains, {part});
  evaluation.laws = {{law, held, {held}, {{part}}}};
  return evaluation;
}

TEST(EvaluationText, GivesThePapersFiguresByMixture) {
  const std::vector<std::string> labels{"baseline", "doremi", "third"};
  const std::string unseen =
      evaluation_text(some_evaluation(law::Protocol::unseen, "bimix", 2), labels);
  EXPECT_THAT(unseen, HasSubstr("bimix, as Table 2 of the paper"));
  EXPECT_THAT(unseen,
              HasSubstr("baseline   1.50 %  2.00 %       5.00 %  5.00 %          0.800   0.700"));
  EXPECT_THAT(unseen, HasSubstr("mean of 2"));
  const std::string last =
      evaluation_text(some_evaluation(law::Protocol::extrapolation, law::run_power, 2), labels);
  EXPECT_THAT(last, HasSubstr("run_power, as Table 1 of the paper"));
  EXPECT_THAT(last, Not(HasSubstr("R2 along runs"))) << "there is nothing along a run";
  EXPECT_THAT(last, HasSubstr("persistence      5.00 %  5.00 %"));
  EXPECT_THAT(evaluation_text(some_evaluation(law::Protocol::kfold, "bimix", 2), labels),
              Not(HasSubstr("Table")));
}

TEST(EvaluationText, ListsFewMixturesAndTheMeanOfMany) {
  const std::vector<std::string> labels(13, "one");
  const std::string few =
      evaluation_text(some_evaluation(law::Protocol::unseen, "bimix", 12), labels);
  EXPECT_THAT(few, HasSubstr("  one "));
  const std::string many =
      evaluation_text(some_evaluation(law::Protocol::unseen, "bimix", 13), labels);
  EXPECT_THAT(many, Not(HasSubstr("  one ")));
  EXPECT_THAT(many, HasSubstr("mean of 13"));
}

data::TrialResult ended(const std::string& id, data::TrialStatus status,
                        const std::string& message) {
  data::TrialResult result;
  result.id = id;
  result.status = status;
  result.message = message;
  return result;
}

TEST(FailuresText, PutsTrialsOfOneKindAndMessageTogether) {
  EXPECT_EQ(
      failures_text({ended("a1", data::TrialStatus::failed, "exit code 3, see trials/a1/log\nmore"),
                     ended("b2", data::TrialStatus::ok, ""),
                     ended("c3", data::TrialStatus::failed, "exit code 3, see trials/c3/log"),
                     ended("d4", data::TrialStatus::diverged, "loss is nan")}),
      "Trials that ended badly:\n"
      "  2 failed, for example a1: exit code 3, see trials/<trial>/log\n"
      "  1 diverged, for example d4: loss is nan\n"
      "One of them alone: the same command with --only a1\n");
}

TEST(FailuresText, IsEmptyIfNoneFailed) {
  EXPECT_EQ(failures_text({}), "");
  EXPECT_EQ(failures_text({ended("a1", data::TrialStatus::ok, "")}), "");
}

data::CheckReport some_check(double gain, double error) {
  data::CheckReport report;
  report.tokens = 1000;
  report.domains = {"web"};
  report.labels = {"default", "optimum"};
  report.predicted_nats = report.trained_nats = report.trained_error_nats = data::Table(2, 1, 2.0);
  report.repeats = 2;
  report.paired_gain_nats = {gain};
  report.paired_error_nats = {error};
  report.mean_gain_nats = gain;
  report.mean_gain_error_nats = error;
  return report;
}

// With two repeats the 95 % quantile of Student's t is 6.3138 (one degree of freedom).
TEST(CheckText, JudgesByStudentsT) {
  EXPECT_THAT(check_text(some_check(0.0632, 0.01)), HasSubstr("the recommendation holds"));
  EXPECT_THAT(check_text(some_check(0.0630, 0.01)), HasSubstr("cannot be told apart"));
  EXPECT_THAT(check_text(some_check(-0.0630, 0.01)), HasSubstr("cannot be told apart"));
  EXPECT_THAT(check_text(some_check(-0.0632, 0.01)), HasSubstr("does NOT hold"));
  EXPECT_THAT(check_text(some_check(0.1, 0.01)), HasSubstr("(90 %: 0.0369 to 0.1631)"));
  data::CheckReport one = some_check(0.1, std::nan(""));
  one.repeats = 1;
  EXPECT_THAT(check_text(one), HasSubstr("one repeat"));
  EXPECT_THAT(check_text(some_check(std::nan(""), std::nan(""))), HasSubstr("nothing to judge"));
}

TEST(Texts, SayBitsPerByteWhereLossesAreThat) {
  data::LawFit fit = some_fit();
  fit.domains.loss_unit = data::LossUnit::bits_per_byte;
  data::MixtureChoice choice{.law = "bimix",
                             .objective = "mean",
                             .tokens = 1000,
                             .share = {0.5, 0.5},
                             .default_share = {0.5, 0.5},
                             .weight = {1.0, 1.0},
                             .predicted_nats = {1.0, 1.0},
                             .predicted_default_nats = {1.0, 1.0},
                             .share_low = {0.5, 0.5},
                             .share_high = {0.5, 0.5}};
  data::CheckReport check = some_check(0.1, 0.01);
  check.loss_unit = data::LossUnit::bits_per_byte;
  const data::NextMixtures next{.known = {.regret_nats = 0.002}};
  const std::string text = fit_text(fit, 0.9) + optimum_text(choice, fit.domains) +
                           check_text(check) + next_text(next, fit.domains);
  EXPECT_THAT(text, Not(HasSubstr("nats")));
  EXPECT_THAT(text, HasSubstr("Predicted objective 0.0000 bits per byte"));
  EXPECT_THAT(text, HasSubstr("over the default: +0.1000 bits per byte"));
  EXPECT_THAT(text, HasSubstr("0.002000 bits per byte"));
}

data::MixtureChoice some_choice() {
  return {.law = "bimix",
          .objective = "mean",
          .objective_words = {"mean loss", "mean loss of web, code and exams", {true, true, true}},
          .tokens = 1000,
          .share = {0.25, 0.75},
          .default_share = {0.5, 0.5},
          .weight = {1.0 / 3, 1.0 / 3, 1.0 / 3},
          .predicted_nats = {1.0, 1.5, 3.5},
          .predicted_default_nats = {1.25, 1.25, 4.25},
          .objective_nats = 2.0,
          .objective_default_nats = 2.25,
          .share_low = {0.25, 0.75},
          .share_high = {0.25, 0.75},
          .gain_nats = 0.25};
}

TEST(OptimumText, ShowsASetThatCountsThoughItFollowsNoTrainingDomain) {
  const data::DomainSet domains{{"web", "code"}, {"web", "code", "exams"}, {0, 1, -1}};
  const std::string text = optimum_text(some_choice(), domains);
  EXPECT_THAT(text, HasSubstr("Objective: mean loss of web, code and exams\n"));
  EXPECT_THAT(text, HasSubstr("web        0.250  0.250 to 0.250    0.500  1.0000      1.2500  "
                              "-0.2500\n"));
  EXPECT_THAT(text, HasSubstr("exams                                      3.5000      4.2500  "
                              "-0.7500\n"));
  EXPECT_THAT(text, HasSubstr("mean loss                                  2.0000      2.2500  "
                              "-0.2500\n"));
  EXPECT_THAT(text, HasSubstr("Predicted objective 2.0000 nats, default 2.2500"));
}

TEST(OptimumText, TellsLossesInBitsAByteWhereBytesAreKnown) {
  data::DomainSet domains{{"web", "code"}, {"web", "code", "exams"}, {0, 1, -1}};
  EXPECT_THAT(optimum_text(some_choice(), domains), Not(HasSubstr("bits/byte")));
  domains.bytes_per_token = {1.0 / std::log(2.0), 1.0, 1.0};
  const std::string text = optimum_text(some_choice(), domains);
  EXPECT_THAT(text, HasSubstr("change  bits/byte  at default\n"));
  EXPECT_THAT(text, HasSubstr("-0.2500     1.0000      1.2500\n"));
  EXPECT_THAT(text, HasSubstr("-0.7500     5.0494      6.1315\n"));
}

TEST(OptimumText, CallsALossByItsOwnSetNotByTheDomainThatItFollows) {
  const data::DomainSet domains{{"web", "code"}, {"c4", "web", "github"}, {0, 0, 1}};
  const std::string text = optimum_text(some_choice(), domains);
  EXPECT_THAT(text, HasSubstr("web        0.250  0.250 to 0.250    0.500  1.5000"));
  EXPECT_THAT(text, HasSubstr("code       0.750  0.750 to 0.750    0.500\n"));
  EXPECT_THAT(text, HasSubstr("c4                                         1.0000"));
}

TEST(OptimumText, SaysNoMeanOfOneLoss) {
  data::MixtureChoice choice = some_choice();
  choice.objective_words = {"loss", "loss of all (an average by its name)", {true}};
  choice.weight = {1.0};
  choice.predicted_nats = {2.0};
  choice.predicted_default_nats = {2.25};
  const std::string text = optimum_text(choice, {{"web", "code"}, {"all"}, {-1}});
  EXPECT_THAT(text, HasSubstr("Objective: loss of all (an average by its name)\n"));
  EXPECT_THAT(text, Not(HasSubstr("mean loss")));
}

TEST(OptimumText, HasWeightsWhereTheyDiffer) {
  data::MixtureChoice choice = some_choice();
  choice.objective = "weighted";
  choice.objective_words = {
      "weighted mean loss", "weighted mean loss of web and exams", {true, false, true}, true};
  choice.weight = {0.75, 0.0, 0.25};
  const data::DomainSet domains{{"web", "code"}, {"web", "code", "exams"}, {0, 1, -1}};
  const std::string text = optimum_text(choice, domains);
  EXPECT_THAT(text, HasSubstr("weighted mean loss of web and exams"));
  EXPECT_THAT(text, HasSubstr("+0.2500   0.000\n"));
}

TEST(Texts, OpenWithTheDoubtWhereTheLawSaysNothing) {
  data::LawFit fit = some_fit();
  EXPECT_THAT(fit_text(fit, 0.9), Not(HasSubstr("rely")));
  fit.trust = {.doubt = "the recommendation is not to be trusted: no.", .is_worse = {0, 1}};
  EXPECT_THAT(fit_text(fit, 0.9),
              HasSubstr("To know about this fit\n  the recommendation is not to be trusted: no.\n"
                        "  law bimix: the loss on 'code' of held-out mixtures is predicted no "
                        "better than by the mean"));
  data::MixtureChoice choice = some_choice();
  choice.trust = fit.trust;
  EXPECT_THAT(optimum_text(choice, {{"web", "code"}, {"web", "code", "exams"}, {0, 1, -1}}),
              HasSubstr("objective mean)\n  the recommendation is not to be trusted: no.\n"));
}

TEST(Tables, AreNotThreeHundredDigitsWideForALossOf1e300) {
  data::MixtureChoice choice = some_choice();
  choice.predicted_nats = {1e300, -1e300, 12345678.0};
  const data::DomainSet domains{{"web", "code"}, {"web", "code", "exams"}, {0, 1, -1}};
  const std::string text = optimum_text(choice, domains);
  EXPECT_THAT(text, HasSubstr("1e+300"));
  EXPECT_THAT(text, HasSubstr("1.235e+07"));
  EXPECT_LT(text.find('\n', text.find("web ")) - text.find("web "), 100U);
}

}  // namespace
}  // namespace bimix::report
