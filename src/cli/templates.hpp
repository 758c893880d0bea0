#pragma once

#include <string>
#include <vector>

namespace bimix::cli {

/// A campaign to start from.
struct Template {
  std::string name;
  std::string text;
};

/// The campaigns of configs/, as they were when the program was built.
const std::vector<Template>& templates();

/// slurm/sweep.sbatch, likewise.
const std::string& batch_script();

}  // namespace bimix::cli
