#include "scale_sizes.hpp"

#include <bimix/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::cli {
namespace {

using testing::ElementsAre;

TEST(ScaleSizes, GoUpToWhatIsAskedFor) {
  const ScaleSeries trials{"--trials", 100, 10, 1'000'000};
  EXPECT_THAT(scale_sizes(trials, "100"), ElementsAre(100));
  EXPECT_THAT(scale_sizes(trials, "1000"), ElementsAre(100, 1000));
  EXPECT_THAT(scale_sizes(trials, "20K"), ElementsAre(100, 1000, 10'000, 20'000));
  EXPECT_THAT(scale_sizes(trials, "1e6"), ElementsAre(100, 1000, 10'000, 100'000, 1'000'000));
  for (const char* wrong : {"0", "-100", "99", "1000001", "1e30", "nan", "", "many", "1.5"}) {
    try {
      scale_sizes(trials, wrong);
      ADD_FAILURE() << wrong;
    } catch (const core::UsageError& error) {
      EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("--trials"),
                                               testing::HasSubstr("Write for example 1K")));
    }
  }
}

}  // namespace
}  // namespace bimix::cli
