#include "by_domain.hpp"
#include "commands.hpp"

#include <bimix/core/text.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/exports.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/run_folder.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>

#include <utility>

namespace bimix::cli {
namespace {

struct ExportFlags {
  std::string folder, format, tokens, parameters, mixture, unique_tokens, output;
  std::vector<std::string> paths{};
};

/// The paths of `--path DOMAIN=PATH`, by domain; a domain without one is called by its name.
std::vector<std::string> paths_of(const ExportFlags& flags, const std::vector<std::string>& names) {
  const PairForm form{"--path", "DOMAIN=PATH", "domain",
                      "For example --path web=/data/web_text_document"};
  std::vector<std::string> paths(names.size());
  for (const std::string& given : flags.paths) {
    auto [k, path] = parse_named_value(form, given, names);
    if (!paths[k].empty())
      throw core::UsageError(
          core::Complaint{.place = form.flag,
                          .problem = fmt::format("domain '{}' has two paths", names[k]),
                          .rule = "DOMAIN=PATH, once for each domain",
                          .remedy = "Give one; join several datasets first"});
    paths[k] = std::move(path);
  }
  return paths;
}

/// @collective The mixture for the volume that was asked for, or the default, which needs no law;
/// on the root.
void choose_mixture(Context& context, report::ExportInput& input, const ExportFlags& flags,
                    const run::StoredRun& run) {
  const par::Comm& comm = context.comm();
  mix::OptimizeOptions options;
  data::Pools said;
  const auto& train = run.plan.domains.train;
  par::collectively(comm, [&] {
    options = run::optimize_options(run, [&](mix::OptimizeOptions& asked) {
      if (!flags.unique_tokens.empty())
        asked.unique_tokens = said = parse_pools("--unique-tokens", flags.unique_tokens, train);
      if (!flags.tokens.empty()) asked.tokens = parse_tokens("--tokens", flags.tokens);
      if (!flags.parameters.empty())
        asked.model_size = parse_tokens("--parameters", flags.parameters);
    });
    input.paths = paths_of(flags, train);
  });
  input.tokens = options.tokens;
  input.unique_tokens = options.unique_tokens;
  input.share = run.campaign.default_mixture;
  if (flags.mixture == "default") return;
  const data::LawFit fit = run::used_fit_of(comm, context.console, run, said);
  par::on_root(comm, [&] {
    const data::MixtureChoice choice =
        mix::best_mixture(fit, options, run.campaign.default_mixture);
    if (!choice.caution.empty()) context.console.say(choice.caution);
    input.share = choice.share;
  });
}

/// What the trainer is about to be told, for the reader of the terminal.
std::string blend_text(const report::ExportInput& input) {
  std::vector<std::vector<std::string>> rows{{"domain", "share", "tokens", "epochs", "path"}};
  for (const report::BlendPart& part : report::blend_of(input))
    rows.push_back({part.domain, fmt::format("{:.4f}", part.share),
                    core::format_count_about(part.tokens, 3),
                    part.epochs > 0 ? fmt::format("{:.2f}", part.epochs) : "-", part.path});
  return report::aligned(rows);
}

}  // namespace

void add_export_command(CLI::App& app, Context& context, Action& action) {
  const auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = add_command(
      app, "export", "the mixture in a trainer's own format, or the losses as a table",
      "bimix export runs/demo --to megatron --tokens 100B --path code=/data/code_text_document");
  std::string formats = "one of";
  for (const report::Exporter& exporter : report::exporters())
    formats += fmt::format("\n  {:<15} {}", exporter.name, exporter.meaning);
  command->add_option("DIR", flags->folder, "run folder")->required();
  command->add_option("--to", flags->format, formats)->required();
  command->add_option("--tokens", flags->tokens,
                      "volume the mixture is for, the campaign's unless said");
  command->add_option("--mixture", flags->mixture, "optimum or default")
      ->check(CLI::IsMember({"optimum", "default"}));
  command->add_option("--path", flags->paths, "where a domain lies: DOMAIN=PATH, once for each")
      ->allow_extra_args(false);
  command->add_option("--parameters", flags->parameters,
                      "size of the model it is for, where the logs have several");
  command->add_option("--unique-tokens", flags->unique_tokens,
                      "different tokens of each domain, for the epochs: a=3B,b=200M");
  command->add_option("-o,--output", flags->output, "the file, standard output unless said");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      run::StoredRun run;
      report::Exporter exporter;
      par::collectively(context.comm(), [&] {
        exporter = report::find_exporter(flags->format);
        run = run::load_run(flags->folder);
      });
      report::ExportInput input{.record = run::recorded(run)};
      if (exporter.of == report::ExportOf::mixture) choose_mixture(context, input, *flags, run);
      if (exporter.of == report::ExportOf::everything)
        input.record = run::derive(context.comm(), context.console, run);
      par::on_root(context.comm(), [&] {
        if (exporter.of == report::ExportOf::mixture) {
          const auto& train = run.plan.domains.train;
          std::vector<std::string> unnamed;
          for (std::size_t k = 0; k < train.size(); ++k)
            if (input.paths[k].empty()) unnamed.push_back(input.paths[k] = train[k]);
          context.console.say(blend_text(input));
          if (!unnamed.empty())
            context.console.say(fmt::format("No --path for {}: the name stands in its place.",
                                            core::join_words(unnamed)));
        }
        const std::string text = report::export_text(exporter.name, input);
        if (flags->output.empty()) {
          context.console.show(text);
        } else {
          store::write_file_atomically(flags->output, text);
          context.console.say("Wrote " + flags->output);
        }
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
