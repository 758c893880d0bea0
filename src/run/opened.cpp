#include "shard_settings.hpp"

#include <bimix/core/file.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/run/campaign_notes.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/run/texts.hpp>
#include <bimix/trial/command_source.hpp>
#include <bimix/trial/proxy_source.hpp>
#include <bimix/trial/replay_source.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace bimix::run {
namespace {

/// A resumed run keeps what the first machine chose where the campaign leaves it open, and the name
/// that its command's program had there.
void keep_choices(const config::Campaign& before, config::Campaign& campaign) {
  proxy::ProxyOptions& proxy = campaign.proxy;
  if (proxy.isa == proxy::Isa::automatic) proxy.isa = before.proxy.isa;
  if (proxy.precision == proxy::Precision::automatic) proxy.precision = before.proxy.precision;
  if (proxy.micro_batch == 0) proxy.micro_batch = before.proxy.micro_batch;
  trial::CommandOptions& command = campaign.command;
  if (campaign.source != config::SourceKind::command || before.source != campaign.source ||
      !trial::is_moved(command, before.command))
    return;
  command.program = command.run.front();
  command.run = before.command.run;
}

}  // namespace

ReadCampaign read_campaign_together(const par::Comm& comm, const std::filesystem::path& file,
                                    const std::filesystem::path& folder, bool is_shard) {
  ReadCampaign read;
  par::on_root(comm, [&] {
    read.text = core::read_file(file);
    read.campaign = config::parse_campaign(read.text, file.string(), config::Look::data);
    if (const auto& base = read.campaign.base; !base.empty())
      read.text = config::with_base(read.text, base);
    const std::filesystem::path run_folder =
        folder.empty() ? "runs/" + read.campaign.name : folder.string();
    const std::filesystem::path resolved_file = run_folder / "resolved.yaml";
    const bool is_new = !std::filesystem::exists(resolved_file);
    if (!is_new)
      keep_choices(config::read_campaign(resolved_file, config::Look::stored), read.campaign);
    if (read.campaign.source == config::SourceKind::proxy)
      read.campaign.proxy = is_new && is_shard ? settled_for_shards(run_folder, read.campaign)
                                               : proxy::resolved(read.campaign.proxy);
  });
  read.text = comm.broadcast(read.text);
  // Rank 0 reads its own writing too: what runs is what resolved.yaml says.
  const std::string resolved_text =
      comm.broadcast(comm.is_root() ? config::resolved_yaml(read.campaign) : "");
  par::collectively(
      comm, [&] { read.campaign = config::parse_campaign(resolved_text, "resolved.yaml"); });
  return read;
}

trial::SourceTraits traits_of(const config::Campaign& campaign) {
  switch (campaign.source) {
    case config::SourceKind::proxy:
      return trial::traits_of(campaign.proxy);
    case config::SourceKind::command:
      return trial::traits_of(campaign.command);
    case config::SourceKind::replay:
      break;
  }
  return trial::logged_traits();
}

namespace {

/// Of documents that sequences stay within, the ends are in none.
void note_what_no_sequence_has(const corpus::Corpus& corpus, int context,
                               std::vector<std::string>& notes) {
  constexpr double worth_telling = 0.05;
  const data::Pools pools = corpus.pools(context);
  for (std::size_t d = 0; d < corpus.domain_count(); ++d) {
    const auto tokens = static_cast<double>(corpus.tokens(d, corpus::Part::train).size());
    const double used = pools[d] / tokens;
    if (1.0 - used > worth_telling)
      notes.push_back(
          fmt::format("domain '{}': {:.0f} % of its training tokens are in no sequence of {}",
                      corpus.names()[d], 100.0 * (1.0 - used), context));
  }
}

/// Refuses parts of the texts that hold no sequence, before anything is trained.
void note_matched_epochs(const corpus::Corpus& corpus, const config::Campaign& campaign,
                         std::vector<std::string>& notes) {
  const std::int64_t target = config::epochs_target(campaign);
  if (target == 0 || campaign.design.tokens.empty()) return;
  const auto [least, most] =
      std::minmax_element(campaign.design.tokens.begin(), campaign.design.tokens.end());
  const bool is_trajectory = campaign.design.axis == plan::VolumeAxis::trajectory;
  const double smallest = trial::matched_fraction(is_trajectory ? *most : *least, target);
  if (smallest < 1.0)
    corpus.part(smallest, campaign.seed).require_sequences(campaign.proxy.context);
  notes.push_back(
      is_trajectory
          ? fmt::format("each domain is cut to {:.3g} % of its documents, so that a run repeats at "
                        "its last volume, {}, as one of {} tokens does; at smaller volumes it "
                        "repeats less (axis: independent matches each)",
                        100.0 * smallest, core::format_count(*most), core::format_count(target))
          : fmt::format("each domain is cut, for each volume, so that a run repeats as one of {} "
                        "tokens does",
                        core::format_count(target)));
}

}  // namespace

OpenedSource open_source(const par::Comm& comm, Screen& screen, config::Campaign& campaign,
                         const std::filesystem::path& folder) {
  OpenedSource opened;
  if (!campaign.corpus.domains.empty()) opened.corpus = open_corpus(comm, screen, campaign, folder);
  par::collectively(comm, [&] {
    if (opened.corpus) {
      opened.notes = opened.corpus->notes();
      const data::Pools pools = opened.corpus->pools(campaign.proxy.context);
      for (std::size_t k = 0; k < opened.corpus->domain_count(); ++k) {
        opened.fingerprints.emplace_back(campaign.domains.train[k], opened.corpus->fingerprint(k));
        if (campaign.unique_tokens[k] == config::unique_tokens_auto)
          campaign.unique_tokens[k] = pools[k];
      }
    }
    if (campaign.source == config::SourceKind::proxy) {
      campaign.domains.bytes_per_token = data::bytes_per_token(opened.corpus->table());
      note_what_no_sequence_has(*opened.corpus, campaign.proxy.context, opened.notes);
      opened.source =
          std::make_unique<trial::ProxySource>(*opened.corpus, campaign.proxy, campaign.seed);
      note_matched_epochs(*opened.corpus, campaign, opened.notes);
      // Rounded as the volumes are, or it would leave out the very volume it names.
      if (campaign.fit.min_tokens > 0)
        campaign.fit.min_tokens = static_cast<double>(
            plan::whole_steps({static_cast<std::int64_t>(campaign.fit.min_tokens)},
                              opened.source->traits().tokens_per_step)
                .front());
    } else if (campaign.source == config::SourceKind::command) {
      const std::vector<std::string> notes = notes_on(campaign);
      opened.notes.insert(opened.notes.end(), notes.begin(), notes.end());
      opened.source = std::make_unique<trial::CommandSource>(
          campaign.command, campaign.domains,
          folder.empty() ? std::filesystem::path("runs") / campaign.name : folder,
          campaign.unique_tokens);
    } else {
      replay::LossLog log =
          replay::in_order_of(campaign.domains, replay::read_logs(campaign.replay));
      if (log.domains.loss_unit == data::LossUnit::bits_per_byte) {
        campaign.domains.loss_unit = data::LossUnit::bits_per_byte;
        // So that resolved.yaml says it: commands on the folder read no logs.
        campaign.replay.unit = replay::LoggedUnit::bits_per_byte;
      }
      opened.notes.insert(opened.notes.end(), log.notes.begin(), log.notes.end());
      opened.fingerprints.emplace_back("logs", log.fingerprint);
      opened.source = std::make_unique<trial::ReplaySource>(std::move(log));
    }
  });
  return opened;
}

data::SweepPlan plan_campaign(const config::Campaign& campaign,
                              const std::vector<data::EntropyTable>& entropy,
                              const trial::TrialSource& source) {
  const std::vector<std::int64_t>& volumes = campaign.design.tokens;
  const double largest = volumes.empty() ? 0.0 : static_cast<double>(volumes.back());
  const plan::PlanInput input{.name = campaign.name,
                              .seed = campaign.seed,
                              .domains = campaign.domains,
                              .default_mixture = campaign.default_mixture,
                              .design = campaign.design,
                              .unique_tokens = campaign.unique_tokens,
                              .target_tokens = config::target_tokens(campaign, largest)};
  return source.traits().trains ? plan::make_plan(input, entropy, source)
                                : plan::make_replay_plan(input, entropy, source);
}

}  // namespace bimix::run
