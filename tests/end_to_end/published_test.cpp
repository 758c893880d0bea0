// The public tables as their users would read them: import, then evaluate. The tables are not part
// of the project; BIMIX_PUBLISHED_DATA names the folder that has them. Marks are what was measured,
// rounded up by about a tenth.
#include "end_to_end/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace bimix {
namespace {

using test::bimix;
using test::TemporaryFolder;
using Json = nlohmann::json;

class PublishedLogs : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("BIMIX_PUBLISHED_DATA");
    const auto data = folder ? std::filesystem::path(folder)
                             : std::filesystem::path(BIMIX_SOURCE_DIR) / "../shared/data";
    if (!std::filesystem::exists(data))
      GTEST_SKIP() << "no published tables in " << data << " (BIMIX_PUBLISHED_DATA)";
    data_ = data.string();
  }

  /// `bimix evaluate` of a run, as JSON.
  Json evaluate(const std::string& flags) {
    const auto result = bimix("-q evaluate --json " + run_ + " " + flags, 2);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return Json::parse(result.output);
  }

  void import(const std::string& logs) {
    const auto result = bimix("-q import " + logs + " -o " + run_);
    ASSERT_EQ(result.exit_code, 0) << result.output;
  }

  void import_redpajama() {
    import(data_ +
           "/redpajama/redpajama_70m.txt --normalise --tokens-per-step 1048576 --law bimix"
           " --domains CommonCrawl,C4,Github,ArXiv,Books,StackExchange,Wikipedia"
           " --eval-map Books3=Books,Wikipedia_en=Wikipedia,Pile-CC=C4");
  }

  std::string data_{};
  TemporaryFolder folder_{};
  std::string run_ = folder_ / "run";
};

const Json& of_law(const Json& evaluation, const std::string& law) {
  for (const Json& score : evaluation.at("laws"))
    if (score.at("law") == law) return score.at("mean");
  throw std::runtime_error("no law " + law);
}

/// Mean of a figure over the six sets of the Pile that a domain of RedPajama stands behind.
double mean_of_targets(const Json& evaluation, const std::string& law, const std::string& figure) {
  double sum = 0.0;
  for (const char* target :
       {"Github", "ArXiv", "Books3", "StackExchange", "Wikipedia_en", "Pile-CC"}) {
    const Json& domains = evaluation.at("domains");
    const auto place = std::find(domains.begin(), domains.end(), target) - domains.begin();
    sum += of_law(evaluation, law).at(figure).at(static_cast<std::size_t>(place)).get<double>();
  }
  return sum / 6.0;
}

TEST_F(PublishedLogs, MixturesOfRedPajamaArePredictedAt30000Steps) {
  import_redpajama();
  const Json folds = evaluate("--protocol kfold --folds 5 --laws bimix,effective_share");
  const double bimix = mean_of_targets(folds, "bimix", "r2");
  const double ours = mean_of_targets(folds, "effective_share", "r2");
  std::printf("R2 across mixtures, 5 folds: bimix %.3f, effective_share %.3f\n", bimix, ours);
  EXPECT_GT(ours, 0.94);
  EXPECT_NEAR(bimix, 0.50, 0.06);  // known to be 0.52 on other folds
}

TEST_F(PublishedLogs, RunsOfRedPajamaAreContinuedFrom20000To30000Steps) {
  import_redpajama();
  const Json ahead =
      evaluate("--protocol extrapolation --seen 20971520000 --laws bimix,effective_share");
  const auto percent = [&](const std::string& law, const std::string& figure) {
    return 100.0 * mean_of_targets(ahead, law, figure);
  };
  const double ours = percent("anchored effective_share", "error");
  const double power = percent("run_power", "error");
  const double persistence = percent("run_power", "persistence");
  std::printf(
      "anchored %.3f %%, law alone %.3f %%, power law of each run %.3f %%, persistence %.2f %%\n",
      ours, percent("effective_share", "error"), power, persistence);
  EXPECT_LT(ours, 0.22);
  EXPECT_LT(ours, 0.7 * power);
  EXPECT_NEAR(persistence, 2.15, 0.01);
}

TEST_F(PublishedLogs, ImportFitsTheLawThatPredictsSlimPajamaBest) {
  import(data_ + "/slimpajama/slimpajama_122m.csv");
  const Json draws = evaluate("--protocol draws --train 8 --draws 20");
  double least = 1.0, ours = 1.0;
  for (const Json& score : draws.at("laws")) {
    double mean = 0.0;
    for (const Json& error : score.at("mean").at("error"))
      mean += error.is_null() ? std::nan("") : error.get<double>() / 8.0;
    if (score.at("law") == "effective_share")
      ours = mean;
    else if (mean < least)
      least = mean;
  }
  EXPECT_LT(ours, 0.0055);
  EXPECT_LT(ours, least);
  const auto fit = bimix("-q fit --json " + run_);
  EXPECT_EQ(Json::parse(fit.output).at("law"), "effective_share");
}

TEST_F(PublishedLogs, MixturesOfRegMixArePredicted) {
  import(data_ + "/regmix/train_mixture_1m.csv " + data_ +
         "/regmix/train_pile_loss_1m.csv --tokens 1B --law linear");
  const Json folds = evaluate("--protocol kfold --laws linear,effective_share");
  const double ours = of_law(folds, "effective_share").at("spearman").get<double>();
  const double linear = of_law(folds, "linear").at("spearman").get<double>();
  std::printf("rank correlation over 512 mixtures: linear %.3f, effective_share %.3f\n", linear,
              ours);
  EXPECT_GT(ours, 0.97);
  EXPECT_LT(linear, 0.6);
}

}  // namespace
}  // namespace bimix
