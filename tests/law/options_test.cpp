#include <bimix/law/options.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bimix::law {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

TEST(FitOptions, AreUsableAsTheyStand) { EXPECT_THAT(complaints(FitOptions{}), IsEmpty()); }

TEST(FitOptions, NameEveryMistakeAtOnce) {
  FitOptions options;
  options.law = "bimx";
  options.residual = "square";
  options.bootstrap = -1;
  options.level = std::nan("");
  options.folds = 1;
  const auto place = [](const char* name) { return Field(&core::Complaint::place, name); };
  EXPECT_THAT(complaints(options),
              ElementsAre(place("fit.law"), place("fit.residual"), place("fit.bootstrap"),
                          place("fit.level"), place("fit.folds")));
}

}  // namespace
}  // namespace bimix::law
