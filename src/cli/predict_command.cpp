#include "by_domain.hpp"
#include "commands.hpp"
#include "pipeline.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/law/predict.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/sweep/collective.hpp>
#include <bimix/sweep/plan.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

struct PredictFlags {
  std::string folder, mixture, tokens;
  bool json = false;
};

Mixture mixture_of(const PredictFlags& flags, const StoredRun& run) {
  Mixture mixture = parse_by_domain("--mixture", flags.mixture, run.plan.domains.train, 0.0);
  if (!is_on_simplex(mixture))
    throw UsageError(
        Complaint{.place = "--mixture",
                  .problem = fmt::format("the shares add up to {:.10g}", stable_sum(mixture)),
                  .rule = "shares must sum to 1 within 1e-9",
                  .remedy = "Name every domain: " + join_words(run.plan.domains.train)});
  return mixture;
}

}  // namespace

void add_predict_command(CLI::App& app, Context& context, Action& action) {
  const auto flags = std::make_shared<PredictFlags>();
  CLI::App* command =
      add_command(app, "predict", "losses of a mixture at a volume, with intervals",
                  "bimix predict runs/demo --mixture prose=0.3,code=0.7 --tokens 20M");
  command->add_option("DIR", flags->folder, "run folder")->required();
  command->add_option("--mixture", flags->mixture, "shares: a=0.3,b=0.7")->required();
  command->add_option("--tokens", flags->tokens, "volume, for example 20B")->required();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      StoredRun run;
      collectively(context.comm(), [&] { run = load_run(flags->folder); });
      Mixture mixture;
      double tokens = 0;
      collectively(context.comm(), [&] {
        mixture = mixture_of(*flags, run);
        tokens = parse_tokens("--tokens", flags->tokens);
      });
      const double level = run.campaign.fit.level;
      const LawFit fit = used_fit_over_ranks(
          context.comm(), observations_of(run.plan, run.state.results), run.campaign.fit);

      Json json = Json::array();
      std::vector<std::vector<std::string>> rows{
          {"domain", "loss (nats)", fmt::format("{:.4g} %", 100 * level)}};
      for (std::size_t e = 0; e < run.plan.domains.eval.size(); ++e) {
        const double loss = predict(fit, e, mixture, tokens);
        const Interval interval = predict_interval(fit, e, mixture, tokens, level);
        json.push_back({{"domain", run.plan.domains.eval[e]},
                        {"loss_nats", loss},
                        {"low", interval.low},
                        {"high", interval.high}});
        rows.push_back({run.plan.domains.eval[e], fmt::format("{:.4f}", loss),
                        fmt::format("{:.4f} to {:.4f}", interval.low, interval.high)});
      }
      context.console.show(flags->json ? json.dump(1) : aligned(rows));
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
