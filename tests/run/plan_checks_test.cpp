#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <run/plan_checks.hpp>

namespace bimix::run {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A trial whose id follows from its mixture and volumes, as real ones' do.
data::TrialSpec trial(double share, const std::vector<std::int64_t>& tokens) {
  data::TrialSpec spec{.mixture = {share, 1 - share}, .tokens = tokens};
  spec.id = std::to_string(share);
  for (const std::int64_t volume : tokens) spec.id += "-" + std::to_string(volume);
  return spec;
}

std::vector<GrownTrial> extended(const std::vector<data::TrialSpec>& before,
                                 const std::vector<data::TrialSpec>& now, bool asked = true) {
  return checked_extension(before, now, asked, "runs/old");
}

TEST(Extension, NewMixturesGrowNoTrial) {
  const std::vector<data::TrialSpec> before{trial(0.5, {1000})};
  const std::vector<data::TrialSpec> now{trial(0.25, {1000}), trial(0.5, {1000})};
  EXPECT_THAT(extended(before, now), IsEmpty());
}

TEST(Extension, LargerVolumesGrowTheTrialOfTheirMixture) {
  const std::vector<data::TrialSpec> before{trial(0.5, {1000})};
  const std::vector<data::TrialSpec> now{trial(0.25, {1000, 2000}), trial(0.5, {1000, 2000})};
  const auto grown = extended(before, now);
  ASSERT_THAT(grown, SizeIs(1));
  EXPECT_EQ(grown.front().now, &now[1]);
  EXPECT_EQ(grown.front().before, &before[0]);
}

TEST(Extension, RefusesADesignThatDropsTrialsOrVolumes) {
  const std::vector<data::TrialSpec> before{trial(0.5, {1000, 2000})};
  EXPECT_THROW(extended(before, {trial(0.25, {1000, 2000})}), core::DataError);
  EXPECT_THROW(extended(before, {trial(0.5, {2000})}), core::DataError);
}

TEST(Extension, HasToBeAskedFor) {
  const std::vector<data::TrialSpec> before{trial(0.5, {1000})};
  EXPECT_THROW(extended(before, {trial(0.25, {1000}), before[0]}, false), core::DataError);
}

TEST(SamePlan, IsOneOfTheSameTrialsInTheirOrder) {
  const data::TrialSpec a = trial(0.5, {1000}), b = trial(0.25, {1000});
  EXPECT_TRUE(is_same_plan({a, b}, {a, b}));
  EXPECT_FALSE(is_same_plan({a, b}, {b, a}));
  EXPECT_FALSE(is_same_plan({a, b}, {a}));
}

TEST(Only, NamesTheNearestTrialWhereThereIsNoneOfThatId) {
  const data::TrialSpec a{.id = "aabbccdd00112233"};
  EXPECT_NO_THROW(refuse_unknown_trials({a.id}, {}, {a}));
  try {
    refuse_unknown_trials({"aabbccdd00112234"}, {a}, {});
    FAIL() << "an unknown id was taken";
  } catch (const core::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr(a.id));
  }
}

}  // namespace
}  // namespace bimix::run
