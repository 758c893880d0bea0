#pragma once

#include <string>

namespace bimix::cli {

/// What a batch script needs to know of a campaign.
struct SlurmJob {
  std::string campaign{};  ///< path of the file
  std::string folder{};    ///< of the run
  std::string name{};
  int ranks = 1;
  int processors_per_rank = 1;
  double memory_mib = 0.0;  ///< of a rank; 0: not known
  double seconds = 0.0;     ///< about how long it takes; 0: not known
};

/// slurm/sweep.sbatch with its sizes and arguments filled in. Time and memory have half as much
/// again, and some more; a job asks for a day at most, since it is resumed as often as needed.
std::string slurm_script(const SlurmJob& job);

}  // namespace bimix::cli
