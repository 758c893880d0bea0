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

TEST(FitOptions, NameTheKindsOfResidual) {
  EXPECT_EQ(core::find_word<Residual>("log"), Residual::log);
  EXPECT_EQ(core::to_string(core::unknown_word<Residual>("square", "fit.residual")),
            "fit.residual: 'square' is no kind of residual (relative, plain or log). Choose one of "
            "them.");
}

TEST(FitOptions, NameEveryMistakeAtOnce) {
  FitOptions options;
  options.law = "bimx";
  options.bootstrap = -1;
  options.level = std::nan("");
  options.folds = 1;
  const auto place = [](const char* name) { return Field(&core::Complaint::place, name); };
  EXPECT_THAT(complaints(options), ElementsAre(place("fit.law"), place("fit.bootstrap"),
                                               place("fit.level"), place("fit.folds")));
}

}  // namespace
}  // namespace bimix::law
