#include "commands.hpp"
#include "run_page.hpp"

#include <bimix/par/comm.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/store/disk.hpp>

namespace bimix::cli {

void add_report_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string folder, output;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "report", "one HTML page with the answer, its tables and charts",
                  "bimix report runs/demo && xdg-open runs/demo/report.html");
  command->add_option("DIR", flags->folder, "run folder")->required();
  command->add_option("-o,--output", flags->output, "the page, DIR/report.html unless said");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      run::StoredRun run;
      par::collectively(context.comm(), [&] { run = run::load_run(flags->folder); });
      const report::PageInput input = page_input(context.comm(), context.console, run);
      par::on_root(context.comm(), [&] {
        const auto path =
            flags->output.empty() ? run.path / "report.html" : std::filesystem::path(flags->output);
        store::write_file_atomically(path, report::page_html(input));
        if (!report::charts_are_built_in())
          context.console.say(
              "The page has tables but no charts: this program was built without the chart "
              "library. "
              "Run `scripts/setup charts` and build again.");
        context.console.show("Page: " + path.string());
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
