#include "commands.hpp"
#include "pipeline.hpp"

namespace bimix::cli {

void add_run_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file;
    std::string folder;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(
      app, "run", "run a campaign: entropies, trials, fit, optimum, check; again: resume",
      "mpirun -n 2 bimix run configs/demo.yaml -o runs/demo");
  command->add_option("FILE", flags->file, "campaign")->required();
  command->add_option("-o,--output", flags->folder, "run folder [runs/<name>]");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const ReadCampaign read = read_campaign_together(context, flags->file, flags->folder);
      const std::string folder =
          flags->folder.empty() ? "runs/" + read.campaign.name : flags->folder;
      return run_campaign(context, read, folder);
    };
  });
}

}  // namespace bimix::cli
