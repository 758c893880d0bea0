#include "plan_text.hpp"

#include <bimix/core/text.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/forecast.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

std::string models_text(const config::Campaign& campaign, const data::SweepPlan& plan,
                        const trial::TrialSource& source) {
  const double bytes = run::bytes_of_models(campaign, plan, source);
  if (bytes <= 0) return "";
  return fmt::format(
      "  models that trials end with: {:.1f} MiB, {} (keep_models: {}); with them --extend trains "
      "larger volumes from there\n",
      bytes / (1 << 20), run::keeps_models(campaign, plan, source) ? "kept" : "not kept",
      core::word_of(campaign.proxy.keep_models));
}

}  // namespace

std::string epochs_text(const corpus::Corpus& corpus, const config::Campaign& campaign,
                        const data::SweepPlan& plan) {
  std::vector<std::vector<std::string>> rows{{"text", "tokens", "epochs at most"}};
  const data::Pools pools = corpus.pools(campaign.proxy.context);
  const std::vector<double> epochs = run::most_epochs(plan, pools, config::epochs_target(campaign));
  for (std::size_t k = 0; k < epochs.size(); ++k)
    rows.push_back({corpus.names()[k], core::format_count(static_cast<std::int64_t>(pools[k])),
                    fmt::format("{:.2f}", epochs[k])});
  return report::aligned(rows);
}

std::string cost_text(const config::Campaign& campaign, const data::SweepPlan& plan,
                      const trial::TrialSource& source, int ranks) {
  const auto work = source.estimate(plan);
  if (!work) return "";
  const double seconds = run::seconds_on(*work, plan, source.traits(), ranks);
  return fmt::format(
             "  model: {}\n"
             "  {} parameters, {} tokens a step, {:.0f} MiB a rank at most\n"
             "  work: {:.3g} GFLOP ({:.0f} % of it evaluation); at this core's measured {:.1f} "
             "GFLOP/s {} core time\n"
             "  on {} {}: about {}, efficiency {:.0f} %\n",
             work->model, work->parameters, source.traits().tokens_per_step,
             work->memory_bytes_per_rank / (1 << 20), work->flops / 1e9,
             100 * work->evaluation_flops / work->flops, work->flops_per_second / 1e9,
             core::format_seconds(work->flops / work->flops_per_second), ranks,
             ranks == 1 ? "rank" : "ranks", core::format_seconds(seconds),
             100 * work->flops / (seconds * work->flops_per_second * ranks)) +
         models_text(campaign, plan, source);
}

std::string rounds_text(const config::Campaign& campaign, const trial::TrialSource& source,
                        int ranks) {
  if (!campaign.design.adaptive) return "";
  const plan::AdaptiveOptions& adaptive = *campaign.design.adaptive;
  std::string text = fmt::format(
      "  then rounds of {} mixtures, which the campaign chooses itself, until {} are spent or the "
      "best is known to {:g} nats with probability {:g}\n",
      adaptive.batch, adaptive.budget.text(), adaptive.until.gain, adaptive.until.confidence);
  const std::string idle = run::idle_ranks_words(campaign, source.traits(), ranks);
  return idle.empty() ? text : text + "  " + idle + "\n";
}

std::string done_text(const std::filesystem::path& folder, const data::SweepPlan& plan) {
  const auto done = run::done_before(folder, plan);
  if (!done) return "";
  return fmt::format("  {} holds {} of these {} trials: {:.0f} % of the work is left\n",
                     folder.string(), done->trials, plan.trials.size(), 100 * done->part_left);
}

}  // namespace bimix::cli
