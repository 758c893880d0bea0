#include "by_domain.hpp"
#include "commands.hpp"
#include "run_stamp.hpp"

#include <bimix/config/imported.hpp>
#include <bimix/core/text.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/run/opened.hpp>
#include <bimix/run/run_campaign.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace bimix::cli {
namespace {

struct ImportFlags {
  config::ImportOptions campaign{};
  std::string folder, tokens, tokens_per_step, parameters, unique_tokens;
  std::string unit = core::word_of(replay::LoggedUnit::automatic);
  std::vector<std::string> eval_map;
};

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
  const auto flags = std::make_shared<ImportFlags>();
  CLI::App* command =
      add_command(app, "import", "fit logged runs: writes a replay campaign and runs it",
                  "bimix import logs/*.csv -o runs/logs");
  replay::ReplayOptions& replay = flags->campaign.replay;
  command->add_option("LOGS", replay.files, "log files; pairs are given together")->required();
  command->add_option("-o,--output", flags->folder, "run folder")->required();
  command
      ->add_option("--format", replay.format,
                   "format of the logs; auto recognises it by the content. Known: " +
                       core::join_words(replay::log_formats()))
      ->capture_default_str();
  command
      ->add_option("--law", flags->campaign.law,
                   "form of the loss; all compares every law, auto uses the best of them")
      ->capture_default_str();
  command->add_flag("--normalise", replay.normalise, "divide a run's shares by their sum");
  command->add_option("--mixtures", replay.mixtures,
                      "CSV of the runs' mixtures (run and the domains), where logs have none");
  command->add_option("--pools", replay.pools,
                      "CSV of the domains' pools: domain, unique_tokens, and run if they differ");
  command->add_option("--unique-tokens", flags->unique_tokens,
                      "different tokens of each domain, where the logs tell none: a=3B,b=200M");
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
      flags->campaign.name = name_from(flags->folder);
      run::ReadCampaign read;
      par::on_root(context.comm(), [&] {
        replay::ReplayOptions& options = flags->campaign.replay;
        if (!flags->tokens.empty()) options.tokens = parse_count_of("--tokens", flags->tokens);
        if (!flags->tokens_per_step.empty())
          options.tokens_per_step = parse_count_of("--tokens-per-step", flags->tokens_per_step);
        if (!flags->parameters.empty())
          options.parameters = parse_count_of("--parameters", flags->parameters);
        options.unit = core::parse_word<replay::LoggedUnit>(flags->unit, "replay.unit");
        replay::LossLog log = replay::sets_that_count(replay::read_logs(options));
        tie_sets(flags->eval_map, log.domains);
        if (!flags->unique_tokens.empty())
          flags->campaign.unique_tokens =
              parse_pools("--unique-tokens", flags->unique_tokens, log.domains.train);
        for (const std::string& line : config::import_summary(log, options.format == "auto"))
          context.console.say(line);
        read.text =
            config::replay_campaign(log, flags->campaign, std::filesystem::current_path().string());
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
