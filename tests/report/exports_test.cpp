#include <bimix/core/error.hpp>
#include <bimix/report/exports.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace bimix::report {
namespace {

using testing::HasSubstr;

/// Names that a format would misread if they were not quoted.
const std::vector<std::string> hostile{"yes", "12", "a: b # c", "quote\" and \\ and \n line"};

ExportInput three_domains() {
  ExportInput input;
  input.record.plan.name = "demo";
  input.record.plan.domains = {{"web", "code", "books"}, {"web", "code", "books"}, {0, 1, 2}};
  input.share = {1.0 / 3, 2.0 / 3, 0.0};
  input.tokens = 3e9;
  input.unique_tokens = {5e9, 5e8, 0};
  input.paths = {"s3://data/web", "/data/code", "/data/books"};
  return input;
}

ExportInput hostile_domains() {
  ExportInput input = three_domains();
  input.record.plan.domains.train = hostile;
  input.share = {0.25, 0.25, 0.25, 0.25};
  input.unique_tokens = {};
  input.paths = hostile;
  return input;
}

/// One trial of each kind: finished, one with a missing loss, one without any.
ExportInput some_run() {
  ExportInput input;
  data::RunRecord& record = input.record;
  record.plan.domains = {{"web", "a,\"b\""}, {"web", "law"}, {0, -1}};
  for (const std::string id : {"1", "2", "3"})
    record.plan.trials.push_back(
        {.id = id, .mixture_label = "mix-" + id, .mixture = {0.25, 0.75}, .repeat = 1});
  record.results.push_back({.id = "2", .curve = {{1000, 0, {2.5, std::nan("")}}}});
  record.results.push_back(
      {.id = "1", .curve = {{1000, 10, {2.1, 3.1}}, {2000, 20, {0.1, 0.2}}}, .parameters = 7});
  return input;
}

TEST(Blend, LeavesOutUnusedDomainsAndCountsTokensAndEpochs) {
  const auto parts = blend_of(three_domains());
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].domain, "web");
  EXPECT_DOUBLE_EQ(parts[0].share, 0.333333);
  EXPECT_DOUBLE_EQ(parts[1].share, 0.666667);
  EXPECT_DOUBLE_EQ(parts[1].tokens, 0.666667 * 3e9);
  EXPECT_DOUBLE_EQ(parts[1].epochs, 0.666667 * 3e9 / 5e8);
}

TEST(Blend, SharesStillAddUpWhenManyAreRoundedTheSameWay) {
  ExportInput input = three_domains();
  const std::size_t count = 700;  // 1/700 is 1428.57 millionths
  input.record.plan.domains.train.clear();
  for (std::size_t k = 0; k < count; ++k)
    input.record.plan.domains.train.push_back(std::to_string(k));
  input.share.assign(count, 1.0 / count);
  input.unique_tokens.clear();
  input.paths.clear();
  double millionths = 0;
  for (const BlendPart& part : blend_of(input)) millionths += std::round(part.share * 1e6);
  EXPECT_EQ(millionths, 1e6);
}

TEST(Blend, WithoutAMixtureItSaysWhatToDo) {
  ExportInput input = three_domains();
  input.share.clear();
  EXPECT_THROW(blend_of(input), core::DataError);
}

TEST(Exports, AnUnknownNameIsRefusedWithTheNearestOne) {
  try {
    find_exporter("megatrom");
    FAIL();
  } catch (const core::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'megatron'"));
  }
}

std::vector<std::string> names_of(const std::vector<ExportOf>& kinds) {
  std::vector<std::string> names;
  for (const Exporter& exporter : exporters())
    if (std::find(kinds.begin(), kinds.end(), exporter.of) != kinds.end())
      names.push_back(exporter.name);
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class EveryExportOfAMixture : public testing::TestWithParam<std::string> {};

TEST_P(EveryExportOfAMixture, NamesOnlyWhatIsUsed) {
  const std::string text = export_text(GetParam(), three_domains());
  EXPECT_EQ(text.back(), '\n');
  EXPECT_THAT(text, HasSubstr("/data/code"));
  EXPECT_THAT(text, HasSubstr("0.333333"));
  EXPECT_THAT(text, testing::Not(HasSubstr("books")));
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryExportOfAMixture,
                         testing::ValuesIn(names_of({ExportOf::mixture})), test_name);

class EveryExportOfARun : public testing::TestWithParam<std::string> {};

TEST_P(EveryExportOfARun, NeedsNoMixtureAndNotEveryTrial) {
  const std::string text = export_text(GetParam(), some_run());
  EXPECT_EQ(text.back(), '\n');
  EXPECT_THAT(text, HasSubstr("2.1"));
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryExportOfARun,
                         testing::ValuesIn(names_of({ExportOf::losses, ExportOf::everything})),
                         test_name);

TEST(MegatronExport, IsWeightsAndPrefixesByTurns) {
  EXPECT_EQ(export_text("megatron", three_domains()),
            "0.333333 s3://data/web\n0.666667 /data/code\n");
}

TEST(MegatronExport, RefusesWhiteSpaceInAPrefix) {
  EXPECT_THROW(export_text("megatron", hostile_domains()), core::UsageError);
}

TEST(MegatronBlendExport, HasStringsForTrainingAndNullForTheOtherSplits) {
  const auto json = nlohmann::json::parse(export_text("megatron-blend", hostile_domains()));
  const auto train = json.at("train").get<std::vector<std::string>>();
  ASSERT_EQ(train.size(), 8u);
  EXPECT_EQ(train[0], "0.250000");
  EXPECT_EQ(train[7], hostile[3]);
  EXPECT_TRUE(json.at("valid").is_null());
  EXPECT_TRUE(json.at("test").is_null());
}

TEST(NemoExport, IsOneListOfNumbersAndPrefixes) {
  const YAML::Node list =
      YAML::Load(export_text("nemo", hostile_domains()))["model"]["data"]["data_prefix"];
  ASSERT_EQ(list.size(), 8u);
  EXPECT_EQ(list[0].as<double>(), 0.25);
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(list[2 * k + 1].as<std::string>(), hostile[k]);
    EXPECT_EQ(list[2 * k + 1].Tag(), "!") << "text, not a number or a truth value";
  }
}

TEST(MosaicExport, TellsRemoteFromLocal) {
  const YAML::Node streams = YAML::Load(export_text("mosaic", three_domains()))["streams"];
  EXPECT_EQ(streams["web"]["remote"].as<std::string>(), "s3://data/web");
  EXPECT_EQ(streams["code"]["local"].as<std::string>(), "/data/code");
  EXPECT_EQ(streams["code"]["proportion"].as<double>(), 0.666667);
  EXPECT_EQ(YAML::Load(export_text("mosaic", hostile_domains()))["streams"].size(), 4u);
}

TEST(OlmoExport, AllowsTheRepetitionThatTheMixtureNeeds) {
  const YAML::Node sources = YAML::Load(export_text("olmo", three_domains()))["sources"];
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_FALSE(sources[0]["max_repetition_ratio"]) << "0.2 epochs";
  EXPECT_EQ(sources[1]["max_repetition_ratio"].as<double>(), 4.01) << "4.000002 epochs";
  EXPECT_EQ(sources[1]["paths"][0].as<std::string>(), "/data/code");
  EXPECT_EQ(sources[0]["target_ratio"].as<double>() + sources[1]["target_ratio"].as<double>(), 1.0);
}

TEST(RegmixExport, HasAWeightForEachName) {
  const YAML::Node train = YAML::Load(export_text("regmix", hostile_domains()))["train"];
  for (const std::string& name : hostile) EXPECT_EQ(train[name].as<double>(), 0.25) << name;
}

TEST(DoremiExport, WeighsTrainingByTheMixtureAndEvaluationEqually) {
  const auto json = nlohmann::json::parse(export_text("doremi", three_domains()));
  EXPECT_EQ(json.at("train_domain_weights").at("/data/code").get<double>(), 0.666667);
  EXPECT_EQ(json.at("eval_domain_weights").at("/data/code").get<double>(), 0.5);
}

TEST(CsvExport, HasALossARowAndBlanksForWhatIsMissing) {
  EXPECT_EQ(export_text("csv", some_run()),
            "run,repeat,parameters,tokens,steps,domain,share,loss_nats\n"
            "mix-1,1,7,1000,10,web,0.25,2.1\n"
            "mix-1,1,7,1000,10,\"a,\"\"b\"\"\",0.75,\n"
            "mix-1,1,7,1000,10,law,,3.1\n"
            "mix-1,1,7,2000,20,web,0.25,0.1\n"
            "mix-1,1,7,2000,20,\"a,\"\"b\"\"\",0.75,\n"
            "mix-1,1,7,2000,20,law,,0.2\n"
            "mix-2,1,,1000,0,web,0.25,2.5\n"
            "mix-2,1,,1000,0,\"a,\"\"b\"\"\",0.75,\n"
            "mix-2,1,,1000,0,law,,\n");
}

TEST(CsvExport, NamesTheColumnAfterTheUnit) {
  ExportInput input = some_run();
  input.record.plan.domains.loss_unit = data::LossUnit::bits_per_byte;
  EXPECT_THAT(export_text("csv", input), HasSubstr("share,loss_bits_per_byte\n"));
  EXPECT_THAT(export_text("json", input), HasSubstr("\"loss_unit\": \"bits per byte\""));
}

TEST(CsvExport, HasBitsPerByteBesideNatsWhereBytesAreKnown) {
  ExportInput input = some_run();
  input.record.plan.domains.bytes_per_token = {2.0, 4.0};
  const std::string text = export_text("csv", input);
  EXPECT_THAT(text, HasSubstr("share,loss_nats,loss_bits_per_byte\n"));
  EXPECT_THAT(text, HasSubstr("mix-1,1,7,2000,20,web,0.25,0.1,0.07213475204"));
  EXPECT_THAT(text, HasSubstr("mix-1,1,7,2000,20,\"a,\"\"b\"\"\",0.75,,\n"));
  EXPECT_THAT(text, HasSubstr("mix-1,1,7,2000,20,law,,0.2,0.07213475204"));
  EXPECT_THAT(export_text("json", input), HasSubstr("\"bytes_per_token\": ["));
}

/// Runs of a mixture, one for each loss of the sets web and law.
void add_runs(ExportInput& input, const data::Mixture& mixture,
              const std::vector<std::vector<double>>& losses) {
  for (const std::vector<double>& loss : losses) {
    const std::string id = fmt::format("u{}", input.record.plan.trials.size());
    input.record.plan.trials.push_back({.id = id, .mixture_label = id, .mixture = mixture});
    input.record.results.push_back({.id = id,
                                    .curve = {{.tokens = 1000, .loss_nats = {9.0, 9.0}},
                                              {.tokens = 2000, .loss_nats = loss}}});
  }
}

ExportInput no_runs() {
  ExportInput input;
  input.record.plan.domains = {
      .train = {"web", "code"}, .eval = {"web", "law"}, .share_of = {0, -1}};
  return input;
}

// On the set web the domain web alone is 2 nats better than code, which is the worst; on law code
// is 1 nat better.
TEST(UtilitiesExport, ComparesRunsOnEachDomainAlone) {
  ExportInput input = no_runs();
  add_runs(input, {1.0, 0.0}, {{1.5, 4.0}, {2.5, 4.0}});
  add_runs(input, {0.0, 1.0}, {{4.0, 3.0}});
  add_runs(input, {0.5, 0.5}, {{0.0, 0.0}});
  EXPECT_EQ(export_text("utilities", input),
            "domain,task,value,sd\n"
            "web,web,1,0.25\ncode,web,0,\n"
            "web,law,0,0\ncode,law,1,\n");
}

// Without web its loss rises by 1, without code by 0.25, and without news it falls.
TEST(UtilitiesExport, ComparesRunsWithoutEachDomainWithTheRunOfAll) {
  ExportInput input = no_runs();
  input.record.plan.domains.train.emplace_back("news");
  add_runs(input, {0.6, 0.2, 0.2}, {{2.0, 3.0}});
  add_runs(input, {0.0, 0.5, 0.5}, {{3.0, 3.0}});
  EXPECT_THROW(export_text("utilities", input), core::DataError);
  add_runs(input, {0.75, 0.0, 0.25}, {{2.25, 3.0}});
  add_runs(input, {0.75, 0.25, 0.0}, {{1.5, 3.0}});
  EXPECT_EQ(export_text("utilities", input),
            "domain,task,value,sd\nweb,web,1,\ncode,web,0.25,\nnews,web,0,\n");
}

TEST(UtilitiesExport, LeavesOutSetsThatTellNothing) {
  ExportInput input = no_runs();
  add_runs(input, {1.0, 0.0}, {{2.0, 3.0}});
  add_runs(input, {0.0, 1.0}, {{4.0, 3.0}});
  EXPECT_EQ(export_text("utilities", input), "domain,task,value,sd\nweb,web,1,\ncode,web,0,\n");
  input.record.results.back().curve.back().loss_nats[0] = std::nan("");
  EXPECT_THROW(export_text("utilities", input), core::DataError);
}

TEST(CsvWideExport, HasARowARunAndVolume) {
  EXPECT_EQ(export_text("csv-wide", some_run()),
            "run,repeat,parameters,tokens,steps,share/web,\"share/a,\"\"b\"\"\",loss/web,loss/law\n"
            "mix-1,1,7,1000,10,0.25,0.75,2.1,3.1\n"
            "mix-1,1,7,2000,20,0.25,0.75,0.1,0.2\n"
            "mix-2,1,,1000,0,0.25,0.75,2.5,\n");
}

TEST(CsvWideExport, HasBitsPerByteBesideNatsWhereBytesAreKnown) {
  ExportInput input = some_run();
  input.record.plan.domains.bytes_per_token = {2.0, 4.0};
  const std::string text = export_text("csv-wide", input);
  EXPECT_THAT(text, HasSubstr("loss/web,loss/law,bits_per_byte/web,bits_per_byte/law\n"));
  EXPECT_THAT(text, HasSubstr("mix-1,1,7,2000,20,0.25,0.75,0.1,0.2,0.07213475204"));
  EXPECT_THAT(text, HasSubstr("mix-2,1,,1000,0,0.25,0.75,2.5,,1.80336880"));
}

TEST(JsonExport, HoldsTrialsResultsAndDomains) {
  const auto json = nlohmann::json::parse(export_text("json", some_run()));
  EXPECT_EQ(json.at("trials").size(), 3u);
  EXPECT_EQ(json.at("results").size(), 2u);
  EXPECT_EQ(json.at("domains").at("share_of"), nlohmann::json({0, -1}));
  EXPECT_TRUE(json.at("laws").empty());
}

TEST(RoCrateExport, DescribesTheFolderAndTheRunThatMadeIt) {
  ExportInput input = some_run();
  input.record.plan.name = "demo";
  input.record.stamp.facts = {{"start_utc", "2026-11-23T10:00:00Z"}, {"version", "0.1.0"}};
  const auto crate = nlohmann::json::parse(export_text("ro-crate", input));
  EXPECT_EQ(crate.at("@context"), "https://w3id.org/ro/crate/1.1/context");
  std::map<std::string, nlohmann::json> entities;
  for (const auto& entity : crate.at("@graph"))
    EXPECT_TRUE(entities.emplace(entity.at("@id"), entity).second) << "no id stands twice";
  EXPECT_EQ(entities.at("ro-crate-metadata.json").at("about").at("@id"), "./");
  EXPECT_EQ(entities.at("./").at("datePublished"), "2026-11-23T10:00:00Z");
  EXPECT_EQ(entities.at("#bimix").at("softwareVersion"), "0.1.0");
  EXPECT_FALSE(entities.at("#run").contains("endTime")) << "nothing says when it ended";
  // Whatever is referred to is described.
  for (const auto& part : entities.at("./").at("hasPart"))
    EXPECT_EQ(entities.at(part.at("@id")).at("@type"), "File");
  for (const char* link : {"instrument", "object", "result"})
    EXPECT_EQ(entities.count(entities.at("#run").at(link).at("@id")), 1u) << link;
}

}  // namespace
}  // namespace bimix::report
