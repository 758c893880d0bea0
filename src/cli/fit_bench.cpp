#include "benches.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/spread/fit_bench.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

std::string fit_bench_text(const spread::FitBench& measured,
                           const spread::FitBenchOptions& options) {
  const auto row = [](const std::string& name, double alone, double together) {
    return std::vector<std::string>{name, fmt::format("{:.2f}", alone),
                                    fmt::format("{:.2f}", together),
                                    fmt::format("{:.2f}", alone / together)};
  };
  const std::string boot =
      fmt::format("bootstrap, {} domains x {} samples", options.bootstrap.domains, options.samples);
  const std::string laws =
      fmt::format("{}, 10 folds of {} mixtures x {} volumes, {} domains",
                  options.law_names.empty() ? "all laws" : core::join_words(options.law_names),
                  options.laws.mixtures, options.laws.volumes, options.laws.domains);
  const spread::RankTimes &b = measured.bootstrap, &l = measured.laws;
  return fmt::format(
             "{:.0f} BiMix fits/s of 100 points on one core; of {} problems {} had a lower "
             "minimum that one of {} random starts found\n",
             measured.fits_per_second, options.problems, measured.beaten, options.starts) +
         report::aligned(
             {{"seconds", "1 rank",
               fmt::format("{} rank{}", measured.ranks, measured.ranks == 1 ? "" : "s"), "ratio"},
              row(boot, b.alone_seconds, b.together_seconds),
              row("  processor of the busiest rank", b.alone_processor_seconds,
                  b.together_processor_seconds),
              row(laws, l.alone_seconds, l.together_seconds),
              row("  processor of the busiest rank", l.alone_processor_seconds,
                  l.together_processor_seconds)});
}

data::Json json_of(const spread::RankTimes& times) {
  return {{"seconds_one_rank", times.alone_seconds},
          {"seconds_all_ranks", times.together_seconds},
          {"processor_seconds_one_rank", times.alone_processor_seconds},
          {"processor_seconds_all_ranks", times.together_processor_seconds},
          {"ratio", times.alone_seconds / times.together_seconds}};
}

/// A reference problem in rows, for other programs, and the minimum that was found.
data::Json json_of(const law::DomainData& problem) {
  data::Json share = data::Json::array(), tokens = data::Json::array();
  for (std::size_t row = 0; row < problem.loss_nats.size(); ++row) {
    share.push_back(problem.mixtures[problem.mixture[row]][static_cast<std::size_t>(problem.own)]);
    tokens.push_back(problem.volumes[problem.volume[row]]);
  }
  const law::Law& law = law::find_law(law::reference_law);
  const law::Estimate fit = law.fit(problem);
  data::Json parameter;
  const std::vector<std::string> names = law.parameters(problem.mixtures.front().size());
  for (std::size_t p = 0; p < names.size(); ++p) parameter[names[p]] = fit.parameter[p];
  return {{"share", std::move(share)},
          {"tokens", std::move(tokens)},
          {"loss_nats", problem.loss_nats},
          {"parameter", std::move(parameter)},
          {"objective", fit.objective}};
}

data::Json fit_bench_json(const spread::FitBench& measured, const spread::FitBenchOptions& options,
                          int problems) {
  data::Json json{{"fits_per_second", measured.fits_per_second},
                  {"ranks", measured.ranks},
                  {"problems", options.problems},
                  {"starts", options.starts},
                  {"beaten", measured.beaten},
                  {"bootstrap", json_of(measured.bootstrap)},
                  {"laws", json_of(measured.laws)}};
  for (int n = 0; n < problems; ++n)
    json["problem"].push_back(json_of(spread::reference_problem(n)));
  return json;
}

}  // namespace

void add_fit_bench(CLI::App& bench, Context& context, Action& action) {
  struct Flags {
    spread::FitBenchOptions options{};
    int problems = 0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(bench, "fit", "how fast laws are fitted, on one rank and on all; half a minute",
                  "mpirun -n 2 bimix bench fit --json");
  command
      ->add_option(
          "--seconds", flags->options.seconds,
          "how long BiMix is fitted again and again. A fit solves for P and Q, searches a "
          "grid of 104 (alpha, beta) and polishes its best; how often a search from one of 32 "
          "random starts ends lower is said as well")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  command->add_option("--laws", flags->options.law_names, "laws of the table; all if not given")
      ->delimiter(',');
  command->add_option("--problems", flags->problems, "reference problems to put into the JSON")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const spread::FitBench measured = spread::bench_fit(context.comm(), flags->options);
      context.console.show(flags->json
                               ? fit_bench_json(measured, flags->options, flags->problems).dump(1)
                               : fit_bench_text(measured, flags->options));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
