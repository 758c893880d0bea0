#include <bimix/data/set_names.hpp>

#include <gtest/gtest.h>

namespace bimix::data {
namespace {

TEST(IsAverageName, SaysSoOfAverages) {
  for (const char* name : {"all", "macro", "micro", "Average", "uniform_avg", "paloma/macro",
                           "overall", "macro avg", "weighted-mean", "total", "avg_bpb",
                           "all_domains", "mean_over_domains", "average loss across sets"})
    EXPECT_TRUE(is_average_name(name)) << name;
}

TEST(IsAverageName, LeavesSetsAloneThatHaveAWordOfItInTheirName) {
  for (const char* name : {"", "web", "macro_economics", "all_recipes", "macro/web", "meaning",
                           "total_war", "loss", "domain_sets", "/", "_"})
    EXPECT_FALSE(is_average_name(name)) << name;
}

}  // namespace
}  // namespace bimix::data
