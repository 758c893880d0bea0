#include "commands.hpp"
#include "texts_of_campaign.hpp"

#include <bimix/data/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/spread/collective.hpp>

namespace bimix::cli {

void add_entropy_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file, folder;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "entropy", "entropies of the domains and the mixtures they imply",
                  "bimix entropy configs/demo.yaml");
  command->add_option("FILE", flags->file, "campaign")->required();
  command->add_option("-o", flags->folder,
                      "run folder that is meant, beside which `prepared` lies [runs/<name>]");
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const TextsOfCampaign texts = texts_of_campaign(context, flags->file, flags->folder);
      const data::EntropyTable table = spread::entropy_over_ranks(
          context.comm(), texts.corpus, texts.campaign.entropy, texts.campaign.seed);
      context.console.show(flags->json ? data::to_json(table).dump(1)
                                       : report::entropy_text(table));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
