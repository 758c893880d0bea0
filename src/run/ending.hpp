#pragma once

#include <bimix/core/error.hpp>
#include <bimix/data/records.hpp>

#include <optional>
#include <string>
#include <vector>

/// How a session of a run ends, and what people are told about it. Pure: what is known comes in as
/// values.
namespace bimix::run {

inline constexpr const char* same_command = "the same command resumes";
inline constexpr const char* mend_and_repeat = "mend that and repeat the command";

/// Why a session ends before its run does, and what is to be done about it.
struct EarlyEnd {
  core::ExitCode code = core::ExitCode::interrupted;
  std::string reason{};  ///< empty: nothing ended it
  std::string remedy{};
};

/// What a session has come to when it is cut short.
struct Advance {
  bool got_further = false;  ///< it did something that the next session need not do again
  bool was_stuck = false;    ///< the session before it got nowhere
};

/// The end of a session before the end of its run. Exit code 75 is a promise that the same command
/// gets further; a second session in a row that got nowhere does not make it.
EarlyEnd cut_short(const std::string& reason, const Advance& advance);

/// What is known when trials have stopped running.
struct StageEnd {
  std::optional<std::string> too_many_failures{};  ///< as FailureLimit says it
  bool complete = false;                           ///< all trials have ended
  bool out_of_time = false;  ///< trials were not started, since they would not end in time
  bool signalled = false;    ///< rank 0 has got a signal
  bool saves_progress = true;
  std::size_t ended_here = 0;  ///< trials of this session
  double had_seconds = 0.0;    ///< that the trials had
  double left_seconds = 0.0;   ///< until the session is to stop
  std::string stop_reason{};   ///< why rank 0 stopped them; empty if it did not
  Advance advance{};
};

/// Why not all trials of a stage ran; its reason is empty if they did.
EarlyEnd why_early(const StageEnd& end);

/// What the first lines of a resumed run say: "4 trials are done, 1 failed".
std::string counted(const std::vector<data::TrialResult>& results);

/// How a run that came to its end closes.
struct Closing {
  core::ExitCode code = core::ExitCode::done;  ///< or some_trials_failed
  std::size_t ended_badly = 0;                 ///< failed, diverged or quarantined
  std::vector<std::string> words{};            ///< a line for each way to end badly
};
Closing closing_of(const std::vector<data::TrialResult>& results);

/// If no trial ended well there is nothing to fit; nothing if one did, or there is none.
std::optional<EarlyEnd> all_ended_badly(const std::vector<data::TrialResult>& results);

}  // namespace bimix::run
