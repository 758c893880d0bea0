#include "commands.hpp"

#include <bimix/config/campaign.hpp>

#include <fmt/format.h>

namespace bimix::cli {

void add_validate_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file;
    bool resolved = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(app, "validate", "list all mistakes of a campaign",
                                  "bimix validate configs/demo.yaml");
  command->add_option("FILE", flags->file, "campaign")->required();
  command->add_flag("--resolved", flags->resolved, "print it with every default written out");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      on_root(context.comm(), [&] {
        const Campaign campaign = read_campaign(flags->file);
        if (flags->resolved) context.console.show(resolved_yaml(campaign));
        context.console.say(fmt::format("{}: no mistakes found", flags->file));
      });
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
