#include "source_block.hpp"

#include "fields.hpp"

#include <bimix/core/file.hpp>
#include <bimix/corpus/tokenizer.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/proxy/schedule.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::config {
namespace {

void parse_command(Reader block, Campaign& campaign) {
  describe(block, campaign.command);
  block.finish();
  block.findings().adopt("source.", trial::complaints(campaign.command, campaign.domains.train));
}

void parse_replay(Reader block, Campaign& campaign) {
  describe(block, campaign.replay);
  block.finish();
  if (campaign.replay.unit == replay::LoggedUnit::bits_per_byte)
    campaign.domains.loss_unit = data::LossUnit::bits_per_byte;
  if (campaign.replay.files.empty())
    block.findings().complain("source.replay",
                              {.problem = "names no files", .remedy = "Add `files: logs/*.csv`"});
}

/// A proxy and its texts have one vocabulary. Other sources train elsewhere; there tokens may be
/// as large as files can hold.
void settle_vocabulary(int vocabulary, bool is_given, corpus::TokenFormat& tokens,
                       Findings& findings) {
  const int most = corpus::most_vocabulary(tokens.width);
  const std::string key = "source.proxy.vocabulary";
  const std::string word(corpus::token_word(tokens.width));
  if (tokens.width == 1 && vocabulary != most)
    findings.complain(key, {.problem = fmt::format("{} does not go with tokens: bytes", vocabulary),
                            .rule = "there are 256 bytes",
                            .remedy = "Leave it out, or say `tokens: uint16` and name files of "
                                      "token numbers"});
  else if (!is_given && tokens.width > 1)
    findings.complain(key, {.problem = "is missing",
                            .rule = fmt::format("tokens: {} have no vocabulary of their own", word),
                            .remedy = "Write that of the tokenizer, for example 50257"});
  else if (vocabulary > most)
    findings.complain(key, {.problem = fmt::format("{} is beyond tokens: {}", vocabulary, word),
                            .rule = fmt::format("they are below {}", most),
                            .remedy = "Say `tokens: uint32` if that is what the files hold"});
  else
    tokens.vocabulary = vocabulary;
}

bool names_texts(const corpus::DomainFiles& files) {
  return !files.train_patterns.empty() || !files.command.empty();
}

/// The vocabulary of a proxy whose texts are encoded is that of their tokenizer.
void take_vocabulary_of_tokenizer(bool is_given, Look look, Campaign& campaign,
                                  Findings& findings) {
  const corpus::TokenizerOptions& tokenizer = campaign.corpus.tokenizer;
  int vocabulary = tokenizer.train;
  if (vocabulary == 0 && look >= Look::data) {
    const std::filesystem::path file = campaign.base / tokenizer.sentencepiece;
    if (!std::filesystem::exists(file)) return;  // told already
    vocabulary = corpus::Tokenizer(core::read_file(file), file.string()).vocabulary();
  }
  if (vocabulary == 0) return;
  if (is_given && campaign.proxy.vocabulary != vocabulary)
    findings.complain("source.proxy.vocabulary",
                      {.problem = fmt::format("{} is not that of the tokenizer, {}",
                                              campaign.proxy.vocabulary, vocabulary),
                       .remedy = "Leave it out"});
  campaign.proxy.vocabulary = vocabulary;
}

void refuse_lonely_temperature(const proxy::ProxyOptions& proxy, Findings& findings) {
  if (!proxy.reweight_temperature || proxy.reweight.score) return;
  findings.complain("source.proxy.reweight_temperature",
                    {.problem = fmt::format("does not go with reweight: {}", proxy.reweight.text()),
                     .rule = core::join_words(proxy::Reweight::words()) + " have a temperature",
                     .remedy = "Leave it out, or write reweight: linupper"});
}

void parse_proxy(Reader block, Look look, Campaign& campaign) {
  Findings& findings = block.findings();
  const std::size_t before = findings.count();
  describe(block, campaign.proxy);
  const bool has_vocabulary = block.has("vocabulary");
  block.finish();
  // Values that were not read would be judged by their defaults; no other mistake hides behind a
  // word that is none.
  const std::size_t unknown = block.unknown_words();
  if (campaign.corpus.tokenizer.is_given())
    take_vocabulary_of_tokenizer(has_vocabulary, look, campaign, findings);
  else if (findings.count() == before + unknown)
    settle_vocabulary(campaign.proxy.vocabulary, has_vocabulary, campaign.corpus.tokens, findings);
  if (findings.count() == before + unknown)
    findings.adopt("source.", proxy::complaints(campaign.proxy));
  if (unknown == 0) refuse_lonely_temperature(campaign.proxy, findings);
  for (const corpus::DomainFiles& files : campaign.corpus.domains)
    if (!names_texts(files))
      findings.complain("domains." + files.name,
                        {.problem = "names no training text", .remedy = "Add `train: path/*.txt`"});
}

void refuse_decay_on_a_trajectory(const Campaign& campaign, Findings& findings) {
  if (campaign.source != SourceKind::proxy || !proxy::rate_decays(campaign.proxy) ||
      campaign.design.axis != plan::VolumeAxis::trajectory)
    return;
  findings.complain(
      "source.proxy.schedule",
      {.problem = fmt::format("'{}' does not go with volumes along one trajectory",
                              core::word_of(campaign.proxy.schedule)),
       .rule = "the rate falls at the end of a run only, so smaller volumes on its way would be "
               "those of an unfinished run: laws would compare what is not comparable",
       .remedy = "Set design.volumes.axis: independent (wsd trains the common part of the runs "
                 "once), or schedule: constant"});
}

/// A trial whose steps all come before its sequences are weighed is not what was asked for.
void refuse_reweighting_after_the_end(const Campaign& campaign, Findings& findings) {
  const proxy::ProxyOptions& proxy = campaign.proxy;
  if (campaign.source != SourceKind::proxy || !proxy.reweight.score ||
      campaign.design.tokens.empty())
    return;
  const std::int64_t tokens_per_step = proxy::tokens_per_step(proxy);
  const auto volumes = plan::whole_steps(campaign.design.tokens, tokens_per_step);
  const bool all = campaign.design.axis == plan::VolumeAxis::trajectory;
  const std::int64_t steps = (all ? volumes.back() : volumes.front()) / tokens_per_step;
  if (proxy.reweight_after < steps) return;
  findings.complain(
      "source.proxy.reweight_after",
      {.problem = fmt::format("{} steps are not fewer than the {} of {}", proxy.reweight_after,
                              steps, all ? "a trial" : "the shortest trial"),
       .rule = "only the steps behind them are weighed",
       .remedy = fmt::format("Try {}, a twentieth, or leave it out", steps / 20)});
}

}  // namespace

std::int64_t epochs_target(const Campaign& campaign) {
  if (campaign.source == SourceKind::proxy) return campaign.proxy.match_target;
  return campaign.source == SourceKind::command ? campaign.command.simulate_target : 0;
}

double target_tokens(const Campaign& campaign, double largest) {
  if (campaign.optimize.tokens > 0.0) return campaign.optimize.tokens;
  const auto target = static_cast<double>(epochs_target(campaign));
  return target > 0.0 ? target : largest;
}

void refuse_target_below_volumes(const Campaign& campaign, Findings& findings) {
  const bool is_proxy = campaign.source == SourceKind::proxy;
  const std::int64_t target = epochs_target(campaign);
  std::int64_t largest = campaign.check.tokens;
  for (const std::int64_t tokens : campaign.design.tokens) largest = std::max(largest, tokens);
  if (target == 0 || target >= largest) return;
  findings.complain(
      is_proxy ? "source.proxy.match_epochs.target" : "source.command.simulate_epochs.target",
      {.problem = fmt::format("{} is below the volume of {} that is trained",
                              core::format_count(target), core::format_count(largest)),
       .rule = "a run is matched to one that is as long or longer",
       .remedy = "Raise the target to the volume of the real run, or leave it out"});
}

namespace {

void refuse_shared_tables(const Campaign& campaign, Look look, Findings& findings) {
  if (campaign.source != SourceKind::command || look == Look::stored) return;
  const std::vector<std::string>& domains = campaign.domains.train;
  if (!trial::complaints(campaign.command, domains).empty()) return;  // told already
  const bool all = campaign.design.axis == plan::VolumeAxis::trajectory;
  findings.adopt("source.", trial::table_complaints(
                                campaign.command, domains,
                                all ? trial::VolumesOfTrial::all : trial::VolumesOfTrial::one));
}

}  // namespace

void parse_source(Reader& root, Look look, Campaign& campaign) {
  Findings& findings = root.findings();
  Reader source(root.take("source"), "source", findings);
  const bool proxy = source.has("proxy"), replay = source.has("replay"),
             command = source.has("command");
  if (proxy + replay + command != 1)
    findings.complain("source", {.problem = proxy || replay || command ? "names several sources"
                                                                       : "names no source",
                                 .rule = "exactly one of proxy, replay and command",
                                 .remedy = "Write `source: {proxy: {...}}`"});
  const auto block = [&](const char* key, SourceKind kind) {
    campaign.source = kind;
    return Reader(source.take(key), std::string("source.") + key, findings);
  };
  if (command) parse_command(block("command", SourceKind::command), campaign);
  if (replay) parse_replay(block("replay", SourceKind::replay), campaign);
  if (proxy) parse_proxy(block("proxy", campaign.source), look, campaign);
  source.finish();
  // A replay campaign may leave its texts out; then there is no corpus at all.
  std::vector<corpus::DomainFiles>& texts = campaign.corpus.domains;
  if (std::none_of(texts.begin(), texts.end(), names_texts)) texts.clear();
}

void check_source_with_design(const Campaign& campaign, Look look, Findings& findings) {
  refuse_decay_on_a_trajectory(campaign, findings);
  refuse_reweighting_after_the_end(campaign, findings);
  refuse_shared_tables(campaign, look, findings);
}

}  // namespace bimix::config
