#include <bimix/mix/optimum.hpp>
#include <bimix/mix/options.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bimix::mix {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

const data::DomainSet domains{{"a", "b"}, {"a", "b"}, {0, 1}};

auto place(const char* name) { return Field(&core::Complaint::place, name); }

TEST(OptimizeOptions, AreUsableOnceThereIsAVolume) {
  EXPECT_THAT(complaints({.tokens = 1e9}, domains), IsEmpty());
  EXPECT_THAT(complaints({}, domains), ElementsAre(place("optimize.tokens")));
  EXPECT_THAT(complaints({.tokens = std::nan("")}, domains), ElementsAre(place("optimize.tokens")));
}

TEST(OptimizeOptions, NameEveryMistakeAtOnce) {
  OptimizeOptions options{.tokens = 1e9};
  options.objective = "median";
  options.weights = {1.0};
  options.floor = {-0.1, 0.0};
  options.cap = {0.5, std::nan("")};
  options.unique_tokens = {1.0, -2.0};
  options.max_epochs = {-1.0};
  EXPECT_THAT(complaints(options, domains),
              ElementsAre(place("optimize.objective"), place("optimize.weights"),
                          place("optimize.floor.a"), place("optimize.cap.b"),
                          place("optimize.unique_tokens.b"), place("optimize.max_epochs")));
}

TEST(OptimizeOptions, LeaveRoomForAMixture) {
  EXPECT_THAT(complaints({.tokens = 1, .floor = {0.6, 0.5}}, domains),
              ElementsAre(place("optimize.floor")));
  EXPECT_THAT(complaints({.tokens = 1, .cap = {0.3, 0.5}}, domains),
              ElementsAre(place("optimize.cap")));
  EXPECT_THAT(complaints({.tokens = 1, .floor = {0.5, 0.0}, .cap = {0.4, 1.0}}, domains),
              ElementsAre(place("optimize.floor.a")));
  EXPECT_THAT(complaints({.tokens = 1, .floor = {0.5, 0.5}, .cap = {0.5, 0.5}}, domains),
              IsEmpty());
}

TEST(OptimizeOptions, WantWeightsExactlyWhereTheyCount) {
  EXPECT_THAT(complaints({.tokens = 1, .objective = "weighted"}, domains),
              ElementsAre(place("optimize.weights")));
  EXPECT_THAT(complaints({.tokens = 1, .objective = "weighted", .weights = {0.0, 0.0}}, domains),
              ElementsAre(place("optimize.weights")));
  EXPECT_THAT(complaints({.tokens = 1, .weights = {1.0, 1.0}}, domains),
              ElementsAre(place("optimize.weights")));
  EXPECT_THAT(complaints({.tokens = 1, .objective = "weighted", .weights = {0.0, 2.0}}, domains),
              IsEmpty());
}

// Where pools were listed but not known, both did nothing without a word.
TEST(OptimizeOptions, CountEpochsAgainstKnownTokens) {
  const auto refused = [](const OptimizeOptions& options, const data::Pools& pools) {
    try {
      require_pools(options, pools);
    } catch (const core::UsageError& error) {
      return error.complaint().place;
    }
    return std::string();
  };
  for (const data::Pools& unknown : {data::Pools{}, data::Pools{0.0, 0.0}}) {
    EXPECT_EQ(refused({.repetition = 15.0}, unknown), "optimize.repetition");
    EXPECT_EQ(refused({.max_epochs = {4.0}}, unknown), "optimize.max_epochs");
    EXPECT_EQ(refused({}, unknown), "");
  }
  EXPECT_EQ(refused({.repetition = 15.0, .max_epochs = {4.0}}, {0.0, 1e6}), "");
}

TEST(EpochLimit, IsSeenNoneOrANumber) {
  EXPECT_EQ(EpochLimit::from("seen"), EpochLimit{});
  EXPECT_EQ(EpochLimit::from("4"), EpochLimit{4.0});
  EXPECT_EQ(EpochLimit::from("none")->text(), "none");
  EXPECT_EQ(EpochLimit::from("0"), EpochLimit::from("none")) << "older campaigns wrote it so";
  for (const char* wrong : {"", "-1", "nan", "inf", "four", "4 epochs"})
    EXPECT_FALSE(EpochLimit::from(wrong)) << wrong;
  for (const char* text : {"seen", "none", "2.5"}) EXPECT_EQ(EpochLimit::from(text)->text(), text);
}

}  // namespace
}  // namespace bimix::mix
