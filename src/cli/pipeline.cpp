#include "pipeline.hpp"

#include "campaign_notes.hpp"
#include "shard_settings.hpp"

#include <bimix/core/file.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/law/fit.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/plan/check.hpp>
#include <bimix/proxy/schedule.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/report/page.hpp>
#include <bimix/spread/collective.hpp>
#include <bimix/store/checkpoint.hpp>
#include <bimix/trial/command_source.hpp>
#include <bimix/trial/proxy_source.hpp>
#include <bimix/trial/replay_source.hpp>

#include <algorithm>
#include <memory>

namespace bimix::cli {
namespace {

/// A resumed run keeps what the first machine chose where the campaign leaves it open, and the name
/// that its command's program had there.
void keep_choices(const Campaign& before, Campaign& campaign) {
  ProxyOptions& proxy = campaign.proxy;
  if (proxy.isa == "auto") proxy.isa = before.proxy.isa;
  if (proxy.precision == "auto") proxy.precision = before.proxy.precision;
  if (proxy.micro_batch == 0) proxy.micro_batch = before.proxy.micro_batch;
  CommandOptions& command = campaign.command;
  if (campaign.source != SourceKind::command || before.source != campaign.source ||
      !is_moved(command, before.command))
    return;
  command.program = command.run.front();
  command.run = before.command.run;
}

}  // namespace

ReadCampaign read_campaign_together(const Context& context, const std::filesystem::path& file,
                                    const std::filesystem::path& folder, bool is_shard) {
  ReadCampaign read;
  on_root(context.comm(), [&] {
    read.text = read_file(file);
    read.campaign = parse_campaign(read.text, file.string(), Look::data);
    if (const auto& base = read.campaign.base; !base.empty())
      read.text = with_base(read.text, base);
    const std::filesystem::path run_folder =
        folder.empty() ? "runs/" + read.campaign.name : folder.string();
    const std::filesystem::path resolved_file = run_folder / "resolved.yaml";
    const bool is_new = !std::filesystem::exists(resolved_file);
    if (!is_new) keep_choices(read_campaign(resolved_file, Look::stored), read.campaign);
    if (read.campaign.source == SourceKind::proxy)
      read.campaign.proxy = is_new && is_shard ? settled_for_shards(run_folder, read.campaign)
                                               : resolved(read.campaign.proxy);
  });
  read.text = context.comm().broadcast(read.text);
  // Rank 0 reads its own writing too: what runs is what resolved.yaml says.
  const std::string resolved_text =
      context.comm().broadcast(context.comm().is_root() ? resolved_yaml(read.campaign) : "");
  collectively(context.comm(),
               [&] { read.campaign = parse_campaign(resolved_text, "resolved.yaml"); });
  return read;
}

OpenedSource open_source(const Comm& comm, Campaign& campaign,
                         const std::filesystem::path& folder) {
  OpenedSource opened;
  collectively(comm, [&] {
    if (!campaign.corpus.domains.empty()) {
      opened.corpus.emplace(campaign.corpus);
      opened.notes = opened.corpus->notes();
      for (std::size_t k = 0; k < opened.corpus->domain_count(); ++k) {
        opened.fingerprints.emplace_back(campaign.domains.train[k], opened.corpus->fingerprint(k));
        if (campaign.unique_tokens[k] == unique_tokens_auto)
          campaign.unique_tokens[k] =
              static_cast<double>(opened.corpus->tokens(k, Part::train).size());
      }
    }
    if (campaign.source == SourceKind::proxy) {
      opened.source = std::make_unique<ProxySource>(*opened.corpus, campaign.proxy, campaign.seed);
      // Rounded as the volumes are, or it would leave out the very volume it names.
      if (campaign.fit.min_tokens > 0)
        campaign.fit.min_tokens =
            static_cast<double>(whole_steps({static_cast<std::int64_t>(campaign.fit.min_tokens)},
                                            opened.source->tokens_per_step())
                                    .front());
    } else if (campaign.source == SourceKind::command) {
      opened.notes = notes_on(campaign);
      opened.source = std::make_unique<CommandSource>(
          campaign.command, campaign.domains,
          folder.empty() ? std::filesystem::path("runs") / campaign.name : folder);
    } else {
      LossLog log = in_order_of(campaign.domains, read_logs(campaign.replay));
      if (log.domains.loss_unit == LossUnit::bits_per_byte) {
        campaign.domains.loss_unit = LossUnit::bits_per_byte;
        // So that resolved.yaml says it: commands on the folder read no logs.
        campaign.replay.unit = unit_symbol(LossUnit::bits_per_byte);
      }
      opened.notes.insert(opened.notes.end(), log.notes.begin(), log.notes.end());
      opened.fingerprints.emplace_back("logs", log.fingerprint);
      opened.source = std::make_unique<ReplaySource>(std::move(log));
    }
  });
  return opened;
}

SweepPlan plan_campaign(const Campaign& campaign, const std::vector<EntropyTable>& entropy,
                        const TrialSource& source) {
  const PlanInput input{.name = campaign.name,
                        .seed = campaign.seed,
                        .domains = campaign.domains,
                        .default_mixture = campaign.default_mixture,
                        .design = campaign.design};
  return campaign.source == SourceKind::replay ? make_replay_plan(input, entropy, source)
                                               : make_plan(input, entropy, source);
}

double bytes_of_models(const Campaign& campaign, const SweepPlan& plan, const TrialSource& source) {
  const bool can_go_on = campaign.design.axis == VolumeAxis::trajectory || source.shares_trunk();
  if (campaign.source != SourceKind::proxy || !can_go_on) return 0.0;
  double bytes = 0.0;
  for (const TrialSpec& trial : plan.trials)
    bytes += saved_bytes(campaign.proxy, trained_tokens(campaign.proxy, trial.tokens));
  return bytes;
}

bool keeps_models(const Campaign& campaign, const SweepPlan& plan, const TrialSource& source) {
  constexpr double little = 4.0 * (1 << 30);
  const double bytes = bytes_of_models(campaign, plan, source);
  const std::string& wish = campaign.proxy.keep_models;
  return bytes > 0 && wish != "never" && (wish == "always" || bytes <= little);
}

bool goes_on(const std::filesystem::path& folder, const TrialSpec& now, const TrialSpec& then) {
  return has_more_volumes(now, then) &&
         std::equal(then.tokens.begin(), then.tokens.end(), now.tokens.begin()) &&
         has_model(folder, run_id(now));
}

std::vector<double> most_epochs(const Corpus& corpus, const SweepPlan& plan) {
  std::vector<double> epochs(corpus.domain_count(), 0.0);
  for (std::size_t k = 0; k < epochs.size(); ++k)
    for (const Mixture& mixture : plan.mixtures)
      epochs[k] =
          std::max(epochs[k], mixture[k] * static_cast<double>(plan.tokens.back()) /
                                  static_cast<double>(corpus.tokens(k, Part::train).size()));
  return epochs;
}

OptimizeOptions optimize_options(const Campaign& campaign, const SweepPlan& plan) {
  OptimizeOptions options = campaign.optimize;
  if (options.tokens == 0) options.tokens = static_cast<double>(plan.tokens.back());
  options.unique_tokens = campaign.unique_tokens;
  options.level = campaign.fit.level;
  return options;
}

void warn_if_in_doubt(Console& console, const LawFit& fit) {
  if (!fit.trust.doubt.empty()) console.say(fit.trust.doubt);
}

RunRecord derive(const Comm& comm, const StoredRun& run) {
  RunRecord record = recorded(run);
  const Observations observations = observations_of(run.plan, run.state.results);
  LawFits fits = fit_laws_over_ranks(comm, observations, run.campaign.fit);
  record.laws = std::move(fits.laws);
  collectively(comm, [&] {
    record.optimum.push_back(best_mixture(record.laws[fits.used],
                                          optimize_options(run.campaign, run.plan),
                                          run.campaign.default_mixture));
    judge_check(record);
  });
  return record;
}

void judge_check(RunRecord& record) {
  const bool checked =
      !record.check_trials.empty() &&
      std::all_of(record.check_trials.begin(), record.check_trials.end(), [&](const auto& spec) {
        return std::any_of(record.results.begin(), record.results.end(),
                           [&](const TrialResult& result) { return result.id == spec.id; });
      });
  if (!checked) return;
  // Predicted for what was trained: the journal's mixtures, not today's optimum.
  std::vector<const TrialSpec*> rows;
  for (const TrialSpec& spec : record.check_trials)
    if (rows.empty() || rows.back()->mixture_label != spec.mixture_label) rows.push_back(&spec);
  const DomainSet& domains = record.plan.domains;
  Table predicted(rows.size(), domains.eval.size());
  for (std::size_t m = 0; m < rows.size(); ++m)
    for (std::size_t e = 0; e < predicted.columns; ++e)
      predicted(m, e) = predict(*used_law(record), e, rows[m]->mixture,
                                static_cast<double>(rows[m]->tokens.back()));
  record.check.push_back(make_check_report(record.check_trials, record.results, domains, predicted,
                                           record.optimum.front().weight));
}

}  // namespace bimix::cli
