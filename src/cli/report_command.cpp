#include "commands.hpp"
#include "run_page.hpp"

#include <bimix/core/text.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/report/history.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

struct ReportFlags {
  std::vector<std::string> folders{};
  std::string output{};
  bool json = false;
};

void write_page(Context& context, const ReportFlags& flags) {
  run::StoredRun run;
  par::collectively(context.comm(), [&] { run = run::load_run(flags.folders.front()); });
  const report::PageInput input = page_input(context.comm(), context.console, run);
  par::on_root(context.comm(), [&] {
    const auto path =
        flags.output.empty() ? run.path / "report.html" : std::filesystem::path(flags.output);
    store::write_file_if_changed(path, report::page_html(input));
    if (!report::charts_are_built_in())
      context.console.say(
          "The page has tables but no charts: this program was built without the chart "
          "library. "
          "Run `scripts/setup charts` and build again.");
    context.console.show("Page: " + path.string());
  });
}

/// What was predicted and trained in the checks of all these runs. Folders without one are named.
void show_history(Context& context, const ReportFlags& flags) {
  std::vector<report::PastCheck> checks;
  std::vector<std::string> without;
  for (const std::string& folder : flags.folders) {
    std::string problem;
    data::RunRecord record;
    try {
      run::StoredRun run;
      par::collectively(context.comm(), [&] { run = run::load_run(folder); });
      record = run::derive(context.comm(), context.console, run);
    } catch (const par::CollectiveError& error) {
      problem = error.what();
    }
    if (!context.comm().is_root()) continue;
    for (data::CheckReport& check : record.check)
      checks.push_back({folder, report::used_law(record)->law, std::move(check)});
    if (!problem.empty() || record.check.empty()) without.push_back(folder);
  }
  par::on_root(context.comm(), [&] {
    if (!without.empty()) {
      constexpr std::size_t most = 8;
      context.console.say("Without a finished check: " + core::join_some(without, most));
    }
    if (checks.empty())
      throw core::DataError({.place = "report",
                             .problem = "none of these folders has a finished check",
                             .rule = "a history tells what was predicted and what came of it",
                             .remedy = "Name runs of campaigns with a `check:`"});
    context.console.show(flags.json ? report::history_json(checks).dump(1)
                                    : report::history_text(checks));
  });
}

}  // namespace

void add_report_command(CLI::App& app, Context& context, Action& action) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App* command = add_command(
      app, "report", "one HTML page with the answer; of several runs how their predictions held",
      "bimix report runs/demo && xdg-open runs/demo/report.html; bimix report runs/*");
  command
      ->add_option("DIR", flags->folders,
                   "run folder; of several, what their checks predicted and trained")
      ->required();
  command->add_option("-o,--output", flags->output, "the page, DIR/report.html unless said");
  command->add_flag("--json", flags->json, "of several runs: as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const bool are_many = flags->folders.size() > 1;
      if (are_many && !flags->output.empty())
        throw core::UsageError(core::Complaint{"--output", "several folders are given",
                                               "there is one page a run", "Name one folder"});
      if (!are_many && flags->json)
        throw core::UsageError(
            core::Complaint{"--json", "one folder is given", "it is for the history of several",
                            "`bimix export DIR --to json` writes the whole run"});
      if (are_many)
        show_history(context, *flags);
      else
        write_page(context, *flags);
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
