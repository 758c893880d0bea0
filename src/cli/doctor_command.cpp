#include "commands.hpp"
#include "run_stamp.hpp"

#include <bimix/report/page.hpp>
#include <bimix/run/examination.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::cli {
namespace {

run::Finding of_charts() {
  if (report::charts_are_built_in()) return {.subject = "charts", .text = "built in"};
  return {.kind = run::Finding::Kind::note,
          .subject = "charts",
          .text = "not built in; `bimix report` writes tables",
          .remedy = "`scripts/setup charts`, and build again"};
}

std::string findings_text(const std::vector<run::Finding>& all) {
  std::string text;
  for (const run::Finding& finding : all) {
    const char* mark = finding.kind == run::Finding::Kind::fine   ? "ok"
                       : finding.kind == run::Finding::Kind::note ? "note"
                                                                  : "BAD";
    text += fmt::format("  {:<5} {:<13} {}\n", mark, finding.subject, finding.text);
    if (!finding.remedy.empty()) text += fmt::format("{:22}{}.\n", "", finding.remedy);
  }
  return text;
}

}  // namespace

void add_doctor_command(CLI::App& app, Context& context, Action& action) {
  const auto parent = std::make_shared<std::string>(".");
  CLI::App* command =
      add_command(app, "doctor", "what a run would find here: ranks, processors, memory, folder",
                  "mpirun -n 2 bimix doctor /scratch/me   (or with srun, as the run is started)");
  command->add_option("DIR", *parent, "where run folders are to lie")->capture_default_str();
  command->callback([&context, &action, parent] {
    action = [&context, parent] {
      const par::Comm& comm = context.comm();
      std::vector<run::Finding> all = run::examined(comm, *parent);
      all.push_back(of_charts());
      if (const auto job = run::of_job()) all.push_back(*job);
      context.console.show(version_text() + findings_text(all));
      const bool bad = std::any_of(all.begin(), all.end(), [](const run::Finding& finding) {
        return finding.kind == run::Finding::Kind::bad;
      });
      return comm.broadcast(bad ? "bad" : "").empty() ? core::ExitCode::done : core::ExitCode::data;
    };
  });
}

}  // namespace bimix::cli
