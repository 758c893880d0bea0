#include "ending.hpp"

#include <bimix/core/text.hpp>
#include <bimix/report/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace bimix::run {
namespace {

std::size_t count_of(const std::vector<data::TrialResult>& results, data::TrialStatus status) {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(),
                    [&](const data::TrialResult& result) { return result.status == status; }));
}

}  // namespace

EarlyEnd cut_short(const std::string& reason, const Advance& advance) {
  if (advance.got_further || !advance.was_stuck) return {.reason = reason, .remedy = same_command};
  return {.code = core::ExitCode::data,
          .reason = reason + ", for the second time without having got any further",
          .remedy =
              "give it more time between its start and its stop (where a batch system "
              "warns before the end of a job: a longer job, or a later warning)"};
}

EarlyEnd why_early(const StageEnd& end) {
  // Too many failures are a reason even if they are known only now that all trials have ended.
  if (end.too_many_failures)
    return {.code = core::ExitCode::data,
            .reason = *end.too_many_failures,
            .remedy =
                "mend the cause and repeat the command; --max-failures 100% lets every "
                "trial be tried"};
  if (end.complete) return {};
  const bool for_time = !end.signalled && (end.out_of_time || end.left_seconds <= 0);
  if (for_time && end.ended_here == 0 && !end.saves_progress)
    return {.code = core::ExitCode::data,
            .reason = fmt::format("no trial ended in the {} that this run had for them, and they "
                                  "cannot go on later",
                                  core::format_seconds(end.had_seconds)),
            .remedy = "give the run more time, or let its command resume (`resumes: true`)"};
  if (!end.stop_reason.empty()) return cut_short(end.stop_reason, end.advance);
  return cut_short(end.out_of_time
                       ? "none of the trials that are left would end in time: the run is to stop "
                         "in " +
                             core::format_seconds(end.left_seconds)
                       : "stopped by a signal",  // that another rank got
                   end.advance);
}

std::string counted(const std::vector<data::TrialResult>& results) {
  const std::size_t done = count_of(results, data::TrialStatus::ok);
  std::string text = fmt::format("{} {} done", done, done == 1 ? "trial is" : "trials are");
  for (const data::TrialStatus status :
       {data::TrialStatus::failed, data::TrialStatus::diverged, data::TrialStatus::missing})
    if (const std::size_t count = count_of(results, status); count > 0)
      text += fmt::format(", {} {}", count, report::status_word(status));
  return text;
}

Closing closing_of(const std::vector<data::TrialResult>& results) {
  const std::size_t diverged = count_of(results, data::TrialStatus::diverged);
  const auto quarantined = static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [](const data::TrialResult& result) {
        return result.failure == data::FailureKind::quarantined;
      }));
  const std::size_t failed = count_of(results, data::TrialStatus::failed) - quarantined;
  Closing closing{.ended_badly = failed + diverged + quarantined};
  if (closing.ended_badly > 0) closing.code = core::ExitCode::some_trials_failed;
  if (failed > 0)
    closing.words.push_back(
        failed == 1 ? "1 trial failed; the same command tries it again"
                    : fmt::format("{} trials failed; the same command tries them again", failed));
  if (quarantined > 0)
    closing.words.push_back(
        fmt::format("{} not tried again, unless with --only",
                    quarantined == 1 ? "1 trial is" : std::to_string(quarantined) + " trials are"));
  if (diverged > 0)
    closing.words.push_back(fmt::format("{} {} diverged; left out of the fit", diverged,
                                        diverged == 1 ? "trial has" : "trials have"));
  return closing;
}

std::optional<EarlyEnd> all_ended_badly(const std::vector<data::TrialResult>& results) {
  if (results.empty() || count_of(results, data::TrialStatus::ok) > 0) return std::nullopt;
  return EarlyEnd{.code = core::ExitCode::data,
                  .reason = fmt::format("all {} trials ended badly, the first with: {}",
                                        results.size(), results.front().message),
                  .remedy = mend_and_repeat};
}

}  // namespace bimix::run
