#include "launcher.hpp"

#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/trial/command_source.hpp>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace bimix::trial {
namespace {

enum class Owner { launcher, user };

/// Whose a variable is, by the start of its name; the longest start decides. Measured with Open MPI
/// 4.1, whose mpirun also uses names that are mostly the user's (OMPI_MCA_*).
struct Start {
  std::string_view name;
  Owner owner;
};
constexpr std::array starts{
    Start{"OMPI_", Owner::launcher},
    Start{"OMPI_ALLOW_RUN_AS_ROOT", Owner::user},
    Start{"OMPI_MCA_", Owner::user},
    Start{"OMPI_MCA_ess", Owner::launcher},
    Start{"OMPI_MCA_initial_wdir", Owner::launcher},
    Start{"OMPI_MCA_mpi_oversubscribe", Owner::launcher},
    Start{"OMPI_MCA_orte_", Owner::launcher},
    Start{"OMPI_MCA_pmix", Owner::launcher},
    Start{"OMPI_MCA_shmem_RUNTIME_QUERY_hint", Owner::launcher},
    Start{"ORTE_", Owner::launcher},
    Start{"PMIX_", Owner::launcher},
    Start{"PMIX_MCA_", Owner::user},
    Start{"PRTE_", Owner::launcher},
    Start{"PRTE_MCA_", Owner::user},
    Start{"PMI_", Owner::launcher},
    Start{"HYDI_", Owner::launcher},
    Start{"MPI_LOCAL", Owner::launcher},
    Start{"MV2_COMM_WORLD_", Owner::launcher},
    Start{"SLURM_GTIDS", Owner::launcher},
    Start{"SLURM_LOCALID", Owner::launcher},
    Start{"SLURM_NODEID", Owner::launcher},
    Start{"SLURM_NPROCS", Owner::launcher},
    Start{"SLURM_NTASKS", Owner::launcher},
    Start{"SLURM_PROCID", Owner::launcher},
    Start{"SLURM_SRUN", Owner::launcher},
    Start{"SLURM_STEP", Owner::launcher},
    Start{"SLURM_TASK_PID", Owner::launcher},
};

bool is_of_launcher(std::string_view variable) {
  const Start* longest = nullptr;
  for (const Start& start : starts)
    if (variable.starts_with(start.name) &&
        (longest == nullptr || start.name.size() > longest->name.size()))
      longest = &start;
  return longest != nullptr && longest->owner == Owner::launcher;
}

/// The process that started this one; 0 if that cannot be told.
pid_t parent_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // a name may hold blanks and brackets
  if (name_end == std::string::npos || name_end + 4 > text.size()) return 0;
  return static_cast<pid_t>(std::atoi(text.c_str() + name_end + 4));
}

bool is_rank() {
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (is_of_launcher(*variable)) return true;
  return false;
}

/// Whether the process was started as a rank, or by one. False where its environment is not ours to
/// read: daemons of the system start ranks and are none.
bool was_started_as_rank(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/environ", std::ios::binary);
  for (std::string variable; std::getline(file, variable, '\0');)
    if (is_of_launcher(variable)) return true;
  return false;
}

/// What the launcher itself may use, if that is more than what it left to this process. Scripts may
/// stand between the two.
std::vector<int> processors_above(const std::vector<int>& own) {
  pid_t process = getpid();
  for (bool below = is_rank(); below; below = was_started_as_rank(process)) {
    process = parent_of(process);
    std::vector<int> theirs = core::allowed_processors(process);
    if (theirs.size() > own.size() &&
        std::includes(theirs.begin(), theirs.end(), own.begin(), own.end()))
      return theirs;
  }
  return own;
}

/// The kernel leaves out what the control group does not allow.
void use(const std::vector<int>& processors) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int processor : processors) CPU_SET(static_cast<std::size_t>(processor), &set);
  if (!processors.empty()) sched_setaffinity(0, sizeof set, &set);
}

}  // namespace

std::vector<std::string> command_environment() {
  std::vector<std::string> kept;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!is_of_launcher(*variable)) kept.emplace_back(*variable);
  return kept;
}

std::vector<int> command_processors() {
  const std::vector<int> own = core::allowed_processors();
  const OnProcessors try_out(processors_above(own));
  std::vector<int> all = core::allowed_processors();
  const char* of_job = std::getenv("SLURM_CPUS_ON_NODE");
  const std::int64_t most = of_job == nullptr ? 0 : core::parse_count(of_job).value_or(0);
  return most > 0 && static_cast<std::int64_t>(all.size()) > most ? own : all;
}

OnProcessors::OnProcessors(const std::vector<int>& processors)
    : before_(core::allowed_processors()) {
  if (processors != before_) use(processors);
}

OnProcessors::~OnProcessors() {
  if (core::allowed_processors() != before_) use(before_);
}

}  // namespace bimix::trial
