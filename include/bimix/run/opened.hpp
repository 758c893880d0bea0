#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/run/screen.hpp>
#include <bimix/trial/trial_source.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A campaign that is read, what its trials are made from, and the plan of them.
namespace bimix::run {

/// What trials are made from, opened on this rank.
struct OpenedSource {
  std::optional<corpus::Corpus> corpus{};
  std::unique_ptr<trial::TrialSource> source{};
  std::vector<std::pair<std::string, std::string>> fingerprints{};  ///< domain or "logs" -> hash
  std::vector<std::string> notes{};  ///< what was repaired while reading
};

/// A campaign as every rank has it.
struct ReadCampaign {
  config::Campaign campaign{};
  std::string text{};  ///< the file's
};

/// @collective Reads the campaign on rank 0, fills in what depends on the machine there, and gives
/// every rank the same one.
/// @param folder the run folder, which need not exist: a run that is resumed keeps what was filled
///        in when it began; empty stands for runs/<name>
/// @param is_shard what depends on the machine is settled once for all shards
ReadCampaign read_campaign_together(const par::Comm& comm, const std::filesystem::path& file,
                                    const std::filesystem::path& folder, bool is_shard = false);

/// Of the campaign's source, which need not be opened for it.
trial::SourceTraits traits_of(const config::Campaign& campaign);

/// @collective Prepares and opens texts, or reads logs; fills in `unique_tokens: auto`.
/// @param folder the run folder, where commands keep their files; empty stands for runs/<name>
OpenedSource open_source(const par::Comm& comm, Screen& screen, config::Campaign& campaign,
                         const std::filesystem::path& folder);

/// The plan of the campaign's trials, or of its logged runs.
data::SweepPlan plan_campaign(const config::Campaign& campaign,
                              const std::vector<data::EntropyTable>& entropy,
                              const trial::TrialSource& source);

}  // namespace bimix::run
