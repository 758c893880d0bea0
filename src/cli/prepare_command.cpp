#include "commands.hpp"
#include "texts_of_campaign.hpp"

#include <bimix/report/corpus_text.hpp>

#include <fmt/format.h>

namespace bimix::cli {

void add_prepare_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file, folder;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(
      app, "prepare", "reads the texts of a campaign once, by all ranks, for all of its runs",
      "mpirun -n 8 bimix prepare my.yaml");
  command->add_option("FILE", flags->file, "campaign")->required();
  command->add_option("-o", flags->folder,
                      "run folder that is meant, beside which `prepared` lies [runs/<name>]");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const TextsOfCampaign texts = texts_of_campaign(context, flags->file, flags->folder);
      context.console.show(report::corpus_text(texts.corpus.table(texts.campaign.proxy.context)));
      for (const std::string& note : texts.corpus.notes()) context.console.say(note);
      context.console.say(fmt::format(
          "Prepared in {}{}", run::store_folder(texts.campaign, flags->folder).string(),
          texts.campaign.corpus.tokens.width == 1 ? "" : "; tokens stay where they lie"));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
