#include "commands.hpp"

#include <bimix/run/merge.hpp>

namespace bimix::cli {

void add_merge_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::vector<std::string> folders;
    std::string target;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(
      app, "merge", "join run folders of one campaign, such as the shards of an array job",
      "bimix merge runs/mine/shard-* -o runs/mine");
  command->add_option("DIR", flags->folders, "run folders")->required();
  command->add_option("-o,--output", flags->target, "run folder to join them in; made if absent")
      ->required();
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      par::on_root(context.comm(), [&] {
        context.console.say(run::merge(context.console, flags->folders, flags->target));
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
