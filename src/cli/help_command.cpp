#include "commands.hpp"

#include <bimix/config/campaign.hpp>

namespace bimix::cli {

void add_help_command(CLI::App& app, Context& context, Action& action) {
  const auto topic = std::make_shared<std::string>("commands");
  CLI::App* command =
      add_command(app, "help", "help on a topic: commands, campaign", "bimix help campaign");
  command->add_option("TOPIC", *topic, "commands or campaign")
      ->check(CLI::IsMember({"commands", "campaign"}));
  command->callback([&app, &context, &action, topic] {
    action = [&app, &context, topic] {
      context.console.show(*topic == "campaign" ? campaign_keys() : app.help());
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
