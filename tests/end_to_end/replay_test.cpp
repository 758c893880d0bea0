#include "end_to_end/program.hpp"

#include <bimix/store/journal.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace bimix {
namespace {

using test::bimix;
using test::TemporaryFolder;
using testing::HasSubstr;

const std::string synthetic_log = "tests/samples/synthetic_bimix.csv";

/// The text of configs/replay.yaml, which finds its logs from wherever it is written to.
std::string replay_campaign() {
  std::string text = test::bytes_of(BIMIX_SOURCE_DIR "/configs/replay.yaml");
  const std::string base = "base: ..";
  return text.replace(text.find(base), base.size(), "base: " BIMIX_SOURCE_DIR);
}

/// Everything but where and how fast it was made.
std::vector<std::string> real_differences(const std::string& a, const std::string& b) {
  return store::differences(a + "/results.h5", b + "/results.h5", store::timing_paths());
}

TEST(Replay, RecoversTheCoefficientsOfASyntheticLog) {
  const TemporaryFolder folder;
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + (folder / "run")).exit_code, 0);
  const auto fit = bimix("-q fit --json " + (folder / "run"));
  ASSERT_EQ(fit.exit_code, 0) << fit.output;
  // make_synthetic_log.py: domain -> P, alpha, beta, Q. The log has all digits, so what is left is
  // the solver's own stopping tolerance times the condition of the problem.
  const double law[3][4] = {
      {12.0, 0.030, 0.25, 2.10}, {9.0, 0.080, 0.30, 0.90}, {14.0, 0.050, 0.22, 2.30}};
  const auto domains = nlohmann::json::parse(fit.output).at("domains");
  for (int d = 0; d < 3; ++d) {
    const auto& seen = domains[d]["coefficient"];
    EXPECT_NEAR(seen["P"].get<double>(), law[d][0], 1e-6 * law[d][0]);
    EXPECT_NEAR(seen["alpha"].get<double>(), law[d][1], 1e-8);
    EXPECT_NEAR(seen["beta"].get<double>(), law[d][2], 1e-7);
    EXPECT_NEAR(seen["Q"].get<double>(), law[d][3], 1e-6 * law[d][3]);
  }
}

// Pools that were said for all runs were neither in results.h5 nor in the table that is exported,
// and an import of that knew none.
TEST(Replay, KeepsThePoolsThatWereSaid) {
  const TemporaryFolder folder;
  const std::string flags = " --unique-tokens web=2M,code=none -o " + (folder / "run");
  ASSERT_EQ(bimix("import " + synthetic_log + flags).exit_code, 0);
  const auto table = bimix("-q export --to csv " + (folder / "run"));
  ASSERT_EQ(table.exit_code, 0) << table.output;
  EXPECT_THAT(table.output, HasSubstr("unique_tokens"));
  test::write_text(folder / "again.csv", table.output);
  ASSERT_EQ(bimix("import " + (folder / "again.csv") + " -o " + (folder / "again")).exit_code, 0);
  for (const char* run : {"run", "again"}) {
    const auto predicted = bimix("-q predict --json " + (folder / run) +
                                 " --mixture web=0.5,code=0.3,books=0.2 --tokens 40M");
    ASSERT_EQ(predicted.exit_code, 0) << predicted.output;
    EXPECT_EQ(predicted.output, bimix("-q predict --json " + (folder / "run") +
                                      " --mixture web=0.5,code=0.3,books=0.2 --tokens 40M")
                                    .output);
  }
}

TEST(Replay, GivesTheSameResultsAt1And2And3Ranks) {
  const TemporaryFolder folder;
  for (int ranks = 1; ranks <= 3; ++ranks) {
    const auto run = bimix("run configs/replay.yaml -o " + (folder / std::to_string(ranks)), ranks);
    ASSERT_EQ(run.exit_code, 0) << run.output;
  }
  EXPECT_THAT(real_differences(folder / "1", folder / "2"), testing::IsEmpty());
  EXPECT_THAT(real_differences(folder / "1", folder / "3"), testing::IsEmpty());
}

TEST(Next, IsProposedForLogsTooButCannotBeRunThere) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  const auto told = bimix("plan " + run + " --next 2");
  EXPECT_EQ(told.exit_code, 0) << told.output;
  EXPECT_THAT(told.output, HasSubstr("the best mixture is known"));  // the log has no noise
  const auto refused = bimix("plan " + run + " --next 2 --write " + (folder / "x.yaml"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("this campaign replays logs"));
}

TEST(Export, TablesComeBackAsTheyWere) {
  const TemporaryFolder folder;
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + (folder / "run")).exit_code, 0);
  for (const std::string format : {"csv", "csv-wide"}) {
    const std::string table = folder / (format + ".csv"), again = folder / format;
    const auto written = bimix("export " + (folder / "run") + " --to " + format + " -o " + table);
    ASSERT_EQ(written.exit_code, 0) << written.output;
    ASSERT_EQ(bimix("import " + table + " -o " + again).exit_code, 0);
    const auto same =
        test::shell(BIMIX_PROGRAM " -q export " + again + " --to " + format + " | cmp - " + table);
    EXPECT_EQ(same.exit_code, 0) << same.output;
  }
}

TEST(Export, GivesATrainerTheMixtureOfAVolumeAndSaysWhatIsMissing) {
  const TemporaryFolder folder;
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + (folder / "run")).exit_code, 0);
  const auto run = folder / "run";
  const auto told = bimix("export " + run + " --to megatron --tokens 20B --path web=/data/web", 2);
  EXPECT_EQ(told.exit_code, 0) << told.output;
  EXPECT_THAT(told.output, HasSubstr(" /data/web\n"));
  EXPECT_THAT(told.output, HasSubstr("No --path for"));
  const auto fallen = bimix("-q export " + run + " --to olmo --mixture default");
  EXPECT_EQ(fallen.exit_code, 0);
  EXPECT_THAT(fallen.output, HasSubstr("target_ratio"));
  for (const std::string wrong :
       {"--to megatro", "--to olmo --path nowhere=/x", "--to olmo --path web",
        "--to olmo --path web=", "--to olmo --path web=/a --path web=/b"})
    EXPECT_EQ(bimix("export " + run + " " + wrong).exit_code, 2) << wrong;
  EXPECT_EQ(bimix("export " + run + " --to csv -o /nowhere/x.csv").exit_code, 3);
}

TEST(Init, WritesTheCampaignThatMadeAResultFile) {
  const TemporaryFolder folder;
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + (folder / "run")).exit_code, 0);
  const auto written =
      bimix("init " + (folder / "again.yaml") + " --from " + (folder / "run/results.h5"));
  ASSERT_EQ(written.exit_code, 0) << written.output;
  // As it was given, but that its paths start where they did.
  EXPECT_EQ(test::shell("for f in configs/replay.yaml " + (folder / "again.yaml") +
                        "; do grep -v ^base: $f | cksum; done | uniq | wc -l")
                .output,
            "1\n");
  EXPECT_EQ(bimix("validate " + (folder / "again.yaml")).exit_code, 0);
  EXPECT_EQ(bimix("validate " + (folder / "run/campaign.yaml")).exit_code, 0);
  EXPECT_THAT(bimix("export " + (folder / "run") + " --to ro-crate").output,
              AllOf(HasSubstr("\"startTime\""), HasSubstr("\"endTime\"")));
  EXPECT_EQ(bimix("init " + (folder / "b.yaml") + " --from configs/replay.yaml").exit_code, 3);
  EXPECT_EQ(bimix("init " + (folder / "c.yaml") + " --template demo --from x.h5").exit_code, 2);
}

TEST(Import, TakesTheSameRoadAsRun) {
  const TemporaryFolder folder;
  const auto imported = bimix("import " + synthetic_log + " -o " + (folder / "logs"));
  ASSERT_EQ(imported.exit_code, 0) << imported.output;
  EXPECT_EQ(bimix("verify " + (folder / "logs")).exit_code, 0);
  // The campaign it wrote is one that `run` takes.
  EXPECT_EQ(bimix("run " + (folder / "logs/campaign.yaml") + " -o " + (folder / "again")).exit_code,
            0);
  EXPECT_THAT(real_differences(folder / "logs", folder / "again"), testing::IsEmpty());
}

// Logs named from the working directory are found from the run folder, from wherever that is said.
TEST(Import, WritesACampaignThatFindsTheLogs) {
  const TemporaryFolder folder;
  test::write_text(folder / "l.csv", test::bytes_of(BIMIX_SOURCE_DIR "/" + synthetic_log));
  const std::string program = BIMIX_PROGRAM;
  const auto ended =
      test::shell("cd " + (folder / ".") + " && " + program + " import l.csv -o r && cd / && " +
                  program + " validate " + (folder / "r/campaign.yaml"));
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
}

TEST(Resume, TellsAnotherOrderOfDomainsAsWhatItIs) {
  const TemporaryFolder folder;
  const std::string text =
      "name: x\ndomains: {web: {share: 0.6}, code: {share: 0.2}, books: {share: 0.2}}\n"
      "source: {replay: {files: " BIMIX_SOURCE_DIR "/" +
      synthetic_log + "}}\nfit: {bootstrap: 10}\n";
  test::write_text(folder / "c.yaml", text);
  ASSERT_EQ(bimix("run " + (folder / "c.yaml") + " -o " + (folder / "r")).exit_code, 0);
  std::string other = text;
  other.replace(other.find("web: {share: 0.6}, code: {share: 0.2}"), 37,
                "code: {share: 0.2}, web: {share: 0.6}");
  test::write_text(folder / "d.yaml", other);
  const auto refused = bimix("run " + (folder / "d.yaml") + " -o " + (folder / "r"));
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr("web, code and books"), HasSubstr("code, web and books"),
                    HasSubstr("in another order")));
}

/// Two runs of a law in the layout of a pair of files and of another set's names.
TEST(Import, TiesEvaluationSetsAsTold) {
  const TemporaryFolder folder;
  std::string losses = "run,steps,loss/Web,loss/novels,loss/exams\n", mixtures = "run,web,books\n";
  for (int run = 0; run < 6; ++run) {
    const double web = 0.2 + 0.1 * run;
    mixtures += fmt::format("r{},{},{}\n", run, web, 1 - web);
    for (const double steps : {100.0, 200.0, 400.0, 800.0})
      losses += fmt::format("r{},{},{},{},4\n", run, steps,
                            std::pow(web, -0.1) * (3 / std::sqrt(steps) + 2),
                            std::pow(1 - web, -0.2) * (4 / std::sqrt(steps) + 2));
  }
  test::write_text(folder / "losses.csv", losses);
  test::write_text(folder / "mixtures.csv", mixtures);
  const std::string import = "import " + (folder / "losses.csv") + " --mixtures " +
                             (folder / "mixtures.csv") + " -o " + (folder / "run");
  EXPECT_THAT(bimix(import).output, HasSubstr("--tokens-per-step"));
  const std::string told = import + " --law bimix --tokens-per-step 1K --eval-map novels=";
  EXPECT_THAT(bimix(told + "book").output, HasSubstr("Did you mean 'books'"));
  const auto ended = bimix(told + "books");
  ASSERT_EQ(ended.exit_code, 0) << ended.output;
  for (const char* said :
       {"Format csv-wide (recognised by its content): 6 runs, 2 training domains, 3 "
        "evaluation sets, 4 volumes from 100K to 800K tokens",
        "follow the share of: Web -> web and novels -> books",
        "without a training domain (--eval-map SET=DOMAIN): exams", "domain 'exams' is not fitted"})
    EXPECT_THAT(ended.output, HasSubstr(said));
  EXPECT_EQ(bimix("verify " + (folder / "run")).exit_code, 0);
}

/// Imports a pair of tables of six runs. @param more behind the shares of every run
auto import_pair(const TemporaryFolder& folder, std::string losses, std::string mixtures,
                 const std::string& more = "") {
  for (int run = 1; run < 7; ++run) {
    mixtures += fmt::format("{},{},{}{}\n", run, 0.1 * run, 1 - 0.1 * run, more);
    losses += fmt::format("{},{},{}\n", run, 5 - 0.1 * run, 4 + 0.1 * run);
  }
  test::write_text(folder / "losses.csv", losses);
  test::write_text(folder / "mixtures.csv", mixtures);
  return bimix("import " + (folder / "losses.csv") + " " + (folder / "mixtures.csv") +
               " --tokens 1B -o " + (folder / "run"));
}

TEST(Import, AnswersWhereADomainIsInNoRun) {
  const TemporaryFolder folder;
  const auto ended = import_pair(folder, "index,web,books\n", "index,web,books,unused\n", ",0");
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("the share of 'unused' is 0 (no mixture that was trained has "
                                      "any of it)"));
}

// Most laws cannot be fitted to it; the program says so and takes one that can.
TEST(Import, FitsALawThatOneVolumeIsEnoughFor) {
  const TemporaryFolder folder;
  const auto ended = import_pair(folder, "index,metric/web_val_loss,metric/books_val_loss\n",
                                 "index,train_web,train_books\n");
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  for (const char* said : {"Format regmix (recognised by its content): 6 runs",
                           "one volume tells nothing of the loss at another", "Law effective_share",
                           "Best mixture for 1B tokens"})
    EXPECT_THAT(ended.output, HasSubstr(said));
}

/// Losses of L = r^-0.1 (20 s^-0.25 + 1 + 12 N^-0.3) on two domains, eight mixtures and three model
/// sizes, as logs have them that name runs by their mixture.
std::string log_of_three_sizes() {
  std::string log = "run,parameters,tokens,domain,share,loss_nats\n";
  for (const double size : {1e6, 3e6, 1e7})
    for (int mixture = 1; mixture <= 8; ++mixture)
      for (const double tokens : {1e6, 4e6, 1.6e7, 6.4e7})
        for (const bool first : {true, false}) {
          const double share = first ? mixture / 10.0 : 1.0 - mixture / 10.0;
          log +=
              fmt::format("m{},{},{},{},{},{}\n", mixture, size, tokens, first ? "a" : "b", share,
                          std::pow(share, -0.1) *
                              (20.0 * std::pow(tokens, -0.25) + 1.0 + 12.0 * std::pow(size, -0.3)));
        }
  return log;
}

TEST(Import, FitsModelsOfSeveralSizesTogether) {
  const TemporaryFolder folder;
  test::write_text(folder / "log.csv", log_of_three_sizes());
  const std::string run = folder / "run";
  const auto imported = bimix("import " + (folder / "log.csv") + " --law bimix -o " + run);
  ASSERT_EQ(imported.exit_code, 0) << imported.output;
  EXPECT_THAT(imported.output,
              HasSubstr("3 model sizes: 1M (8 runs), 3M (8 runs) and 10M (8 runs)"));
  EXPECT_THAT(imported.output, HasSubstr("models of 1M to 10M parameters"));
  EXPECT_THAT(imported.output, HasSubstr("and a model of 10M parameters"));

  const auto loss = [&](const std::string& flags) {
    const auto answer = bimix("-q predict --json " + run + " --mixture a=0.3,b=0.7 " + flags);
    EXPECT_EQ(answer.exit_code, 0) << answer.output;
    return nlohmann::json::parse(answer.output).at(0).at("loss_nats").get<double>();
  };
  EXPECT_NEAR(
      loss("--tokens 1B --parameters 1B"),
      std::pow(0.3, -0.1) * (20.0 * std::pow(1e9, -0.25) + 1.0 + 12.0 * std::pow(1e9, -0.3)), 1e-3);
  EXPECT_EQ(loss("--tokens 1B"), loss("--tokens 1B --parameters 10M"));
  const auto best = bimix("-q optimize --json " + run + " --tokens 1B --parameters 1B");
  EXPECT_EQ(nlohmann::json::parse(best.output).at("model_size"), 1e9);
  EXPECT_THAT(best.output, HasSubstr("losses are extrapolated to a model of 1e+09 parameters"));
  const auto continued = bimix("predict " + run + " --trial m4@3M --tokens 256M");
  EXPECT_EQ(continued.exit_code, 0) << continued.output;

  const auto evaluated = bimix("-q evaluate --json " + run + " --protocol larger-model", 2);
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.output;
  const auto found = nlohmann::json::parse(evaluated.output).at("laws");
  for (const auto& score : found)
    EXPECT_TRUE(score.at("law") != "bimix" || score.at("mean").at("error").at(0) < 0.01);

  ASSERT_EQ(bimix("report " + run).exit_code, 0);
  const auto page = test::shell("cat " + run + "/report.html").output;
  EXPECT_THAT(page, HasSubstr("Runs are those of models of 10M parameters"));
  EXPECT_THAT(page, HasSubstr("and a model of 10M parameters the best mixture has"));

  // One size alone, and laws that know no other.
  const std::string one = folder / "one";
  ASSERT_EQ(
      bimix("import " + (folder / "log.csv") + " --parameters 3M --law bimix -o " + one).exit_code,
      0);
  const auto refused =
      bimix("predict " + one + " --mixture a=0.3,b=0.7 --tokens 1B --parameters 10M");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("law bimix cannot tell of models of 1e+07 parameters "
                                        "(it was fitted to models of 3e+06)"));
  EXPECT_EQ(bimix("evaluate " + one + " --protocol larger-model").exit_code, 2);
}

// A table gives what its mixtures give one by one, in whatever form.
TEST(Derived, ATableOfMixturesIsPredictedAtOnce) {
  const TemporaryFolder folder;
  const std::string run = folder / "run", table = folder / "mixtures.csv";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  std::ofstream(table) << "books,web,code\n0.5,0.2,0.3\n0.2,0.3,0.5\n";
  const std::string asked = run + " --tokens 1M --mixtures " + table;
  const auto one = data::Json::parse(
      bimix("-q predict --json " + run + " --mixture web=0.2,code=0.3,books=0.5 --tokens 1M")
          .output);
  const auto many = data::Json::parse(bimix("-q predict --json " + asked).output);
  ASSERT_EQ(many.size(), 2u);
  EXPECT_EQ(many[0].at("losses"), one);
  EXPECT_EQ(many[1].at("mixture").at("code"), 0.5);
  const std::string csv = bimix("-q predict --csv " + asked).output;
  EXPECT_EQ(csv.substr(0, csv.find(",low/")),
            "mixture,tokens,share/web,share/code,share/books,loss/web");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(bimix("predict " + asked).output, HasSubstr("loss (nats) of mixture"));
  EXPECT_EQ(bimix("predict " + run + " --tokens 1M").exit_code, 2);
  std::ofstream(table) << "books,web\n0.5,0.5\n";
  EXPECT_EQ(bimix("predict " + asked).exit_code, 3);
}

TEST(Derived, CommandsAnswerFromTheFolderAlone) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  EXPECT_THAT(bimix("predict " + run + " --mixture web=0.2,code=0.3,books=0.5 --tokens 1M").output,
              HasSubstr("books"));
  EXPECT_THAT(bimix("optimize " + run + " --tokens 1B --cap books=0.3").output, HasSubstr("0.300"));
  EXPECT_THAT(bimix("status " + run).output, HasSubstr("12 of 12 done"));
  EXPECT_THAT(bimix("status --watch --html " + run).output, HasSubstr("Page: " + run));
  const std::string page = test::bytes_of(run + "/report.html");
  EXPECT_THAT(page, HasSubstr("12 of 12 trials ended well"));
  EXPECT_THAT(page, testing::Not(HasSubstr("http-equiv=\"refresh\""))) << "the run is over";

  const auto wrong = bimix("predict " + run + " --mixture wep=0.2,code=0.8 --tokens 1M");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.output, HasSubstr("Did you mean 'web=...'"));
  EXPECT_EQ(bimix("predict " + run + " --mixture web=0.2,code=0.2 --tokens 1M").exit_code, 2);
  const auto infeasible = bimix("optimize " + run + " --cap web=0.1,code=0.1,books=0.1");
  EXPECT_EQ(infeasible.exit_code, 2) << infeasible.output;
  EXPECT_EQ(bimix("fit " + run + " --law bimiks").exit_code, 2);
}

TEST(Laws, AreChosenFittedAndVerifiedTheSameAtAnyNumberOfRanks) {
  const TemporaryFolder folder;
  auto text = replay_campaign();
  text.replace(text.find("law: bimix"), 10, "law: auto");
  test::write_text(folder / "auto.yaml", text);
  for (const int ranks : {1, 2}) {
    const auto run =
        bimix("run " + (folder / "auto.yaml") + " -o " + (folder / std::to_string(ranks)), ranks);
    ASSERT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("Laws on held-out mixtures"));
    EXPECT_THAT(run.output, HasSubstr("bimix predicts held-out mixtures best"));
  }
  EXPECT_THAT(real_differences(folder / "1", folder / "2"), testing::IsEmpty());
  EXPECT_EQ(bimix("verify " + (folder / "1")).exit_code, 0);
  EXPECT_THAT(bimix("fit " + (folder / "1") + " --law joint --bootstrap 0").output,
              HasSubstr("log_c_1"));
}

TEST(Evaluate, AnswersByProtocolAsTableAndAsJson) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  const std::string draws = "evaluate " + run + " --protocol draws --train 6 --draws 3 ";
  const auto json = bimix("-q " + draws + "--laws bimix,linear --json");
  ASSERT_EQ(json.exit_code, 0) << json.output;
  const auto found = nlohmann::json::parse(json.output);
  EXPECT_EQ(found.at("training_mixtures").size(), 3u);
  EXPECT_EQ(found.at("training_mixtures")[0].size(), 6u);
  EXPECT_LT(found.at("laws")[0].at("mean").at("error")[0].get<double>(), 1e-8);  // the true law
  EXPECT_GT(found.at("laws")[1].at("mean").at("error")[0].get<double>(), 1e-4);
  EXPECT_EQ(found.at("laws")[0].at("predicted").size(), found.at("points").at("seen").size());
  EXPECT_EQ(bimix(draws + "--laws bimix", 2).output, bimix(draws + "--laws bimix", 3).output);
  const std::string unseen = "evaluate " + run + " --protocol unseen --laws bimix --hold-out ";
  const std::string held = found.at("mixtures")[1];
  EXPECT_THAT(bimix(unseen + held).output,
              testing::AllOf(HasSubstr("as Table 2 of the paper"), HasSubstr("  " + held + "  ")));
  const auto none = bimix(unseen + held + "x");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.output, HasSubstr("Did you mean '" + held + "'"));
  const auto wrong = bimix("evaluate " + run + " --protocol folds --laws joinz");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.output, HasSubstr("'folds' is no protocol"));
  EXPECT_THAT(wrong.output, HasSubstr("joint"));
}

TEST(Bench, SaysHowFastFitsAndCountsAre) {
  const auto fits = bimix("-q bench fit --seconds 0.05 --laws bimix --problems 2 --json", 2);
  ASSERT_EQ(fits.exit_code, 0) << fits.output;
  const auto found = nlohmann::json::parse(fits.output);
  EXPECT_GT(found.at("fits_per_second").get<double>(), 0);
  EXPECT_EQ(found.at("ranks"), 2);
  EXPECT_EQ(found.at("beaten"), 0);
  EXPECT_EQ(found.at("problem").size(), 2u);
  EXPECT_EQ(found.at("problem")[0].at("share").size(), 100u);
  EXPECT_EQ(bimix("bench fit --laws bimixx").exit_code, 2);
  const auto counts = bimix("-q bench entropy --seconds 0.05 --json");
  ASSERT_EQ(counts.exit_code, 0) << counts.output;
  EXPECT_GT(nlohmann::json::parse(counts.output).at("bytes_per_second").get<double>(), 0);
}

TEST(Bench, SaysHowCostsGrowWithTrialsAndDomains) {
  const auto ended = bimix("-q bench scale --trials 200 --domains 5 --resamples 2 --json", 2);
  ASSERT_EQ(ended.exit_code, 0) << ended.output;
  const auto found = nlohmann::json::parse(ended.output);
  EXPECT_EQ(found.at("ranks"), 2);
  const auto& by_trials = found.at("by_trials");
  ASSERT_EQ(by_trials.at("sizes").size(), 2u);
  EXPECT_EQ(by_trials.at("sizes")[1].at("trials"), 200);
  EXPECT_EQ(by_trials.at("sizes")[1].at("domains"), 7);
  EXPECT_TRUE(by_trials.at("exponents").contains("fit"));
  EXPECT_EQ(found.at("by_domains").at("sizes")[1].at("domains"), 5);
  for (const char* wrong : {"--trials 0", "--trials=-5", "--trials 1e30", "--trials many",
                            "--trials nan", "--domains 3", "--domains 1e9", "--domains ''"}) {
    const auto refused = bimix(std::string("bench scale ") + wrong);
    EXPECT_EQ(refused.exit_code, 2) << wrong;
    EXPECT_THAT(refused.output,
                testing::AllOf(HasSubstr("is no such size"), HasSubstr("Write for example")))
        << wrong;
  }
  EXPECT_THAT(bimix("bench scale --law bimixx").output, HasSubstr("Did you mean 'bimix'"));
  EXPECT_EQ(bimix("bench scale --resamples=-1").exit_code, 2);
}

// How long it takes does not depend on the size of the journal: it is not read.
TEST(Status, DoesNotReadTheJournal) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  const std::string told = bimix("status " + run).output;
  test::write_text(run + "/journal.ndjson", "no journal");
  EXPECT_EQ(bimix("status " + run).output, told);
  EXPECT_EQ(bimix("verify " + run).exit_code, 3) << "who reads it finds that it is none";
}

TEST(Report, WritesAPageAgainOnlyIfItHasChanged) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  const std::string report = "report " + run, look = "stat -c '%i %y' " + run + "/report.html";
  ASSERT_EQ(bimix(report).exit_code, 0);
  const std::string before = test::shell(look).output;
  ASSERT_EQ(bimix(report).exit_code, 0);
  EXPECT_EQ(test::shell(look).output, before);
  test::shell("echo >> " + run + "/report.html");
  ASSERT_EQ(bimix(report).exit_code, 0);
  EXPECT_NE(test::shell(look).output, before);
}

TEST(Verify, FindsAResultFileThatIsNotTheJournalsImage) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + (folder / "other")).exit_code, 0);
  // Another law in the result file: results of a run with plain residuals.
  auto text = replay_campaign();
  text.replace(text.find("seed: 1"), 7, "seed: 2");
  test::write_text(folder / "seed2.yaml", text);
  ASSERT_EQ(bimix("run " + (folder / "seed2.yaml") + " -o " + (folder / "seed2")).exit_code, 0);
  std::filesystem::copy_file(folder / "seed2/results.h5", run + "/results.h5",
                             std::filesystem::copy_options::overwrite_existing);
  const auto verdict = bimix("verify " + run);
  EXPECT_EQ(verdict.exit_code, 3);
  EXPECT_THAT(verdict.output, HasSubstr("is not the image of its journal"));
  // What it advises mends it.
  std::filesystem::remove(run + "/results.h5");
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
}

TEST(Doctor, SaysWhatARunWouldFind) {
  const TemporaryFolder folder;
  const auto fine = bimix("doctor " + (folder / ""), 2);
  EXPECT_THAT(fine.output, testing::AllOf(HasSubstr("2 on 1 host"), HasSubstr("locked, synced in"),
                                          HasSubstr("memory")));
  const auto bad = bimix("doctor /proc");
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_THAT(bad.output, testing::AllOf(HasSubstr("BAD"), HasSubstr("cannot be written")));
}

TEST(Refusals, NameTheMistakeAndTheRemedy) {
  const TemporaryFolder folder;
  EXPECT_EQ(bimix("run /no/such.yaml").exit_code, 3);
  EXPECT_EQ(bimix("fit " + (folder / "nothing")).exit_code, 3);
  EXPECT_EQ(bimix("status " + (folder / "nothing")).exit_code, 3);
  EXPECT_EQ(bimix("status --html " + (folder / "nothing")).exit_code, 2) << "without --watch";
  EXPECT_EQ(bimix("status --watch --html " + (folder / "nothing"), 2).exit_code, 2) << "two ranks";
  EXPECT_EQ(bimix("frobnicate").exit_code, 2);
  EXPECT_THAT(bimix("optimise x").output, HasSubstr("Did you mean 'bimix optimize'?"));
  EXPECT_EQ(bimix("run").exit_code, 2);
  for (const char* later : {"run x.yaml --fresh"}) {
    const auto refused = bimix(later);
    EXPECT_EQ(refused.exit_code, 2) << later;
    EXPECT_THAT(refused.output, HasSubstr("is not in this version")) << later;
  }
  EXPECT_EQ(bimix("--help").exit_code, 0);
  for (const char* command :
       {"init", "validate", "plan", "run", "import", "status", "entropy", "merge", "fit",
        "evaluate", "optimize", "predict", "export", "report", "verify", "bench", "help"}) {
    const auto help = bimix(std::string(command) + " --help");
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.output, HasSubstr("Example:")) << command;
  }

  test::write_text(folder / "bad.yaml", "name: x\ndomanis: {}\n");
  const auto bad = bimix("validate " + (folder / "bad.yaml"));
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.output, HasSubstr("Did you mean 'domains'"));

  test::write_text(folder / "torn.csv",
                   "run,tokens,domain,share,loss_nats\na,1000,x,0.5,2.0\na,1000,y,0.5,");
  const auto torn = bimix("import " + (folder / "torn.csv") + " -o " + (folder / "torn"));
  EXPECT_EQ(torn.exit_code, 3);
  EXPECT_THAT(torn.output, HasSubstr("torn.csv:3"));

  test::write_text(folder / "one.csv",
                   "run,tokens,domain,share,loss_nats\na,1000,x,0.5,2.0\na,1000,y,0.5,2.0\n");
  EXPECT_EQ(bimix("import " + (folder / "one.csv") + " -o " + (folder / "one")).exit_code, 4);
}

TEST(Refusals, SingletonsOfSrunDoNotWrite) {
  const auto alone = test::shell("SLURM_STEP_NUM_TASKS=4 " BIMIX_PROGRAM
                                 " run configs/replay.yaml -o /tmp/never-written");
  EXPECT_EQ(alone.exit_code, 3);
  EXPECT_THAT(alone.output, HasSubstr("srun --mpi=pmix"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/never-written"));
}

TEST(Init, WritesCampaignsThatValidate) {
  const TemporaryFolder folder;
  for (const std::string name : {"demo", "builtin", "smoke", "replay"}) {
    const std::string file = folder / (name + ".yaml");
    EXPECT_EQ(bimix("init " + file + " --template " + name).exit_code, 0);
    EXPECT_EQ(bimix("validate --offline " + file).exit_code, 0) << name;
    EXPECT_EQ(bimix("init " + file).exit_code, 3) << "an existing file must not be overwritten";
  }
  EXPECT_EQ(bimix("init " + (folder / "x.yaml") + " --template demi").exit_code, 2);
}

TEST(Predict, ContinuesALoggedRunBesideItsBaselines) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(bimix("run configs/replay.yaml -o " + run).exit_code, 0);
  const auto json = bimix("-q predict --json " + run + " --trial run00 --tokens 1B");
  ASSERT_EQ(json.exit_code, 0) << json.output;
  const auto domain = nlohmann::json::parse(json.output).at(0);
  // The log is of the law itself: the law, the run's own power law and the anchored law agree.
  EXPECT_NEAR(domain.at("loss_nats"), domain.at("law_nats"), 1e-6);
  EXPECT_NEAR(domain.at("run_power_nats"), domain.at("law_nats"), 1e-3);
  EXPECT_GT(domain.at("seen_nats"), domain.at("loss_nats"));
  EXPECT_THAT(bimix("predict " + run + " --trial run00 --tokens 1B").output,
              HasSubstr("own power law"));
  const auto unknown = bimix("predict " + run + " --trial run0O --tokens 1B");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.output, HasSubstr("there is no trial 'run0O'"));
  const auto back = bimix("predict " + run + " --trial run00 --tokens 1K");
  EXPECT_EQ(back.exit_code, 2);
  EXPECT_THAT(back.output, HasSubstr("a run is continued, not looked up"));
  const auto seen = bimix("evaluate " + run + " --protocol kfold --seen 1K");
  EXPECT_EQ(seen.exit_code, 2);
  EXPECT_THAT(seen.output, HasSubstr("--seen"));
}

// A job that is killed for its memory while it fits would be queued again for ever.
TEST(Resume, RefusesOnceWhatWasKilledFiveTimesBeforeItGotAnywhere) {
  const TemporaryFolder folder;
  const std::string run = folder / "run", command = "run configs/replay.yaml -o " + run;
  ASSERT_EQ(bimix(command).exit_code, 0);
  {
    const store::FolderLock lock(run);
    store::Journal journal(lock);
    for (int session = 0; session < 5; ++session) journal.append(data::RunStamp{});
  }
  const auto refused = bimix(command);
  EXPECT_EQ(refused.exit_code, 3) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("the last 5 sessions were killed before a trial began"));
  EXPECT_EQ(bimix(command).exit_code, 0) << "the remedy is to repeat the command";
}

}  // namespace
}  // namespace bimix
