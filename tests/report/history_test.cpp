#include <bimix/report/history.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::report {
namespace {

using testing::HasSubstr;

/// Predicted is a gain of 0.1. With two repeats the interval reaches 6.3138 standard errors.
PastCheck check_of(const std::string& run, double gain, double error) {
  data::CheckReport check;
  check.tokens = 1'000'000;
  check.domains = {"web"};
  check.labels = {"default", "optimum"};
  check.predicted_nats = data::Table(2, 1, 2.0);
  check.predicted_nats(0, 0) = 2.1;
  check.weight = {1.0};
  check.repeats = 2;
  check.mean_gain_nats = gain;
  check.mean_gain_error_nats = error;
  return {run, "bimix", check};
}

TEST(History, TellsWhatWasPredictedAndWhatCameOfIt) {
  const std::string text = history_text({check_of("a", 0.09, 0.01), check_of("b", 0.05, 0.005),
                                         check_of("c", -0.2, 0.01), check_of("d", 0.01, 0.1)});
  EXPECT_THAT(text, HasSubstr("1M         +0.1000       +0.0900    0.0269 to 0.1531"));
  EXPECT_THAT(text, HasSubstr("holds, not as predicted"));
  EXPECT_THAT(text, HasSubstr("fails"));
  EXPECT_THAT(text, HasSubstr("cannot be told"));
  EXPECT_THAT(
      text, HasSubstr("Of 4 checks with repeats the optimum is better in 2; in 2 the prediction"));
  EXPECT_THAT(text, HasSubstr("Trained over predicted gain: 0.50 (median of 4)"));
}

// Runs of different tokenizers are compared by bits a byte: 0.09 nats of 4 bytes are 0.03246.
TEST(History, HasBitsAByteWhereBytesAreKnown) {
  PastCheck past = check_of("a", 0.09, 0.01);
  EXPECT_THAT(history_text({past}), testing::Not(HasSubstr("bits/byte")));
  past.check.paired_gain_nats = {0.09};
  past.check.bytes_per_token = {4.0};
  EXPECT_THAT(history_text({past, check_of("b", 0.05, 0.005)}), HasSubstr("+0.0325"));
}

TEST(History, MakesNoIntervalOfOneRepeat) {
  const std::vector<PastCheck> one{check_of("a", 0.09, std::nan(""))};
  EXPECT_THAT(history_text(one), HasSubstr("Of 0 checks"));
  EXPECT_TRUE(history_json(one)[0].at("trained_low").is_null());
  EXPECT_NEAR(history_json(one)[0].at("predicted_gain").get<double>(), 0.1, 1e-12);
}

}  // namespace
}  // namespace bimix::report
