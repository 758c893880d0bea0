#include "texts_of_campaign.hpp"

namespace bimix::cli {

TextsOfCampaign texts_of_campaign(Context& context, const std::string& file,
                                  const std::string& run_folder) {
  const run::ReadCampaign read = run::read_campaign_together(context.comm(), file, run_folder);
  if (read.campaign.corpus.domains.empty())
    throw par::CollectiveError(core::ExitCode::usage,
                               file + ": names no text. Give the domains `train:` files.");
  return {read.campaign,
          run::open_corpus(context.comm(), context.console, read.campaign, run_folder)};
}

}  // namespace bimix::cli
