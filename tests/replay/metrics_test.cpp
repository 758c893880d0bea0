// What the names of metrics say.
#include "replay/metrics.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::replay {
namespace {

using testing::HasSubstr;
using Kind = Metric::Kind;

TEST(MetricOf, FindsTheSetThatALossIsOf) {
  for (const auto& [name, set] : std::vector<std::pair<const char*, const char*>>{
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
           {"Validation Loss/code", "code"},
           {"validation_metrics/loss", "all"},
           {"val_loss_web", "web"},
           {"val_loss/dataloader_idx_0", "dataloader_idx_0"},
           {"eval/web/loss_mean", "web"},
           {"summary/eval/loss", "all"},
           {"summary/eval/web/loss", "web"},
           {"run_7/eval/web_loss", "web"},
           {"web/eval/loss", "web"}}) {
    EXPECT_EQ(metric_of(name).kind, Kind::loss) << name;
    EXPECT_EQ(metric_of(name).set, set) << name;
    EXPECT_EQ(metric_of(name).scale, LossScale::nats) << name;
  }
}

TEST(MetricOf, KnowsCrossEntropiesByTheirOtherNames) {
  for (const char* name :
       {"metrics/eval/web/LanguageCrossEntropy", "metrics/eval/web_LanguageCrossEntropy",
        "eval/web-validation/CrossEntropyLoss", "eval_web:log_perplexity", "valid/web/nll",
        "eval/web/ce", "eval/web/cross_entropy", "val_web_xent", "eval/web/nll_per_token",
        "validation/web/negative_log_likelihood"}) {
    EXPECT_EQ(metric_of(name).kind, Kind::loss) << name;
    EXPECT_EQ(metric_of(name).set, "web") << name;
  }
}

TEST(MetricOf, TakesNothingElseForALoss) {
  for (const char* name :
       {"", "loss", "train/loss", "train_loss", "eval_runtime", "evaluation", "eval/train_loss",
        "metric/train_loss", "closses", "eval_losses", "///", "eval/samples_per_second"})
    EXPECT_EQ(metric_of(name).kind, Kind::other) << name;
  for (const char* name :
       {"eval/web/z_loss", "eval/web/loss_std", "eval/web/ema_loss", "eval/web/loss_ema",
        "eval_worst_case:log_perplexity", "best_eval_loss", "eval/web/kl_loss", "eval/loss_scale",
        "lm loss validation vs samples", "eval/web/loss_per_char", "eval/loss/std"})
    EXPECT_TRUE(metric_of(name).kind == Kind::derived || metric_of(name).needs_domain) << name;
  for (const char* name : {"lm loss validation ppl", "eval/web/perplexity", "eval/web/lm_loss_ppl",
                           "validation/web/LanguagePerplexity"})
    EXPECT_EQ(metric_of(name).kind, Kind::perplexity) << name;
  for (const char* name : {"eval_accuracy", "eval/web/acc", "eval/web/exact_match", "val_f1"})
    EXPECT_EQ(metric_of(name).kind, Kind::score) << name;
}

TEST(MetricOf, LeavesSetsAloneThatHaveAWordOfTheRuleInTheirName) {
  for (const auto& [name, set] : std::vector<std::pair<const char*, const char*>>{
           {"eval/train_tickets/loss", "train_tickets"},
           {"eval/training_manuals_loss", "training_manuals"},
           {"eval/max_planck/loss", "max_planck"},
           {"eval/best_of_reddit/loss", "best_of_reddit"},
           {"eval/test_prep/loss", "test_prep"},
           {"eval/GitHub/loss", "GitHub"},
           {"val/us_vs_them/loss", "us_vs_them"}}) {
    EXPECT_EQ(metric_of(name).kind, Kind::loss) << name;
    EXPECT_EQ(metric_of(name).set, set) << name;
  }
}

TEST(MetricOf, KnowsTheUnitThatANameSays) {
  EXPECT_EQ(metric_of("eval/web/bpb").scale, LossScale::bits_per_byte);
  EXPECT_EQ(metric_of("eval/web/bits_per_byte").scale, LossScale::bits_per_byte);
  EXPECT_EQ(metric_of("eval/web/loss_bits").scale, LossScale::bits);
  EXPECT_EQ(metric_of("eval/web/loss_log10").scale, LossScale::log10);
}

TEST(MetricOf, PrefersCrossEntropiesInNatsOfValidation) {
  const auto version = [](const char* name) { return metric_of(name).version; };
  EXPECT_LT(version("eval/web/CrossEntropyLoss"), version("eval/web/loss"));
  EXPECT_LT(version("eval/web/loss"), version("eval/web/loss_v2"));
  EXPECT_LT(version("eval/web/loss"), version("eval/web/bpb"));
  EXPECT_LT(version("eval/web/loss"), version("test/web/loss"));
}

TEST(PlainMetricOf, KnowsScoresAndUnitsInATableOfEvaluations) {
  EXPECT_EQ(plain_metric_of("arc_easy_bpb").set, "arc_easy_bpb");
  EXPECT_EQ(plain_metric_of("arc_easy_bpb").scale, LossScale::bits_per_byte);
  EXPECT_EQ(plain_metric_of("Wikipedia (en)").kind, Kind::loss);
  for (const char* name : {"hellaswag_acc", "arc_easy_acc_norm", "squad_f1"})
    EXPECT_EQ(plain_metric_of(name).kind, Kind::score) << name;
}

TEST(WildcardMatch, GivesWhatTheStarStandsFor) {
  EXPECT_EQ(wildcard_match("eval/*/ce", "eval/web/ce"), "web");
  EXPECT_EQ(wildcard_match("*", "web"), "web");
  EXPECT_EQ(wildcard_match("ce_web", "ce_web"), "ce_web");
  EXPECT_EQ(wildcard_match("eval/*/ce", "eval//ce"), std::nullopt);
  EXPECT_EQ(wildcard_match("aa*aa", "aaa"), std::nullopt);
  EXPECT_EQ(wildcard_match("ce", "ce_web"), std::nullopt);
}

TEST(MetricNames, ReadsWhatTheUserNamesAndNothingElse) {
  const MetricNames named({.losses = {"pile/*/ce", "prose=val_2"}});
  EXPECT_EQ(named("pile/web/ce").set, "web");
  EXPECT_EQ(named("pile/web/ce").kind, Kind::loss);
  EXPECT_EQ(named("val_2").set, "prose");
  EXPECT_EQ(named("eval/code/loss").kind, Kind::other);
  EXPECT_EQ(MetricNames({.losses = {"eval/web/perplexity"}})("eval/web/perplexity").set, "web");
  for (const char* wrong : {"", "=ce", "web=", "*/*"}) {
    try {
      const MetricNames names({.losses = {wrong}});
      FAIL() << wrong;
    } catch (const core::UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("names no metric"));
    }
  }
}

}  // namespace
}  // namespace bimix::replay
