/// What only shows when a whole run starts somebody else's trainer.

#include "end_to_end/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix {
namespace {

using test::bimix;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A trainer in shell and awk that is called with the folder, the volumes, the shares and more. Its
/// losses follow BiMix, and the seed a little.
std::string write_campaign(const TemporaryFolder& folder, const std::string& line,
                           const std::string& arguments = "\"{seed}\"",
                           const std::string& repeats = "1") {
  test::write_text(folder / "train.sh", "dir=$1 volumes=$2 a=$3 b=$4 seed=${5:-0}\n" + line + R"(
exec awk -v out=$dir/loss.csv -v volumes=$volumes -v a=$a -v b=$b -v seed=$seed 'BEGIN {
  print "run,tokens,domain,share,loss_nats" > out
  count = split(volumes, s, ",")
  for (i = 1; i <= count; ++i) {
    factor = (20 * s[i] ^ -0.25 + 1) * (1 + (seed % 1000) * 1e-6)
    printf "x,%d,a,%s,%.9f\nx,%d,b,%s,%.9f\n", s[i], a, a ^ -0.1 * factor, s[i], b, b ^ -0.1 * factor > out
  }
}'
)");
  const std::string path = folder / "campaign.yaml";
  test::write_text(path,
                   "name: outside\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\n"
                   "design:\n  mixtures: [{preset: [default]}, {grid: {a: [0.1, 0.3, 0.8]}}]\n"
                   "  volumes: {values: [1K, 10K, 100K]}\n  repeats: " +
                       repeats + "\nsource:\n  command:\n    run: [sh, \"" + (folder / "train.sh") +
                       "\", \"{dir}\", \"{volumes}\", \"{share:a}\", \"{share:b}\"" +
                       (arguments.empty() ? "" : ", " + arguments) +
                       "]\nfit: {bootstrap: 10}\ncheck: {repeats: 2}\n");
  return path;
}

TEST(Trainer, WithoutASeedIsToldOfBeforeAndAfter) {
  const TemporaryFolder folder;
  const std::string blind = write_campaign(folder, "", "", "3");
  const auto validated = bimix("validate " + blind);
  EXPECT_EQ(validated.exit_code, 0);
  EXPECT_THAT(validated.output, HasSubstr("the repeats of a mixture would be the same"));
  EXPECT_THAT(bimix("run " + blind + " -o " + (folder / "blind")).output,
              AllOf(HasSubstr("8 runs are left out"), HasSubstr("1 fresh repeat\n"),
                    HasSubstr("1 more had the very losses of another one")));
  const std::string seeing = write_campaign(folder, "", "\"{seed}\"", "3");
  EXPECT_THAT(bimix("run " + seeing + " -o " + (folder / "seeing")).output,
              AllOf(Not(HasSubstr("left out")), HasSubstr("2 fresh repeats\n"),
                    Not(HasSubstr("would be the same"))));
}

TEST(Trainer, ThatChangedOrLiesElsewhereIsNamedWhenTheRunResumes) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(folder, ""), run = folder / "run";
  const std::string again = "run " + campaign + " -o " + run;
  ASSERT_EQ(bimix(again).exit_code, 0);
  EXPECT_THAT(bimix(again).output, Not(HasSubstr("has changed")));
  write_campaign(folder, "# other");
  ASSERT_EQ(test::shell("sed -i 's,run: .sh,run: [/bin/sh,' " + campaign).exit_code, 0);
  const auto resumed = bimix(again);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(resumed.output,
              AllOf(HasSubstr("train.sh' has changed since"), HasSubstr("started as '/bin/sh'"),
                    HasSubstr("4 trials are done")));
  EXPECT_EQ(bimix("verify " + run).exit_code, 0);
  EXPECT_THAT(bimix(again).output, Not(HasSubstr("has changed"))) << "it is said once";
}

TEST(Trainer, ThatDivergesIsNotTriedAgain) {
  const TemporaryFolder folder;
  const std::string campaign = write_campaign(
      folder,
      "if [ $a = 0.8 ]; then echo x >> $dir/tries; a=nan; printf "
      "'run,tokens,domain,share,loss_nats\\nx,1000,a,0.8,nan\\nx,1000,b,0.2,nan\\n' > "
      "$dir/loss.csv; exit 1; fi");
  for (int time = 0; time < 2; ++time) {
    const auto run = bimix("run " + campaign + " -o " + (folder / "run"));
    EXPECT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr("1 trial has diverged; left out of the fit"));
  }
  EXPECT_EQ(test::shell("cat " + (folder / "run") + "/trials/*/tries").output, "x\n");
}

TEST(Trainer, IsRunToItsEndWhateverSignalsTheParentIgnored) {
  const TemporaryFolder folder;
  const std::string campaign =
      write_campaign(folder, "kill -HUP $(awk '{print $4}' /proc/$$/stat)");
  const auto run = test::shell("trap '' CHLD HUP; " BIMIX_PROGRAM " run " + campaign + " -o " +
                               (folder / "run"));
  EXPECT_EQ(run.exit_code, 0) << run.output;
}

}  // namespace
}  // namespace bimix
