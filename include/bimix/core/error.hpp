#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::core {

/// Exit codes of the program; every error knows the one it leads to.
enum class ExitCode : int {
  done = 0,
  some_trials_failed = 1,
  usage = 2,        ///< wrong command line or campaign
  data = 3,         ///< a file, its content or the environment
  too_little = 4,   ///< not enough observations for the fit that was asked for
  bug = 70,         ///< ours
  interrupted = 75  ///< stopped before the end; the same command resumes
};

/// What is wrong, where, and what to do about it.
struct Complaint {
  std::string place{};    ///< "campaign.yaml:14:10: proxy.width", "logs/a.csv:3", "" if nowhere
  std::string problem{};  ///< what is wrong, with the value
  std::string rule{};     ///< why that is wrong; may be empty
  std::string remedy{};   ///< what to do; may be empty
};

/// `<place>: <problem> (<rule>). <remedy>.` with the empty parts left out.
std::string to_string(const Complaint& complaint);

/// Ends the work; carries its facts as fields.
class Error : public std::runtime_error {
 public:
  Error(ExitCode exit_code, Complaint complaint);
  /// For errors whose text is already made, such as a list of complaints.
  Error(ExitCode exit_code, const std::string& text);

  ExitCode exit_code() const { return exit_code_; }
  const Complaint& complaint() const { return complaint_; }

 private:
  ExitCode exit_code_;
  Complaint complaint_;
};

/// A mistake in the command line or the campaign (exit 2).
struct UsageError : Error {
  explicit UsageError(Complaint complaint) : Error(ExitCode::usage, std::move(complaint)) {}
  explicit UsageError(const std::string& text) : Error(ExitCode::usage, text) {}
};

/// A file, its content, or the environment (exit 3).
struct DataError : Error {
  explicit DataError(Complaint complaint) : Error(ExitCode::data, std::move(complaint)) {}
};

/// There is not as much memory as something needs (exit 3).
struct NoMemory : DataError {
  using DataError::DataError;
};

/// Fewer observations than a fit needs (exit 4).
struct TooLittleData : Error {
  explicit TooLittleData(Complaint complaint) : Error(ExitCode::too_little, std::move(complaint)) {}
};

/// The stop flag was seen; everything finished is saved (exit 75).
struct Interrupted : Error {
  explicit Interrupted(Complaint complaint) : Error(ExitCode::interrupted, std::move(complaint)) {}
};

/// A broken promise inside the program (exit 70).
struct InternalError : Error {
  explicit InternalError(Complaint complaint) : Error(ExitCode::bug, std::move(complaint)) {}
};

/// @throws UsageError with all that is wrong, one complaint a line; nothing happens if nothing is
void refuse_if_any(const std::vector<Complaint>& found);

/// Precondition: throws InternalError naming the caller's file and line unless `holds`.
void require(bool holds, std::string_view what, const char* file = __builtin_FILE(),
             int line = __builtin_LINE());

}  // namespace bimix::core
