#include "commands.hpp"
#include "manual.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

const std::vector<std::string> topics{"commands", "campaign", "man", "bash", "zsh", "fish"};

/// The command of that name. @throws UsageError with the nearest of the names and `others`
const CLI::App& command_of(const CLI::App& app, const std::string& name, const std::string& place,
                           std::vector<std::string> others = {}) {
  for (const CLI::App* one : app.get_subcommands({})) {
    if (one->get_name() == name) return *one;
    others.push_back(one->get_name());
  }
  throw core::UsageError(
      core::Complaint{.place = place,
                      .problem = fmt::format("there is no topic or command '{}'", name),
                      .remedy = core::did_you_mean(name, others)});
}

/// @param command whose page is wanted; empty: that of the program
std::string help_on(const CLI::App& app, const std::string& topic, const std::string& command) {
  if (topic == "campaign") return config::campaign_keys();
  if (topic == "bash") return bash_completion(app);
  if (topic == "zsh") return zsh_completion(app);
  if (topic == "fish") return fish_completion(app);
  if (topic == "man")
    return manual_page(command.empty() ? app : command_of(app, command, "help man"));
  // app.help() would be the help of `help`, the command that was given.
  const CLI::App* const shown =
      topic == "commands" ? &app : &command_of(app, topic, "help", topics);
  return shown->get_formatter()->make_help(
      shown, shown == &app ? app.get_name() : app.get_name() + " " + topic,
      CLI::AppFormatMode::Normal);
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
  command->add_option("TOPIC", flags->topic,
                      "commands, campaign, man, bash, zsh, fish, or a command's name");
  command->add_option("COMMAND", flags->command, "man: of this command");
  command->callback([&app, &context, &action, flags] {
    action = [&app, &context, flags] {
      context.console.show(help_on(app, flags->topic, flags->command));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
