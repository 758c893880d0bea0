#include "commands.hpp"
#include "run_page.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/folder_lock.hpp>
#include <bimix/store/journal.hpp>
#include <bimix/store/status.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace bimix::cli {
namespace {

constexpr std::chrono::seconds watch_every{2};
constexpr std::chrono::seconds page_every{15};
/// A heartbeat comes every two seconds; after this it is taken for lost.
constexpr double stale_after_seconds = 60;

/// Whether the run has said itself that it is over.
bool has_ended(const store::RunStatus& status) {
  return status.stage == "done" || !status.message.empty();
}

/// What the run said last, and how long ago by the clock of the file system: those of the run's
/// host and of this one may differ by more than a run's whole life.
struct Heard {
  store::RunStatus status{};
  double age_seconds = 0.0;
};

/// Whether a run that should go on does not: nothing was heard of it, or, on its own host, nobody
/// holds the folder's lock.
bool is_stale(const std::filesystem::path& folder, const Heard& heard) {
  const store::RunStatus& status = heard.status;
  if (has_ended(status)) return false;
  return heard.age_seconds > stale_after_seconds ||
         (status.host == core::host_name() && store::has_no_writer_here(folder));
}

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
  if (!status.last_failure.empty()) text += "failure  " + status.last_failure + "\n";
  if (!status.message.empty()) text += "message  " + status.message + "\n";
  return text;
}

/// status.json, and what only who looks at it can say.
data::Json status_json(const std::filesystem::path& folder, const Heard& heard) {
  data::Json json = store::to_json(heard.status);
  json["age_seconds"] = std::llround(heard.age_seconds);
  json["ended"] = has_ended(heard.status);
  json["stale"] = is_stale(folder, heard);
  return json;
}

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

/// The page of a run that goes on. Written again when the run has moved, so that a browser that
/// shows it loads what is new.
class LivePage {
 public:
  LivePage(Context& context, std::filesystem::path folder)
      : context_(context), folder_(std::move(folder)), path_(folder_ / "report.html") {}

  /// @param over true for the last time: the page then stays as it is
  void update(const store::RunStatus& status, bool over) {
    const auto now = std::chrono::steady_clock::now();
    const bool moved = status.trials_done != written_done_ || status.stage != written_stage_;
    if (!over && (!moved || now < next_)) return;
    run::StoredRun run;
    try {
      run = run::load_run(folder_);
    } catch (const core::DataError&) {
      if (over) throw;
      return;  // it has not come to its trials yet
    }
    report::PageInput input = page_input(context_.comm(), context_.console, run);
    if (!over) {
      input.reload_seconds = static_cast<int>(page_every.count());
      input.notes.insert(
          input.notes.begin(),
          fmt::format("As of {}: {}, {} of {} trials done, {:.0f} % of the work, {} left. The page "
                      "loads itself anew every {} seconds.",
                      core::utc_text(core::utc_now()), status.stage, status.trials_done,
                      status.trials_total, 100 * status.work_done,
                      core::format_seconds(status.eta_seconds), input.reload_seconds));
    }
    store::write_file_atomically(path_, report::page_html(input));
    if (written_done_ < 0 || over) context_.console.show("Page: " + path_.string());
    written_done_ = status.trials_done;
    written_stage_ = status.stage;
    next_ = now + page_every;
  }

 private:
  Context& context_;
  std::filesystem::path folder_, path_;
  int written_done_ = -1;
  std::string written_stage_{};
  std::chrono::steady_clock::time_point next_{};
};

/// Shows the status, in place on a terminal and else whenever a trial has ended, until the run has
/// ended or is stale.
void watch(Console& console, const std::filesystem::path& folder, LivePage* page) {
  for (store::RunStatus before{.trials_done = -1};;) {
    const Heard heard = heard_of(folder);
    const store::RunStatus& status = heard.status;
    const bool moved = status.trials_done != before.trials_done || status.stage != before.stage;
    if (console.shows_in_place() || moved) console.show_in_place(status_text(folder, heard));
    const bool over = has_ended(status) || is_stale(folder, heard);
    if (page != nullptr) page->update(status, over);
    if (over) return;
    before = status;
    std::this_thread::sleep_for(watch_every);
  }
}

}  // namespace

void add_status_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string folder;
    bool json = false, watch = false, html = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "status", "how far a run is, from any shell", "bimix status runs/demo");
  command->add_option("DIR", flags->folder, "run folder")->required();
  CLI::Option* json = command->add_flag("--json", flags->json, "as JSON, on stdout");
  CLI::Option* watching =
      command->add_flag("--watch", flags->watch, "go on until the run has ended")->excludes(json);
  command
      ->add_flag("--html", flags->html,
                 "keep DIR/report.html fresh meanwhile, for a browser that shows it")
      ->needs(watching);
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      if (flags->html && context.comm().size() > 1)
        throw core::UsageError(
            core::Complaint{.place = "--html",
                            .problem = "is the work of one process",
                            .remedy = "Start it without mpirun, beside the run"});
      par::on_root(context.comm(), [&] {
        LivePage page(context, flags->folder);
        if (flags->watch)
          return watch(context.console, flags->folder, flags->html ? &page : nullptr);
        const Heard heard = heard_of(flags->folder);
        context.console.show(flags->json ? status_json(flags->folder, heard).dump(1)
                                         : status_text(flags->folder, heard));
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
