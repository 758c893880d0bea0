#include "commands.hpp"
#include "next_plan.hpp"
#include "plan_text.hpp"
#include "slurm_script.hpp"

#include <bimix/report/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/forecast.hpp>
#include <bimix/run/former.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/spread/collective.hpp>
#include <bimix/sweep/run_trials.hpp>

namespace bimix::cli {
namespace {

std::string batch_script_for(const config::Campaign& campaign, const data::SweepPlan& plan,
                             const trial::TrialSource& source, SlurmJob job) {
  job.name = campaign.name;
  if (job.folder.empty()) job.folder = "runs/" + campaign.name;
  job.processors_per_rank = source.traits().threads_per_trial;
  if (const auto work = source.estimate(plan)) {
    job.seconds = run::seconds_on(*work, plan, source.traits(), job.ranks);
    job.memory_mib = work->memory_bytes_per_rank / (1 << 20);
  }
  return slurm_script(job);
}

}  // namespace

void add_plan_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    std::string file;
    std::string folder;
    int ranks = 1;
    bool json = false;
    bool slurm = false;
    int next = 0;
    std::string write, from;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(app, "plan", "show the trials of a campaign and what they cost",
                                  "bimix plan configs/demo.yaml --ranks 64 --slurm > demo.sbatch");
  command->add_option("FILE", flags->file, "campaign; for --next also a run folder")->required();
  command->add_option("--ranks", flags->ranks, "ranks to estimate for")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_option("-o,--output", flags->folder, "run folder to look into [runs/<name>]");
  CLI::Option* json = command->add_flag("--json", flags->json, "the answer as JSON, on stdout");
  CLI::Option* slurm =
      command
          ->add_flag("--slurm", flags->slurm,
                     "a batch script for this campaign on that many ranks, on stdout")
          ->excludes(json);
  CLI::Option* next =
      command
          ->add_option("--next", flags->next,
                       "propose so many further mixtures, by what the run folder holds")
          ->check(CLI::Range(1, 1000))
          ->excludes(slurm);
  command
      ->add_option("--write", flags->write,
                   "write the campaign grown by them, for run --extend; without comments")
      ->needs(next);
  command
      ->add_option("--from", flags->from,
                   "run folder, perhaps of other domains, whose trials this campaign would reuse")
      ->excludes(next);
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      if (flags->next > 0)
        return propose_next(context, {.file = flags->file,
                                      .folder = flags->folder,
                                      .count = flags->next,
                                      .write = flags->write,
                                      .json = flags->json});
      run::ReadCampaign read =
          run::read_campaign_together(context.comm(), flags->file, flags->folder);
      config::Campaign& campaign = read.campaign;
      const run::OpenedSource opened =
          run::open_source(context.comm(), context.console, campaign, flags->folder);
      if (!flags->from.empty()) campaign.design.reuse = {std::filesystem::absolute(flags->from)};
      std::vector<data::EntropyTable> entropy;
      if (opened.corpus)
        entropy.push_back(spread::entropy_over_ranks(context.comm(), *opened.corpus,
                                                     campaign.entropy, campaign.seed));
      const data::SweepPlan plan = run::plan_campaign(campaign, entropy, *opened.source);
      if (flags->json) {
        context.console.show(report::plan_json(plan).dump(1));
        return core::ExitCode::done;
      }
      if (flags->slurm) {
        par::collectively(context.comm(), [&] {
          sweep::require_whole_groups(flags->ranks, opened.source->traits().ranks_per_trial);
        });
        context.console.show(batch_script_for(
            campaign, plan, *opened.source,
            {.campaign = flags->file, .folder = flags->folder, .ranks = flags->ranks}));
        return core::ExitCode::done;
      }
      context.console.show(
          report::plan_text(plan, campaign.unique_tokens, config::epochs_target(campaign)));
      for (const std::string& note : opened.notes) context.console.say("  " + note);
      par::on_root(context.comm(), [&] {
        for (const std::string& words : run::former_trials(campaign, opened.fingerprints).words)
          context.console.show("  " + words + "\n");
      });
      const std::string folder = flags->folder.empty() ? "runs/" + campaign.name : flags->folder;
      if (opened.corpus) context.console.show(epochs_text(*opened.corpus, campaign, plan));
      for (const std::string& text :
           {rounds_text(campaign, *opened.source, flags->ranks),
            cost_text(campaign, plan, *opened.source, flags->ranks), done_text(folder, plan)})
        if (!text.empty()) context.console.show(text);
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
