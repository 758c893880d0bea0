#include "end_to_end/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix {
namespace {

using test::bimix;
using test::TemporaryFolder;
using testing::HasSubstr;

/// A trainer whose losses follow BiMix with alpha = 0.1, P = 20, beta = 0.25, Q = 1.
std::string write_campaign(const TemporaryFolder& folder, const std::string& trainer) {
  test::write_text(folder / "train.awk", trainer);
  const std::string path = folder / "command.yaml";
  test::write_text(path,
                   "name: outside\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\n"
                   "design:\n  mixtures: [{preset: [default]}, {grid: {a: [0.1, 0.3, 0.8]}}]\n"
                   "  volumes: {values: [1K, 10K, 100K]}\n"
                   "source:\n  command:\n    run: [awk, -f, \"" +
                       (folder / "train.awk") +
                       "\", \"out={dir}/loss.csv\", \"volumes={volumes}\", \"a={share:a}\", "
                       "\"b={share:b}\", /dev/null]\n"
                       "fit: {bootstrap: 10}\ncheck: {repeats: 2}\n");
  return path;
}

const std::string trainer = R"(END {
  print "run,tokens,domain,share,loss_nats" > out
  count = split(volumes, s, ",")
  for (i = 1; i <= count; ++i) {
    printf "x,%d,a,%s,%.9f\n", s[i], a, a ^ -0.1 * (20 * s[i] ^ -0.25 + 1) > out
    printf "x,%d,b,%s,%.9f\n", s[i], b, b ^ -0.1 * (20 * s[i] ^ -0.25 + 1) > out
  }
}
)";

TEST(Command, TakesTheWholeRoadWithSomebodyElsesTrainer) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, trainer);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output,
              testing::AllOf(HasSubstr("0.1000"), HasSubstr("0.2500"), HasSubstr("Verdict:")));
  EXPECT_EQ(bimix("verify " + (folder / "run")).exit_code, 0);
}

TEST(Command, RecordsFailedTrialsAndTriesThemAgain) {
  const TemporaryFolder folder;
  const std::string campaign =
      write_campaign(folder, "END { if (a == 0.3) { print \"no luck\"; exit 3 } }\n" + trainer);
  const auto run = bimix("run " + campaign + " -o " + (folder / "run"), 2);
  EXPECT_EQ(run.exit_code, 1) << run.output;
  EXPECT_THAT(run.output, testing::AllOf(HasSubstr("exit code 3"), HasSubstr("no luck"),
                                         HasSubstr("1 trials failed")));
}

}  // namespace
}  // namespace bimix
