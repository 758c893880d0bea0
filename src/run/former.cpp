#include <bimix/core/error.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/run/former.hpp>
#include <bimix/run/run_folder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace bimix::run {
namespace {

/// K, or empty where some domain has none.
std::vector<std::string> fingerprints_of(
    const data::DomainSet& domains, const std::vector<std::pair<std::string, std::string>>& known) {
  std::vector<std::string> found;
  for (const std::string& domain : domains.train)
    for (const auto& [name, fingerprint] : known)
      if (name == domain) found.push_back(fingerprint);
  return found.size() == domains.train.size() ? found : std::vector<std::string>();
}

/// How trials are trained, whatever their domains, mixtures and volumes. Which instructions a
/// processor has changes last digits only.
config::Campaign training_of(const config::Campaign& campaign, const config::Campaign& like) {
  config::Campaign training = campaign;
  training.name = like.name;
  training.domains = like.domains;
  training.default_mixture = like.default_mixture;
  training.unique_tokens = like.unique_tokens;
  training.corpus.domains = like.corpus.domains;
  training.corpus.shares = like.corpus.shares;
  training.design = like.design;
  training.entropy = like.entropy;
  training.proxy.isa = like.proxy.isa;
  training.proxy.micro_batch = like.proxy.micro_batch;
  return training;
}

void refuse_other_training(const StoredRun& former, const config::Campaign& campaign) {
  const auto difference =
      training_difference(training_of(former.campaign, campaign), training_of(campaign, campaign));
  if (!difference) return;
  throw core::DataError({.place = "design.reuse",
                         .problem = fmt::format("the trials of {} were trained otherwise{}",
                                                former.path.string(), *difference),
                         .rule = "losses of one fit are of one model and one training",
                         .remedy = "Train as that run did, or drop it from `reuse`"});
}

std::string name_of(const std::filesystem::path& folder) {
  return folder.has_filename() ? folder.filename().string()
                               : folder.parent_path().filename().string();
}

/// As they were counted in the texts, or else said.
data::Pools pools_of(const StoredRun& stored) {
  data::Pools pools = stored.campaign.unique_tokens;
  for (double& pool : pools)
    if (pool == config::unique_tokens_auto) pool = 0.0;
  if (stored.state.corpus.empty()) return pools;
  data::Pools counted;
  for (const data::CorpusRow& row : stored.state.corpus.front().rows)
    counted.push_back(static_cast<double>(row.pool));
  return data::first_known(pools, counted);
}

plan::FormerRun former_run(const std::filesystem::path& folder, const config::Campaign& campaign) {
  StoredRun stored = load_run(folder);
  refuse_other_training(stored, campaign);
  return {.name = name_of(folder),
          .of = {stored.campaign.domains,
                 fingerprints_of(stored.campaign.domains, stored.state.header->fingerprints),
                 pools_of(stored)},
          .trials = std::move(stored.state.plan_trials),
          .results = std::move(stored.state.results)};
}

}  // namespace

plan::Reused former_trials(const config::Campaign& campaign,
                           const std::vector<std::pair<std::string, std::string>>& fingerprints,
                           const std::vector<std::string>& taken) {
  plan::Reused all;
  if (campaign.design.reuse.empty()) return all;
  if (!traits_of(campaign).trains)
    throw core::UsageError({.place = "design.reuse",
                            .problem = "this campaign replays logs",
                            .rule = "runs are reused where others are trained beside them",
                            .remedy = "Put all logs into `source.replay.files`"});
  const plan::DomainsOfRun now{campaign.domains, fingerprints_of(campaign.domains, fingerprints),
                               campaign.unique_tokens};
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  for (const std::string& folder : campaign.design.reuse) {
    if (std::find(taken.begin(), taken.end(), name_of(folder)) != taken.end()) continue;
    plan::Reused found = plan::reused_trials(former_run(campaign.base / folder, campaign), now);
    append(all.trials, found.trials);
    append(all.results, found.results);
    append(all.words, found.words);
  }
  return all;
}

}  // namespace bimix::run
