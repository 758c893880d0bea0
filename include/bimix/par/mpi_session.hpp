#pragma once

#include <bimix/par/comm.hpp>

namespace bimix::par {

/// What of an MPI library's own words tells which one it is: their first line, to its first comma,
/// each run of spaces as one. MPICH goes on for a dozen lines about how it was built.
std::string name_and_version(std::string_view words);

/// MPI for the life of this object, if the process was started by an MPI launcher; a plain serial
/// process otherwise, without touching MPI.
class MpiSession {
 public:
  /// @throws DataError if a launcher started several tasks that do not know one another (`srun`
  ///         without `--mpi=pmix`): each would believe to be rank 0 of 1 and write the same files.
  MpiSession();
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  const Comm& comm() const { return comm_; }

  /// Ends every rank now with this exit code; for errors that only some ranks see.
  [[noreturn]] void abort(core::ExitCode exit_code) const;

  /// "Open MPI v4.1.4"; also without a session.
  static std::string library_version();

 private:
  Comm comm_;
  bool started_ = false;
};

}  // namespace bimix::par
