#include "end_to_end/campaign_text.hpp"

#include <bimix/store/results.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <random>

namespace bimix {
namespace {

using test::bimix;
using test::shell;
using test::TemporaryFolder;

/// Runs $run in a session of its own and kills $victim after $seconds. ps names all processes of
/// the session, whatever groups the launcher put them in.
const std::string run_and_kill = R"sh(
    export OMPI_MCA_odls_base_sigkill_timeout=1  # who has lost a rank has nothing to wait for
    setsid scripts/mpirun -n 2 $run >/dev/null 2>&1 &
    session=$!
    sleep $seconds
    members() { ps -o pid=,comm= -s "$session" | awk -v name="$1" '$2 ~ name { print $1 }'; }
    if [ -z "$(members .)" ]; then echo done; exit 0; fi
    case $victim in
      all) kill -9 $(members .) ;;
      launcher) kill -9 "$session" ;;
      rank) kill -9 $(members '^bimix' | tail -n 1) ;;
    esac
    for wait in $(seq 600); do [ -z "$(members .)" ] && break; sleep 0.1; done
    [ -z "$(members .)" ] || { kill -9 $(members .); sleep 0.2; echo outlived; }
    echo killed)sh";

/// Kills runs of a campaign at moments that are drawn, until so many were killed, and holds what
/// they end with against a run that nobody disturbed; a folder that gets done in between is begun
/// anew.
/// @return how many folders had a trial to go on from its checkpoint after a kill
int kill_and_compare(const TemporaryFolder& folder, const std::string& path, int wanted) {
  const std::string campaign = "run " + path + " -o ";
  const auto calm = bimix(campaign + (folder / "calm"), 2);
  EXPECT_EQ(calm.exit_code, 0) << calm.output;
  std::mt19937 draw(20261123);
  const std::vector<std::string> victims{"all", "launcher", "rank"};
  int kills = 0, folders = 0, outlived = 0, begun = 0;
  while (kills < wanted && !testing::Test::HasFailure()) {
    EXPECT_LT(folders, 10 * wanted) << "runs end before they are killed: " << kills << " kills";
    const std::string run = folder / std::to_string(folders++);
    for (bool done = false; !done && kills < wanted;) {
      const double seconds = 0.1 + 0.001 * static_cast<double>(draw() % 1500);
      const auto ended =
          shell(fmt::format("run='{} {}{}'; seconds={:.3f}; victim={}\n", BIMIX_PROGRAM, campaign,
                            run, seconds, victims[draw() % victims.size()]) +
                run_and_kill);
      EXPECT_EQ(ended.exit_code, 0) << ended.output;
      done = ended.exit_code != 0 || ended.output.find("done") != std::string::npos;
      kills += ended.output.find("killed") != std::string::npos;
      begun += test::shell("ls " + run + "/checkpoints 2>/dev/null | wc -l").output != "0\n";
      outlived += ended.output.find("outlived") != std::string::npos;
    }
    const auto last = bimix(campaign + run, 2);
    EXPECT_EQ(last.exit_code, 0) << "after " << kills << " kills: " << last.output;
    EXPECT_THAT(
        store::differences(folder / "calm/results.h5", run + "/results.h5", store::timing_paths()),
        testing::IsEmpty());
    EXPECT_EQ(bimix("verify " + run).exit_code, 0);
  }
  EXPECT_EQ(outlived, 0);
  std::cout << kills << " kills in " << folders << " folders; " << begun
            << " left trials that went on from a checkpoint\n";
  return begun;
}

/// Fifty, or as many as BIMIX_KILLS says.
int kills_asked() {
  const char* asked = std::getenv("BIMIX_KILLS");
  return asked == nullptr ? 50 : std::atoi(asked);
}

TEST(Kill, NothingIsLostAndTheBitsAreTheSame) {
  const TemporaryFolder folder;
  const std::string path = write_tiny_campaign(folder);
  test::replace_in(path, "warmup_steps", "checkpoint_every: 0s, warmup_steps");
  EXPECT_GT(kill_and_compare(folder, path, kills_asked()), 0)
      << "no resumed run had a trial that went on from its checkpoint";
}

TEST(Kill, TheSameRoundsAreChosen) {
  const TemporaryFolder folder;
  const std::string path = write_tiny_campaign(folder);
  test::replace_in(path,
                   "mixtures: [{preset: [default, uniform]}, {simplex: {step: 0.25, floor: 0.1}}]",
                   "adaptive: {start: 6, batch: 2, budget: 12 trials, until: {gain: 0}}");
  kill_and_compare(folder, path, kills_asked() / 5);
}

}  // namespace
}  // namespace bimix
