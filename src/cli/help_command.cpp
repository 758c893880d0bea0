#include "commands.hpp"
#include "manual.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

const std::vector<std::string> topics{"commands", "campaign", "man", "bash"};

/// @param command whose page is wanted; empty: that of the program
std::string help_on(const CLI::App& app, const std::string& topic, const std::string& command) {
  if (topic == "campaign") return campaign_keys();
  if (topic == "bash") return bash_completion(app);
  if (topic != "man") return app.help();
  if (command.empty()) return manual_page(app);
  std::vector<std::string> names;
  for (const CLI::App* one : app.get_subcommands({})) {
    if (one->get_name() == command) return manual_page(*one);
    names.push_back(one->get_name());
  }
  throw UsageError(Complaint{.place = "help man",
                             .problem = fmt::format("there is no command '{}'", command),
                             .remedy = did_you_mean(command, names)});
}

}  // namespace

void add_help_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string topic = "commands";
    std::string command;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "help", "help on a topic; also manual pages and completion, for installers",
                  "bimix help campaign");
  command->add_option("TOPIC", flags->topic, "commands, campaign, man or bash")
      ->check(CLI::IsMember(topics));
  command->add_option("COMMAND", flags->command, "man: of this command");
  command->callback([&app, &context, &action, flags] {
    action = [&app, &context, flags] {
      context.console.show(help_on(app, flags->topic, flags->command));
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
