#include "eval_sets.hpp"

#include <bimix/config/imported.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cmath>

namespace bimix::config {
namespace {

/// The mean of the logged runs: something to compare the optimum with until the user says what
/// the default is.
data::Mixture mean_mixture(const replay::LossLog& log) {
  std::vector<double> sums(log.domains.train.size(), 0.0);
  for (const data::LossCurve& run : log.runs)
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += run.mixture[k];
  return core::normalised(sums);
}

/// Resamples of the fit, where the usual number would take minutes; 0: the usual number.
int few_resamples(const replay::LossLog& log) {
  constexpr std::size_t quick = 500'000;
  const std::size_t domains = log.domains.train.size();
  const std::size_t size =
      log.runs.size() * log.volumes.size() * log.domains.eval.size() * domains * domains;
  return size <= quick ? 0 : 50;
}

std::string volume_text(std::int64_t tokens) {
  return core::format_count_about(static_cast<double>(tokens), 4);
}

/// What differs from the defaults.
void write_replay(YAML::Emitter& out, const replay::ReplayOptions& replay) {
  const auto count = [&](const char* key, std::int64_t value) {
    if (value > 0) out << YAML::Key << key << YAML::Value << core::format_count(value);
  };
  out << YAML::Flow << YAML::BeginMap << YAML::Key << "files" << YAML::Value << replay.files
      << YAML::Key << "format" << YAML::Value << replay.format << YAML::Key << "normalise"
      << YAML::Value << (replay.normalise ? "true" : "false");
  if (!replay.mixtures.empty()) out << YAML::Key << "mixtures" << YAML::Value << replay.mixtures;
  if (!replay.pools.empty()) out << YAML::Key << "pools" << YAML::Value << replay.pools;
  if (!replay.losses.empty()) out << YAML::Key << "losses" << YAML::Value << replay.losses;
  if (replay.unit != replay::LoggedUnit::automatic)
    out << YAML::Key << "unit" << YAML::Value << core::word_of(replay.unit);
  if (!replay.domains.empty()) out << YAML::Key << "domains" << YAML::Value << replay.domains;
  count("tokens_per_step", replay.tokens_per_step);
  count("tokens", replay.tokens);
  count("parameters", replay.parameters);
  out << YAML::EndMap;
}

}  // namespace

std::vector<std::string> import_summary(const replay::LossLog& log, bool is_guessed) {
  std::vector<std::string> lines{fmt::format(
      "Format {}{}: {} runs, {} training domains, {} evaluation sets, {}",
      core::join_words(log.formats), is_guessed ? " (recognised by its content)" : "",
      log.runs.size(), log.domains.train.size(), log.domains.eval.size(),
      log.volumes.size() == 1
          ? fmt::format("one volume of {} tokens", volume_text(log.volumes.front()))
          : fmt::format("{} volumes from {} to {} tokens", log.volumes.size(),
                        volume_text(log.volumes.front()), volume_text(log.volumes.back())))};
  constexpr std::size_t readable = 12;
  if (log.domains.train.size() <= readable)
    lines.push_back("  training domains: " + core::join_words(log.domains.train));
  if (log.volumes.size() == 1) lines.push_back("  one volume tells nothing of the loss at another");
  if (few_resamples(log) > 0)
    lines.push_back(
        fmt::format("  so large a log is resampled {} times: fit.bootstrap in campaign.yaml",
                    few_resamples(log)));
  std::vector<std::string> tied, alone;
  for (std::size_t e = 0; e < log.domains.eval.size(); ++e) {
    const int own = log.domains.share_of[e];
    if (own < 0)
      alone.push_back(log.domains.eval[e]);
    else if (log.domains.train[static_cast<std::size_t>(own)] != log.domains.eval[e])
      tied.push_back(log.domains.eval[e] + " -> " +
                     log.domains.train[static_cast<std::size_t>(own)]);
  }
  if (!tied.empty()) lines.push_back("  follow the share of: " + core::join_words(tied));
  if (!alone.empty())
    lines.push_back("  without a training domain (--eval-map SET=DOMAIN): " +
                    core::join_words(alone));
  return lines;
}

std::string replay_campaign(const replay::LossLog& log, const ImportOptions& options,
                            const std::string& base) {
  const data::Mixture mean = mean_mixture(log);
  YAML::Emitter out;
  out << YAML::Comment(
      fmt::format("Written by bimix import: {} runs of {} domains.\n"
                  "share is the mean of the logged mixtures; put your default "
                  "mixture there.",
                  log.runs.size(), log.domains.train.size()));
  out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << options.name;
  // The campaign lies in the run folder; logs were named from here.
  out << YAML::Key << "base" << YAML::Value << base;
  out << YAML::Key << "normalise" << YAML::Value << "true";
  out << YAML::Key << "domains" << YAML::Value << YAML::BeginMap;
  for (std::size_t k = 0; k < mean.size(); ++k) {
    out << YAML::Key << log.domains.train[k] << YAML::Value << YAML::Flow << YAML::BeginMap
        << YAML::Key << "share" << YAML::Value << fmt::format("{:.6f}", mean[k]);
    if (!options.unique_tokens.empty() && options.unique_tokens[k] > 0)
      out << YAML::Key << "unique_tokens" << YAML::Value
          << (std::isinf(options.unique_tokens[k])
                  ? "none"
                  : core::format_count(std::llround(options.unique_tokens[k])));
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
  if (!are_same(log.domains)) {
    out << YAML::Key << "eval_domains" << YAML::Value;
    write_eval_sets(out, log.domains);
  }
  out << YAML::Key << "source" << YAML::Value << YAML::BeginMap << YAML::Key << "replay"
      << YAML::Value;
  write_replay(out, options.replay);
  out << YAML::EndMap;
  out << YAML::Key << "fit" << YAML::Value << YAML::Flow << YAML::BeginMap << YAML::Key << "law"
      << YAML::Value << options.law;
  if (few_resamples(log) > 0) out << YAML::Key << "bootstrap" << YAML::Value << few_resamples(log);
  out << YAML::EndMap;
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace bimix::config
