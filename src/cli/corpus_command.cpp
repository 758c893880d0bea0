#include "commands.hpp"
#include "texts_of_campaign.hpp"

#include <bimix/report/corpus_text.hpp>

namespace bimix::cli {

void add_corpus_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file, folder;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(app, "corpus", "what there is of each domain's texts",
                                  "bimix corpus configs/demo.yaml");
  command->add_option("FILE", flags->file, "campaign")->required();
  command->add_option("-o", flags->folder,
                      "run folder that is meant, beside which `prepared` lies [runs/<name>]");
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const TextsOfCampaign texts = texts_of_campaign(context, flags->file, flags->folder);
      const data::CorpusTable table = texts.corpus.table(texts.campaign.proxy.context);
      context.console.show(flags->json ? report::corpus_json(table) : report::corpus_text(table));
      for (const std::string& note : texts.corpus.notes()) context.console.say(note);
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
