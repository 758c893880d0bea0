#include "commands.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/run/campaign_notes.hpp>

#include <fmt/format.h>

namespace bimix::cli {

void add_validate_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file;
    bool resolved = false;
    bool schema = false;
    bool offline = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "validate", "list all mistakes of a campaign, and the files it lacks",
                  "bimix validate configs/demo.yaml");
  CLI::Option* file = command->add_option("FILE", flags->file, "campaign");
  command->add_flag("--resolved", flags->resolved,
                    "print it with every default written out; files are not looked for");
  command->add_flag("--offline", flags->offline, "do not look whether what it names is there");
  command->add_flag("--schema", flags->schema, "print the JSON Schema of campaigns, for editors")
      ->excludes(file);
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      par::on_root(context.comm(), [&] {
        if (flags->schema) return context.console.show(config::campaign_schema());
        if (flags->file.empty())
          throw core::UsageError(
              core::Complaint{.problem = "no campaign is named",
                              .remedy = "For example: bimix validate configs/demo.yaml"});
        const config::Campaign campaign = config::read_campaign(
            flags->file,
            flags->offline || flags->resolved ? config::Look::nowhere : config::Look::programs);
        if (flags->resolved) context.console.show(config::resolved_yaml(campaign));
        context.console.say(fmt::format("{}: no mistakes found", flags->file));
        for (const std::string& note : run::notes_on(campaign)) context.console.say("  " + note);
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
