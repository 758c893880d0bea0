#include "slurm_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(SlurmScript, IsFilledIn) {
  const std::string text = slurm_script({.campaign = "my mix.yaml",
                                         .folder = "runs/x",
                                         .name = "my $(mix)",
                                         .ranks = 64,
                                         .processors_per_rank = 2,
                                         .memory_mib = 1000,
                                         .seconds = 7200});
  EXPECT_THAT(
      text,
      AllOf(HasSubstr("#SBATCH --job-name=my---mix-\n"), HasSubstr("#SBATCH --ntasks=64\n"),
            HasSubstr("#SBATCH --cpus-per-task=2\n"), HasSubstr("#SBATCH --mem-per-cpu=896M\n"),
            HasSubstr("#SBATCH --time=03:10:00\n"), HasSubstr("set -- 'my mix.yaml' runs/x\n"),
            HasSubstr("#SBATCH --signal=B:USR1@300"), HasSubstr("scontrol requeue")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("#SBATCH --nodes")), Not(HasSubstr("usage:")),
                          Not(HasSubstr("$(mix)"))));
}

TEST(SlurmScript, AsksForADayWhereTheTimeIsNotKnownOrLong) {
  for (const double seconds : {0.0, 1e7})
    EXPECT_THAT(slurm_script({.seconds = seconds}), HasSubstr("#SBATCH --time=24:00:00\n"));
}

}  // namespace
}  // namespace bimix::cli
