#include <bimix/core/error.hpp>
#include <bimix/data/json.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace bimix::data {
namespace {

TrialResult some_result() {
  TrialResult result;
  result.id = "0123456789abcdef";
  result.status = TrialStatus::diverged;
  result.message = "loss is \"NaN\" at step 7";
  result.curve = {{64000, 62, {5.1, 1.0 / 3.0}}, {128000, 125, {4.9, 0x1p-1074}}};
  result.tokens_seen = {100, 28};
  result.started_utc = 1795000000.125;
  result.wall_seconds = 0.1;
  result.parameters = 122e6;
  result.host = "node\n1";
  return result;
}

TEST(TrialResultJson, RoundTripsEveryBit) {
  const TrialResult result = some_result();
  EXPECT_EQ(trial_result_from(Json::parse(to_json(result).dump())), result);
}

TEST(TrialResultJson, WritesMissingLossesAsNull) {
  TrialResult result = some_result();
  result.curve[0].loss_nats[1] = std::nan("");
  const std::string text = to_json(result).dump();
  EXPECT_NE(text.find("[5.1,null]"), std::string::npos) << text;
  EXPECT_TRUE(std::isnan(trial_result_from(Json::parse(text)).curve[0].loss_nats[1]));
}

// A trainer's last words, the name of a file or of a host.
TEST(TrialResultJson, TakesMessagesThatAreNoText) {
  TrialResult result = some_result();
  result.message = "caf\xE9 \xE2\x96 and \xE2\x96\x88";
  result.host = "h\xFF";
  const TrialResult read = trial_result_from(Json::parse(to_json(result).dump()));
  EXPECT_EQ(read.message, "caf\xEF\xBF\xBD \xEF\xBF\xBD and \xE2\x96\x88");
  EXPECT_EQ(read.host, "h\xEF\xBF\xBD");
}

TEST(TrialSpecJson, RoundTripsEveryBit) {
  const TrialSpec spec{.id = "ab",
                       .purpose = data::TrialPurpose::sweep,
                       .mixture_label = "default",
                       .mixture_id = 3,
                       .mixture = {0.1, 0.9},
                       .repeat = 2,
                       .seed = ~0ULL,
                       .tokens = {1, 2},
                       .run = "r",
                       .source = "proxy",
                       .cost = 1e300};
  EXPECT_EQ(trial_spec_from(Json::parse(to_json(spec).dump())), spec);
}

TEST(EntropyTableJson, RoundTripsEveryBit) {
  EntropyTable table;
  table.domains = {"a", "b"};
  table.measures = {"shannon"};
  table.nats = Table(1, 2, 0.1);
  table.mixture = Table(1, 2, 0.5);
  table.bigrams = {5, 6};
  table.samples = {0, 0};
  EXPECT_EQ(entropy_table_from(Json::parse(to_json(table).dump())), table);
}

TEST(RecordsJson, NamesTheWrongMember) {
  Json json = to_json(some_result());
  json["rank"] = "zero";
  try {
    trial_result_from(json);
    FAIL() << "accepted";
  } catch (const core::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("trial result.rank"), std::string::npos);
  }
  EXPECT_THROW(trial_result_from(Json::parse("[]")), core::DataError);
  EXPECT_THROW(trial_result_from(Json::parse("{}")), core::DataError);
}

}  // namespace
}  // namespace bimix::data
