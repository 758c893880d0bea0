#include "commands.hpp"
#include "next_plan.hpp"
#include "slurm_script.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/spread/collective.hpp>
#include <bimix/store/journal.hpp>
#include <bimix/sweep/coordinator.hpp>
#include <bimix/sweep/run_trials.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace bimix::cli {
namespace {

/// End of the last trial if every rank works one unit of cost a second and ranks that share a trial
/// lose nothing by it.
double makespan_of(const data::SweepPlan& plan, int ranks, int ranks_per_trial) {
  std::vector<double> costs;
  for (const data::TrialSpec& trial : plan.trials) costs.push_back(trial.cost / ranks_per_trial);
  const int groups = std::max(1, ranks / ranks_per_trial);
  return sweep::makespan(costs, sweep::dispatch_order(costs, groups), groups);
}

/// Seconds until the last trial ends.
double seconds_on(const trial::WorkEstimate& work, const data::SweepPlan& plan,
                  const trial::SourceTraits& traits, int ranks) {
  return makespan_of(plan, ranks, traits.ranks_per_trial) / work.flops_per_second;
}

constexpr double bytes_per_mib = 1 << 20;

void show_cost(Console& console, const config::Campaign& campaign, const data::SweepPlan& plan,
               const trial::TrialSource& source, int ranks) {
  const auto work = source.estimate(plan);
  if (!work) return;
  const double seconds = seconds_on(*work, plan, source.traits(), ranks);
  console.show(fmt::format(
      "  model: {}\n"
      "  {} parameters, {} tokens a step, {:.0f} MiB a rank at most\n"
      "  work: {:.3g} GFLOP ({:.0f} % of it evaluation); at this core's measured {:.1f} GFLOP/s {} "
      "core time\n"
      "  on {} {}: about {}, efficiency {:.0f} %\n",
      work->model, work->parameters, source.traits().tokens_per_step,
      work->memory_bytes_per_rank / bytes_per_mib, work->flops / 1e9,
      100 * work->evaluation_flops / work->flops, work->flops_per_second / 1e9,
      core::format_seconds(work->flops / work->flops_per_second), ranks,
      ranks == 1 ? "rank" : "ranks", core::format_seconds(seconds),
      100 * work->flops / (seconds * work->flops_per_second * ranks)));
  if (const double bytes = run::bytes_of_models(campaign, plan, source); bytes > 0)
    console.show(fmt::format(
        "  models that trials end with: {:.1f} MiB, {} (keep_models: {}); with them "
        "--extend trains "
        "larger volumes from there\n",
        bytes / bytes_per_mib, run::keeps_models(campaign, plan, source) ? "kept" : "not kept",
        campaign.proxy.keep_models));
}

std::string batch_script_for(const config::Campaign& campaign, const data::SweepPlan& plan,
                             const trial::TrialSource& source, SlurmJob job) {
  job.name = campaign.name;
  if (job.folder.empty()) job.folder = "runs/" + campaign.name;
  job.processors_per_rank = source.traits().threads_per_trial;
  if (const auto work = source.estimate(plan)) {
    job.seconds = seconds_on(*work, plan, source.traits(), job.ranks);
    job.memory_mib = work->memory_bytes_per_rank / bytes_per_mib;
  }
  return slurm_script(job);
}

void show_epochs(Console& console, const corpus::Corpus& corpus, const data::SweepPlan& plan) {
  std::vector<std::vector<std::string>> rows{{"text", "tokens", "epochs at most"}};
  const std::vector<double> epochs = run::most_epochs(corpus, plan);
  for (std::size_t k = 0; k < epochs.size(); ++k)
    rows.push_back({corpus.names()[k],
                    core::format_count(corpus.tokens(k, corpus::Part::train).size()),
                    fmt::format("{:.2f}", epochs[k])});
  console.show(report::aligned(rows));
}

/// What a run folder holds of this plan.
void show_done(Console& console, const std::filesystem::path& folder, const data::SweepPlan& plan) {
  const store::JournalState state = store::read_journal(folder);
  if (!state.header) return;
  std::unordered_set<std::string> ended;
  for (const data::TrialResult& result : state.results)
    if (result.status != data::TrialStatus::failed) ended.insert(result.id);
  const auto done = std::count_if(plan.trials.begin(), plan.trials.end(),
                                  [&](const auto& trial) { return ended.contains(trial.id); });
  std::unordered_map<std::string, const data::TrialSpec*> held;
  for (const data::TrialSpec& trial : state.plan_trials) held[plan::run_id(trial)] = &trial;
  double left = 0.0, total = 0.0;
  for (const data::TrialSpec& trial : plan.trials) {
    total += trial.cost;
    if (ended.contains(trial.id)) continue;
    left += trial.cost;
    const auto then = held.find(plan::run_id(trial));
    if (then != held.end() && ended.contains(then->second->id) &&
        run::goes_on(folder, trial, *then->second))
      left -= then->second->cost;
  }
  console.show(fmt::format("  {} holds {} of these {} trials: {:.0f} % of the work is left\n",
                           folder.string(), done, plan.trials.size(), 100 * left / total));
}

data::Json plan_json(const data::SweepPlan& plan) {
  data::Json trials = data::Json::array();
  for (const data::TrialSpec& trial : plan.trials) trials.push_back(data::to_json(trial));
  return {{"name", plan.name},
          {"loss_unit", data::unit_text(plan.domains.loss_unit)},
          {"tokens", plan.tokens},
          {"trials", trials}};
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
    std::string write;
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
      const run::OpenedSource opened = run::open_source(context.comm(), campaign, flags->folder);
      std::vector<data::EntropyTable> entropy;
      if (opened.corpus)
        entropy.push_back(spread::entropy_over_ranks(context.comm(), *opened.corpus,
                                                     campaign.entropy, campaign.seed));
      const data::SweepPlan plan = run::plan_campaign(campaign, entropy, *opened.source);
      if (flags->json) {
        context.console.show(plan_json(plan).dump(1));
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
      context.console.show(report::plan_text(plan));
      if (opened.corpus) show_epochs(context.console, *opened.corpus, plan);
      show_cost(context.console, campaign, plan, *opened.source, flags->ranks);
      show_done(context.console, flags->folder.empty() ? "runs/" + campaign.name : flags->folder,
                plan);
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
