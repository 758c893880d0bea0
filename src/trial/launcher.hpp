#pragma once

#include <string>
#include <vector>

namespace bimix::trial {

/// What mpirun and srun do to a rank, and what a command should not see of it.

/// "NAME=value" of the environment that a command inherits. Left out is what a launcher tells its
/// ranks: a command that starts MPI or torchrun would take itself for one of them. What describes
/// the job stays, and so do the user's own settings (OMPI_MCA_*, for example).
std::vector<std::string> command_environment();

/// Lets the calling thread, and what it starts, use these processors for as long as it lives.
class OnProcessors {
 public:
  explicit OnProcessors(const std::vector<int>& processors);
  ~OnProcessors();
  OnProcessors(const OnProcessors&) = delete;
  OnProcessors& operator=(const OnProcessors&) = delete;

 private:
  std::vector<int> before_;
};

}  // namespace bimix::trial
