#include <bimix/core/error.hpp>
#include <bimix/run/former.hpp>
#include <bimix/run/run_folder.hpp>

#include <fmt/format.h>

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
  training.optimize = like.optimize;
  training.fit = like.fit;
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

plan::FormerRun former_run(const std::filesystem::path& folder, const config::Campaign& campaign) {
  StoredRun stored = load_run(folder);
  refuse_other_training(stored, campaign);
  std::string name = folder.filename().string();
  if (name.empty()) name = folder.parent_path().filename().string();
  return {.name = std::move(name),
          .of = {stored.campaign.domains,
                 fingerprints_of(stored.campaign.domains, stored.state.header->fingerprints),
                 stored.campaign.unique_tokens},
          .trials = std::move(stored.state.plan_trials),
          .results = std::move(stored.state.results)};
}

}  // namespace

plan::Reused former_trials(const config::Campaign& campaign,
                           const std::vector<std::pair<std::string, std::string>>& fingerprints) {
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
    plan::Reused found = plan::reused_trials(former_run(campaign.base / folder, campaign), now);
    append(all.trials, found.trials);
    append(all.results, found.results);
    append(all.words, found.words);
  }
  return all;
}

}  // namespace bimix::run
