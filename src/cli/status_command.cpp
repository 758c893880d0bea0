#include "commands.hpp"
#include "live_page.hpp"

#include <bimix/run/heard.hpp>

#include <chrono>
#include <thread>

namespace bimix::cli {
namespace {

constexpr std::chrono::seconds watch_every{2};

/// Shows the status, in place on a terminal and else whenever a trial has ended, until the run has
/// ended or is stale.
void watch(Console& console, const std::filesystem::path& folder, LivePage* page) {
  for (store::RunStatus before{.trials_done = -1};;) {
    const run::Heard heard = run::heard_of(folder);
    const store::RunStatus& status = heard.status;
    const bool moved = status.trials_done != before.trials_done || status.stage != before.stage;
    if (console.shows_in_place() || moved) console.show_in_place(run::status_text(folder, heard));
    const bool over = run::has_ended(status) || run::is_stale(folder, heard);
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
        const run::Heard heard = run::heard_of(flags->folder);
        context.console.show(flags->json ? run::status_json(flags->folder, heard).dump(1)
                                         : run::status_text(flags->folder, heard));
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
