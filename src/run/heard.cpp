#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/run/heard.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/folder_lock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bimix::run {
namespace {

/// A heartbeat comes every two seconds; after this it is taken for lost.
constexpr double stale_after_seconds = 60;

/// The trials that have been running longest.
std::string longest_text(const store::RunStatus& status) {
  constexpr std::size_t shown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, status.longest.size()); ++i) {
    const store::StatusTrial& one = status.longest[i];
    text += fmt::format("{:<8} rank {}: trial {}, {}, {:.0f} %\n", i == 0 ? "running" : "",
                        one.rank, one.trial, core::format_seconds(one.seconds), 100 * one.fraction);
  }
  const int more = status.trials_running - static_cast<int>(shown);
  if (more > 0 && status.longest.size() >= shown)
    text += fmt::format("{:<8} and {} that began later\n", "", more);
  return text;
}

}  // namespace

Heard heard_of(const std::filesystem::path& folder) {
  const double age = store::seconds_since_written(store::status_path(folder));
  const auto status = store::read_status(folder);
  if (!status)
    throw core::DataError({.place = folder.string(),
                           .problem = "has no status.json",
                           .rule = "it is no run folder, or its run never started",
                           .remedy = "Name the folder that `bimix run -o` was given"});
  return {*status, age};
}

bool has_ended(const store::RunStatus& status) {
  return status.stage == "done" || !status.message.empty();
}

bool is_stale(const std::filesystem::path& folder, const Heard& heard) {
  const store::RunStatus& status = heard.status;
  if (has_ended(status)) return false;
  return heard.age_seconds > stale_after_seconds ||
         (status.host == core::host_name() && store::has_no_writer_here(folder));
}

std::string status_text(const std::filesystem::path& folder, const Heard& heard) {
  const store::RunStatus& status = heard.status;
  std::string text = fmt::format(
      "stage    {}\ntrials   {} of {} done, {} running, {} not ok\nranks    {} (rank 0 is process "
      "{} on {})\n",
      status.stage, status.trials_done, status.trials_total, status.trials_running,
      status.trials_failed, status.ranks, status.pid, status.host);
  if (status.stage != "done") {
    text += fmt::format("work     {:.0f} %", 100 * status.work_done);
    if (status.trials_per_hour > 0)
      text += fmt::format(", {:.3g} trials an hour", status.trials_per_hour);
    text += fmt::format("\nleft     {}", core::format_seconds(status.eta_seconds));
    if (std::isfinite(status.eta_low) && std::isfinite(status.eta_high))
      text += fmt::format(" ({} to {})", core::format_seconds(status.eta_low),
                          core::format_seconds(status.eta_high));
    text += '\n';
    const double left =
        static_cast<double>(status.deadline_utc - status.updated_utc) - heard.age_seconds;
    if (status.deadline_utc > 0)
      text += fmt::format("stops    {}\n", left > 0 ? "by itself in " + core::format_seconds(left)
                                                    : "now: its time is over");
    text += longest_text(status);
    text += fmt::format("heard    {} ago{}\n", core::format_seconds(heard.age_seconds),
                        is_stale(folder, heard)
                            ? " - stale: the run has ended or hangs; the same command resumes it"
                            : "");
  }
  if (!status.round.empty()) text += status.round + "\n";
  if (!status.last_failure.empty()) text += "failure  " + status.last_failure + "\n";
  if (!status.message.empty()) text += "message  " + status.message + "\n";
  return text;
}

data::Json status_json(const std::filesystem::path& folder, const Heard& heard) {
  data::Json json = store::to_json(heard.status);
  json["age_seconds"] = std::llround(heard.age_seconds);
  json["ended"] = has_ended(heard.status);
  json["stale"] = is_stale(folder, heard);
  return json;
}

}  // namespace bimix::run
