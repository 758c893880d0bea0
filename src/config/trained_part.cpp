#include <bimix/config/campaign.hpp>

namespace bimix::config {

namespace {

/// The campaign without where its files are: two that differ in nothing else have the same trials
/// if the fingerprints of their data are the same.
Campaign without_places(Campaign campaign) {
  campaign.base = campaign.corpus.base = campaign.replay.base = std::filesystem::path();
  campaign.replay.files.clear();
  campaign.replay.mixtures.clear();
  campaign.replay.pools.clear();
  for (corpus::DomainFiles& files : campaign.corpus.domains) {
    files.train_patterns.clear();
    files.eval_patterns.clear();
    files.binary = false;
    files.command.clear();
    files.text_key.clear();
    files.where.clear();
  }
  const corpus::CorpusOptions usual;
  campaign.corpus.store = usual.store;
  campaign.corpus.on_error = usual.on_error;
  campaign.corpus.silence = usual.silence;
  campaign.corpus.max_document = usual.max_document;
  return campaign;
}

}  // namespace

Campaign trained_part(Campaign campaign) {
  const Campaign defaults;
  campaign = without_places(std::move(campaign));
  campaign.entropy.memory = defaults.entropy.memory;
  campaign.fit = defaults.fit;
  campaign.optimize = defaults.optimize;
  campaign.check = defaults.check;
  if (campaign.design.adaptive) {  // when it ends changes no trial of before
    campaign.design.adaptive->budget = {};
    campaign.design.adaptive->until = {};
  }
  campaign.proxy.threads_per_trial = defaults.proxy.threads_per_trial;
  campaign.proxy.ranks_per_trial = defaults.proxy.ranks_per_trial;
  campaign.proxy.checkpoint_every = defaults.proxy.checkpoint_every;
  campaign.proxy.keep_models = defaults.proxy.keep_models;
  // What losses are called changes none of them.
  if (campaign.replay.unit == replay::LoggedUnit::bits_per_byte)
    campaign.replay.unit = defaults.replay.unit;
  if (!proxy::depends_on_products(campaign.proxy)) {
    campaign.proxy.isa = defaults.proxy.isa;
    campaign.proxy.precision = defaults.proxy.precision;
    campaign.proxy.micro_batch = defaults.proxy.micro_batch;
  }
  campaign.command.program = defaults.command.program;
  campaign.command.timeout = defaults.command.timeout;
  campaign.command.retries = defaults.command.retries;
  campaign.command.per_node = defaults.command.per_node;
  campaign.command.resumes = defaults.command.resumes;
  campaign.unique_tokens.assign(campaign.unique_tokens.size(), 0.0);
  return campaign;
}

}  // namespace bimix::config
