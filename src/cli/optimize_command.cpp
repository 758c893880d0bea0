#include "by_domain.hpp"
#include "commands.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/data/json.hpp>
#include <bimix/mix/objective.hpp>
#include <bimix/mix/optimum.hpp>
#include <bimix/plan/plan.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/by_volume.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/run_folder.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

struct OptimizeFlags {
  std::string folder, tokens, parameters, objective, weights, floor, cap, unique_tokens, max_epochs,
      prior, reference;
  double repetition = -1, radius = -1;
  bool extrapolate = false, less_error = false;
  bool json = false;
};

mix::EpochLimit parse_epochs(const std::string& text) {
  if (const auto limit = mix::EpochLimit::from(text)) return *limit;
  throw core::UsageError({.place = "--max-epochs",
                          .problem = "'" + core::shown_text(text) + "' cannot be read",
                          .rule = "there is " + mix::EpochLimit::forms(),
                          .remedy = "For example --max-epochs 4"});
}

/// Puts the flags on top of the campaign's options.
void ask_for(const OptimizeFlags& flags, const run::StoredRun& run, mix::OptimizeOptions& options) {
  if (!flags.prior.empty()) options.prior = flags.prior;
  const auto& train = run.plan.domains.train;
  if (!flags.tokens.empty()) options.tokens = parse_tokens("--tokens", flags.tokens);
  if (!flags.parameters.empty())
    options.model_size = parse_tokens("--parameters", flags.parameters);
  if (!flags.objective.empty() && flags.objective != options.objective) {
    options.objective = flags.objective;
    // What the campaign says of the objective that it names is of that alone.
    if (!mix::find_objective(options.objective).needs_groups()) options.group.clear();
    options.reference = mix::OptimizeOptions().reference;
    options.less_error = false;
  }
  if (!flags.reference.empty()) options.reference = flags.reference;
  options.less_error = options.less_error || flags.less_error;
  if (flags.radius >= 0) options.radius = flags.radius;
  if (!flags.weights.empty()) {
    options.weights = parse_by_domain("--weights", flags.weights, run.plan.domains.eval, 0.0);
    if (!flags.objective.empty() && flags.objective != "weighted")
      throw core::UsageError({.place = "--weights",
                              .problem = fmt::format("weights are given for --objective {}",
                                                     core::shown_text(flags.objective)),
                              .rule = "they are those of a weighted mean",
                              .remedy = "Use --objective weighted, or drop --weights"});
    options.objective = "weighted";
  }
  const std::vector<std::string> limited = data::domain_and_node_names(train);
  if (!flags.floor.empty()) options.floor = parse_by_domain("--floor", flags.floor, limited, 0.0);
  if (!flags.cap.empty()) options.cap = parse_by_domain("--cap", flags.cap, limited, 1.0);
  if (!flags.unique_tokens.empty())
    options.unique_tokens = parse_pools("--unique-tokens", flags.unique_tokens, train);
  if (flags.repetition >= 0) options.repetition = flags.repetition;
  if (!flags.max_epochs.empty()) options.max_epochs = parse_epochs(flags.max_epochs);
  options.extrapolate = options.extrapolate || flags.extrapolate;
}

}  // namespace

void add_optimize_command(CLI::App& app, Context& context, Action& action) {
  const auto flags = std::make_shared<OptimizeFlags>();
  CLI::App* command = add_command(app, "optimize", "the best mixture of a finished run",
                                  "bimix optimize runs/demo --tokens 100B --cap books=0.1");
  command->add_option("DIR", flags->folder, "run folder")->required();
  command->add_option("--tokens", flags->tokens, "volume the mixture is for, for example 100B");
  command->add_option("--parameters", flags->parameters,
                      "size of the model it is for, where the logs have several, for example 7B");
  command->add_option("--objective", flags->objective,
                      core::join_words(mix::objective_names(), "or"));
  command->add_option("--radius", flags->radius, "of kl and chi-squared: how far weights may go");
  command->add_option("--reference", flags->reference,
                      "what worst, groups, kl and chi-squared count rises from: a preset, or best");
  command->add_flag("--less-error", flags->less_error,
                    "count each rise less by the error of its prediction");
  command->add_option("--weights", flags->weights, "of the domains' losses: a=2,b=1");
  command->add_option("--floor", flags->floor,
                      "smallest shares of domains and nodes: a=0.1,web=0.3");
  command->add_option("--cap", flags->cap, "largest shares of domains and nodes: a=0.4");
  command->add_option("--unique-tokens", flags->unique_tokens,
                      "different tokens of each domain: a=3B,b=200M,c=none");
  command->add_option("--repetition", flags->repetition,
                      "R*: epochs after which repeated tokens are worth little (15 in the "
                      "literature); 0: as much as new ones");
  command->add_option("--max-epochs", flags->max_epochs,
                      "how often a domain may be gone through: seen (as often as in a run), none, "
                      "or a number");
  command->add_option(
      "--prior", flags->prior,
      "mixture that the optimum is drawn to as far as it is unsure: a preset, none");
  command->add_flag("--extrapolate", flags->extrapolate,
                    "allow shares outside the range that was tried");
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      run::StoredRun run;
      par::collectively(context.comm(), [&] { run = run::load_run(flags->folder); });
      mix::OptimizeOptions options;
      data::Pools said;
      par::collectively(context.comm(), [&] {
        options = run::optimize_options(run, [&](mix::OptimizeOptions& asked) {
          ask_for(*flags, run, asked);
          said = asked.unique_tokens;
        });
      });
      run.campaign.fit.weights = options.weights;
      const data::Observations seen = run::observations_of(run, said);
      run::tell_of_assumed_pools(context.console, run, seen);
      const data::LawFit fit =
          run::used_fit_of(context.comm(), context.console, run, seen, run.campaign.fit);
      par::on_root(context.comm(), [&] {
        data::MixtureChoice choice = mix::best_mixture(fit, options, run.campaign.default_mixture);
        mix::add_distance_from_runs(run.plan, fit, options, choice);
        const std::vector<data::VolumeOptimum> by_volume = run::optima_by_volume(
            {fit, seen, run.campaign.fit}, options, run.campaign.default_mixture);
        const data::DomainSet& domains = run.plan.domains;
        if (flags->json) {
          data::Json json = data::to_json(choice, domains);
          json["by_volume"] = data::to_json(by_volume, domains);
          context.console.show(json.dump(1));
          return;
        }
        context.console.show(report::optimum_text(choice, domains));
        if (const std::string text = report::volumes_text(by_volume, domains); !text.empty())
          context.console.show("\n" + text);
      });
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
