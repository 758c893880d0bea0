#include "commands.hpp"
#include "pipeline.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/replay/loss_log.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace bimix::cli {
namespace {

struct Flags {
  std::vector<std::string> files;
  std::string folder, format = "auto", name;
  bool normalise = false;
};

/// The mean of the logged runs: something to compare the optimum with until the user says what
/// the default is.
Mixture mean_mixture(const LossLog& log) {
  std::vector<double> sums(log.domains.train.size(), 0.0);
  for (const LossCurve& run : log.runs)
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += run.mixture[k];
  return normalised(sums);
}

/// A replay campaign for these logs, as a person would write it.
std::string campaign_for(const LossLog& log, const Flags& flags) {
  const Mixture mean = mean_mixture(log);
  YAML::Emitter out;
  out << YAML::Comment(
      fmt::format("Written by bimix import: {} runs of {} domains.\n"
                  "share is the mean of the logged mixtures; put your default "
                  "mixture there.",
                  log.runs.size(), log.domains.train.size()));
  out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << flags.name;
  out << YAML::Key << "normalise" << YAML::Value << "true";
  out << YAML::Key << "domains" << YAML::Value << YAML::BeginMap;
  for (std::size_t k = 0; k < mean.size(); ++k)
    out << YAML::Key << log.domains.train[k] << YAML::Value << YAML::Flow << YAML::BeginMap
        << YAML::Key << "share" << YAML::Value << fmt::format("{:.6f}", mean[k]) << YAML::EndMap;
  out << YAML::EndMap;
  out << YAML::Key << "source" << YAML::Value << YAML::BeginMap << YAML::Key << "replay"
      << YAML::Value << YAML::Flow << YAML::BeginMap << YAML::Key << "files" << YAML::Value
      << flags.files << YAML::Key << "format" << YAML::Value << flags.format << YAML::Key
      << "normalise" << YAML::Value << (flags.normalise ? "true" : "false") << YAML::EndMap
      << YAML::EndMap;
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
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
  command->add_option("LOGS", flags->files, "log files")->required();
  command->add_option("-o,--output", flags->folder, "run folder")->required();
  command->add_option("--format", flags->format, "format of the logs; auto tells it by the header")
      ->capture_default_str();
  command->add_flag("--normalise", flags->normalise, "divide a run's shares by their sum");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      flags->name = name_from(flags->folder);
      ReadCampaign read;
      on_root(context.comm(), [&] {
        const LossLog log = read_logs(
            {.files = flags->files, .format = flags->format, .normalise = flags->normalise});
        read.text = campaign_for(log, *flags);
      });
      read.text = context.comm().broadcast(read.text);
      collectively(context.comm(), [&] {
        read.campaign = parse_campaign(read.text, flags->folder + "/campaign.yaml");
      });
      return run_campaign(context, read, flags->folder);
    };
  });
}

}  // namespace bimix::cli
