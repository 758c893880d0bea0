#include "commands.hpp"

#include <bimix/data/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/spread/collective.hpp>

namespace bimix::cli {

void add_entropy_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "entropy", "entropies of the domains and the mixtures they imply",
                  "bimix entropy configs/demo.yaml");
  command->add_option("FILE", flags->file, "campaign")->required();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const run::ReadCampaign read = run::read_campaign_together(context.comm(), flags->file, "");
      if (read.campaign.corpus.domains.empty())
        throw par::CollectiveError(
            core::ExitCode::usage,
            flags->file + ": names no text. Give the domains `train:` files.");
      std::optional<corpus::Corpus> corpus;
      par::collectively(context.comm(), [&] { corpus.emplace(read.campaign.corpus); });
      const data::EntropyTable table = spread::entropy_over_ranks(
          context.comm(), *corpus, read.campaign.entropy, read.campaign.seed);
      context.console.show(flags->json ? data::to_json(table).dump(1)
                                       : report::entropy_text(table));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
