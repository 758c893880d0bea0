#include "commands.hpp"

#include <bimix/core/text.hpp>
#include <bimix/store/journal.hpp>
#include <bimix/store/status.hpp>

#include <fmt/format.h>

#include <chrono>

namespace bimix::cli {
namespace {

/// A heartbeat comes every two seconds; after this it is taken for lost.
constexpr std::int64_t stale_after_seconds = 60;

std::string status_text(const RunStatus& status, std::int64_t now) {
  const std::int64_t age = now - status.updated_utc;
  std::string text = fmt::format(
      "stage    {}\ntrials   {} of {} done, {} running, {} not ok\nranks    {} (rank 0 is process "
      "{} on {})\n",
      status.stage, status.trials_done, status.trials_total, status.trials_running,
      status.trials_failed, status.ranks, status.pid, status.host);
  if (status.stage != "done") {
    text += fmt::format("left     {}\n", format_seconds(status.eta_seconds));
    text += fmt::format("heard    {} ago{}\n", format_seconds(static_cast<double>(age)),
                        age > stale_after_seconds
                            ? " - stale: the run has ended or hangs; the same command resumes it"
                            : "");
  }
  if (!status.message.empty()) text += "message  " + status.message + "\n";
  return text;
}

}  // namespace

void add_status_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string folder;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "status", "how far a run is, from any shell", "bimix status runs/demo");
  command->add_option("DIR", flags->folder, "run folder")->required();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      on_root(context.comm(), [&] {
        const auto status = read_status(flags->folder);
        if (!status)
          throw DataError({.place = flags->folder,
                           .problem = "has no status.json",
                           .rule = "it is no run folder, or its run never started",
                           .remedy = "Name the folder that `bimix run -o` was given"});
        const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
        context.console.show(flags->json ? to_json(*status).dump(1) : status_text(*status, now));
      });
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
