#include "next_plan.hpp"

#include <bimix/core/file.hpp>
#include <bimix/data/json.hpp>
#include <bimix/mix/next_mixtures.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fit_teller.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/spread/collective.hpp>

#include <fmt/format.h>

#include <filesystem>

namespace bimix::cli {
namespace {

/// The run, with the campaign whose `fit` and `optimize` are asked for.
struct Asked {
  run::StoredRun run{};
  config::Campaign campaign{};
  std::string text{};  ///< of the campaign
};

Asked read(const NextPlan& plan) {
  if (std::filesystem::is_directory(plan.file)) {
    run::StoredRun run = run::load_run(plan.file);
    return {run, run.campaign, run.campaign_text};  // which says where its paths start
  }
  config::Campaign campaign = config::read_campaign(plan.file);
  const std::string folder = plan.folder.empty() ? "runs/" + campaign.name : plan.folder;
  const std::string text = core::read_file(plan.file);
  Asked asked{run::load_run(folder), campaign,
              campaign.base.empty() ? text : config::with_base(text, campaign.base)};
  if (asked.run.campaign.domains.train != campaign.domains.train)
    throw core::DataError({.place = folder,
                           .problem = "has other domains than " + plan.file,
                           .rule = "mixtures are proposed from what was run of the same domains",
                           .remedy = "Name its run folder with -o DIR"});
  // What was left to the data is in the folder.
  asked.campaign.domains = asked.run.campaign.domains;
  asked.campaign.unique_tokens = asked.run.campaign.unique_tokens;
  return asked;
}

void check_write(const NextPlan& plan, const config::Campaign& campaign) {
  if (plan.write.empty()) return;
  if (!run::traits_of(campaign).trains)
    throw core::UsageError(
        core::Complaint{"--write", "this campaign replays logs", "it can run no mixture",
                        "Train the mixtures that are proposed and replay their logs too"});
  if (std::filesystem::exists(plan.write))
    throw core::DataError({.place = plan.write,
                           .problem = "exists already",
                           .remedy = "Name another file, or remove it first"});
}

void write_grown(const NextPlan& plan, const Asked& asked, const data::NextMixtures& next) {
  std::vector<data::Mixture> mixtures;
  for (const data::NextMixture& proposal : next.mixtures) mixtures.push_back(proposal.share);
  const auto& domains = asked.campaign.domains.train;
  const std::string text =
      fmt::format("# {} with {} more mixtures, proposed by bimix plan --next.\n", plan.file,
                  mixtures.size()) +
      config::with_more_mixtures(asked.text, domains, mixtures);
  config::parse_campaign(text, plan.write);  // what is written can be run
  store::write_file_atomically(plan.write, text);
}

}  // namespace

core::ExitCode propose_next(Context& context, const NextPlan& plan) {
  Asked asked;
  par::collectively(context.comm(), [&] {
    asked = read(plan);
    check_write(plan, asked.campaign);
  });
  const data::Observations seen = run::observations_of(asked.run);
  std::vector<data::LawFit> laws;
  {
    run::FitTeller teller(context.console);
    laws = spread::believed_fits_over_ranks(context.comm(), seen, asked.campaign.fit,
                                            teller.progress());
  }
  data::NextMixtures next;
  par::on_root(context.comm(), [&] {
    mix::OptimizeOptions options = run::optimize_options(asked.campaign, asked.run.plan);
    options.unique_tokens = run::target_pools(asked.run, options.unique_tokens);
    run::settle_policies(asked.campaign, asked.run.state.entropy, options);
    next = mix::next_mixtures(laws, seen, options, asked.campaign.default_mixture,
                              {.count = plan.count, .seed = asked.campaign.seed});
    const data::DomainSet& domains = asked.run.plan.domains;
    context.console.show(plan.json ? data::to_json(next, domains).dump(1)
                                   : report::next_text(next, domains));
  });
  if (plan.write.empty()) {
    if (run::traits_of(asked.campaign).trains)
      context.console.say(
          "--write FILE writes the campaign grown by these, for bimix run --extend");
    return core::ExitCode::done;
  }
  par::on_root(context.comm(), [&] { write_grown(plan, asked, next); });
  context.console.say(fmt::format("Wrote {}. Next: bimix run {} --extend -o {}", plan.write,
                                  plan.write, asked.run.path.string()));
  return core::ExitCode::done;
}

}  // namespace bimix::cli
