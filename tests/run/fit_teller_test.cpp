#include <bimix/run/fit_teller.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bimix::run {
namespace {

using testing::ElementsAre;

class ProgressRecord final : public SilentScreen {
 public:
  void progress(const std::string& line) override { lines.push_back(line); }
  void end_progress() override { lines.emplace_back("end"); }

  std::vector<std::string> lines{};
};

TEST(FitTeller, DoesNotKeepSilentThroughALongFitAndIsSilentInAShortOne) {
  ProgressRecord screen;
  std::chrono::steady_clock::time_point now{};
  {
    FitTeller teller(screen, [&] { return now; });
    const spread::Progress progress = teller.progress();
    for (std::size_t n = 0; n <= 10; ++n, now += std::chrono::milliseconds(100))
      progress({"fit of bimix", n, 10});
    EXPECT_THAT(screen.lines, ElementsAre());
    for (std::size_t n = 0; n <= 4; ++n, now += std::chrono::seconds(3))
      progress({"bootstrap of bimix", n, 4});
  }
  EXPECT_THAT(screen.lines, ElementsAre("  bootstrap of bimix: 25 %, 9.0 s left",
                                        "  bootstrap of bimix: 50 %, 6.0 s left",
                                        "  bootstrap of bimix: 75 %, 3.0 s left", "end"));
}

}  // namespace
}  // namespace bimix::run
