#include "by_domain.hpp"
#include "commands.hpp"
#include "run_stamp.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/volumes.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/run/campaign_run.hpp>
#include <bimix/run/opened.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <numeric>

namespace bimix::cli {
namespace {

struct Flags {
  replay::ReplayOptions replay{};
  std::string folder, name, tokens, tokens_per_step, parameters;
  std::string law = "effective_share";  // predicts mixtures best on every public table we have
  std::string unit = core::word_of(replay::LoggedUnit::automatic);
  std::vector<std::string> eval_map;
};

/// The mean of the logged runs: something to compare the optimum with until the user says what
/// the default is.
data::Mixture mean_mixture(const replay::LossLog& log) {
  std::vector<double> sums(log.domains.train.size(), 0.0);
  for (const data::LossCurve& run : log.runs)
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += run.mixture[k];
  return core::normalised(sums);
}

std::size_t training_domain(const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  throw core::UsageError(
      core::Complaint{.place = "--eval-map",
                      .problem = fmt::format("'{}' is no training domain of the logs", name),
                      .rule = "they have " + core::join_words(names),
                      .remedy = core::did_you_mean(name, names)});
}

/// Ties evaluation sets to the training domains that the user names: "pile-cc=c4".
void tie_sets(const std::vector<std::string>& pairs, data::DomainSet& domains) {
  const PairForm form{"--eval-map", "SET=DOMAIN", "evaluation set",
                      "Write set=domain, separated by commas"};
  std::vector<bool> given(domains.eval.size(), false);
  for (const std::string& pair : pairs) {
    const auto [e, domain] = parse_named_value(form, pair, domains.eval);
    if (given[e])
      throw core::UsageError(
          core::Complaint{.place = form.flag,
                          .problem = fmt::format("'{}' is given twice", domains.eval[e]),
                          .remedy = "Name it once"});
    given[e] = true;
    domains.share_of[e] =
        static_cast<int>(training_domain(std::string(core::trimmed(domain)), domains.train));
  }
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

/// What was read, for the person who waits.
std::vector<std::string> summary(const replay::LossLog& log, bool is_guessed) {
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

bool is_each_its_own(const std::vector<int>& share_of) {
  std::vector<int> own(share_of.size());
  std::iota(own.begin(), own.end(), 0);
  return share_of == own;
}

void write_eval_domains(YAML::Emitter& out, const data::DomainSet& domains) {
  if (domains.eval == domains.train && is_each_its_own(domains.share_of)) return;
  out << YAML::Key << "eval_domains" << YAML::Value << YAML::BeginMap;
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    const int own = domains.share_of[e];
    out << YAML::Key << domains.eval[e] << YAML::Value << YAML::Flow << YAML::BeginMap;
    if (own >= 0)
      out << YAML::Key << "share_of" << YAML::Value << domains.train[static_cast<std::size_t>(own)];
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
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
  if (!replay.losses.empty()) out << YAML::Key << "losses" << YAML::Value << replay.losses;
  if (replay.unit != replay::LoggedUnit::automatic)
    out << YAML::Key << "unit" << YAML::Value << core::word_of(replay.unit);
  if (!replay.domains.empty()) out << YAML::Key << "domains" << YAML::Value << replay.domains;
  count("tokens_per_step", replay.tokens_per_step);
  count("tokens", replay.tokens);
  count("parameters", replay.parameters);
  out << YAML::EndMap;
}

/// A replay campaign for these logs, as a person would write it.
std::string campaign_for(const replay::LossLog& log, const Flags& flags) {
  const data::Mixture mean = mean_mixture(log);
  YAML::Emitter out;
  out << YAML::Comment(
      fmt::format("Written by bimix import: {} runs of {} domains.\n"
                  "share is the mean of the logged mixtures; put your default "
                  "mixture there.",
                  log.runs.size(), log.domains.train.size()));
  out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << flags.name;
  // The campaign lies in the run folder; logs were named from here.
  out << YAML::Key << "base" << YAML::Value << std::filesystem::current_path().string();
  out << YAML::Key << "normalise" << YAML::Value << "true";
  out << YAML::Key << "domains" << YAML::Value << YAML::BeginMap;
  for (std::size_t k = 0; k < mean.size(); ++k)
    out << YAML::Key << log.domains.train[k] << YAML::Value << YAML::Flow << YAML::BeginMap
        << YAML::Key << "share" << YAML::Value << fmt::format("{:.6f}", mean[k]) << YAML::EndMap;
  out << YAML::EndMap;
  write_eval_domains(out, log.domains);
  out << YAML::Key << "source" << YAML::Value << YAML::BeginMap << YAML::Key << "replay"
      << YAML::Value;
  write_replay(out, flags.replay);
  out << YAML::EndMap;
  out << YAML::Key << "fit" << YAML::Value << YAML::Flow << YAML::BeginMap << YAML::Key << "law"
      << YAML::Value << flags.law;
  if (few_resamples(log) > 0) out << YAML::Key << "bootstrap" << YAML::Value << few_resamples(log);
  out << YAML::EndMap;
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

std::int64_t parse_count_of(const std::string& flag, const std::string& text) {
  return static_cast<std::int64_t>(parse_tokens(flag, text));
}

std::string name_from(const std::filesystem::path& folder) {
  std::string name = folder.lexically_normal().filename().string();
  if (name.empty()) name = folder.lexically_normal().parent_path().filename().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '-';
  return name.empty() || name.front() == '.' ? "import" : name;
}

}  // namespace

void add_import_command(CLI::App& app, Context& context, Action& action) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(app, "import", "fit logged runs: writes a replay campaign and runs it",
                  "bimix import logs/*.csv -o runs/logs");
  replay::ReplayOptions& replay = flags->replay;
  command->add_option("LOGS", replay.files, "log files; pairs are given together")->required();
  command->add_option("-o,--output", flags->folder, "run folder")->required();
  command
      ->add_option("--format", replay.format,
                   "format of the logs; auto recognises it by the content. Known: " +
                       core::join_words(replay::log_formats()))
      ->capture_default_str();
  command
      ->add_option("--law", flags->law,
                   "form of the loss; all compares every law, auto uses the best of them")
      ->capture_default_str();
  command->add_flag("--normalise", replay.normalise, "divide a run's shares by their sum");
  command->add_option("--mixtures", replay.mixtures,
                      "CSV of the runs' mixtures (run and the domains), where logs have none");
  command
      ->add_option(
          "--domains", replay.domains,
          "training domains, where the logs do not tell which columns or shares are theirs")
      ->delimiter(',');
  command
      ->add_option(
          "--losses", replay.losses,
          "metrics that are losses, where their names do not say so: METRIC, SET=METRIC, or "
          "with * for the set, 'eval/*/ce'")
      ->delimiter(',');
  command
      ->add_option("--unit", flags->unit,
                   "what the losses are: nats, bits, log10, perplexity or bits/byte; auto: what "
                   "their names say, or nats")
      ->capture_default_str();
  command->add_option("--tokens-per-step", flags->tokens_per_step, "of logs that count steps");
  command->add_option("--tokens", flags->tokens, "volume of logs that tell none");
  command->add_option("--parameters", flags->parameters, "keep the runs of this model size");
  command
      ->add_option("--eval-map", flags->eval_map,
                   "training domains that evaluation sets follow: set=domain,...; by default the "
                   "one of the same name")
      ->delimiter(',');
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      flags->name = name_from(flags->folder);
      run::ReadCampaign read;
      par::on_root(context.comm(), [&] {
        replay::ReplayOptions& options = flags->replay;
        if (!flags->tokens.empty()) options.tokens = parse_count_of("--tokens", flags->tokens);
        if (!flags->tokens_per_step.empty())
          options.tokens_per_step = parse_count_of("--tokens-per-step", flags->tokens_per_step);
        if (!flags->parameters.empty())
          options.parameters = parse_count_of("--parameters", flags->parameters);
        options.unit = core::parse_word<replay::LoggedUnit>(flags->unit, "replay.unit");
        replay::LossLog log = replay::sets_that_count(replay::read_logs(options));
        tie_sets(flags->eval_map, log.domains);
        for (const std::string& line : summary(log, options.format == "auto"))
          context.console.say(line);
        read.text = campaign_for(log, *flags);
      });
      read.text = context.comm().broadcast(read.text);
      par::collectively(context.comm(), [&] {
        read.campaign = config::parse_campaign(read.text, flags->folder + "/campaign.yaml");
      });
      return run::run_campaign(surroundings_of(context), read, flags->folder);
    };
  });
}

}  // namespace bimix::cli
