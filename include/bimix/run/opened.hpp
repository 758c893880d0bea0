#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/plan/plan.hpp>
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

/// @collective Maps texts or reads logs; fills in `unique_tokens: auto`.
/// @param folder the run folder, where commands keep their files; empty stands for runs/<name>
OpenedSource open_source(const par::Comm& comm, config::Campaign& campaign,
                         const std::filesystem::path& folder);

/// The plan of the campaign's trials, or of its logged runs.
data::SweepPlan plan_campaign(const config::Campaign& campaign,
                              const std::vector<data::EntropyTable>& entropy,
                              const trial::TrialSource& source);

/// Bytes of all models that a trial may end with, if an extension could go on from them:
/// volumes lie on one trajectory, or share a trunk. 0 otherwise.
double bytes_of_models(const config::Campaign& campaign, const data::SweepPlan& plan,
                       const trial::TrialSource& source);

/// Whether they are kept: `proxy.keep_models`.
bool keeps_models(const config::Campaign& campaign, const data::SweepPlan& plan,
                  const trial::TrialSource& source);

/// Whether a trial that was given more volumes begins with the model that it ended with `then`: the
/// folder has it, and no volume was added below.
bool goes_on(const std::filesystem::path& folder, const data::TrialSpec& now,
             const data::TrialSpec& then);

/// How often each text is gone through by the trial that draws most of it.
std::vector<double> most_epochs(const corpus::Corpus& corpus, const data::SweepPlan& plan);

}  // namespace bimix::run
