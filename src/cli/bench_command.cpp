#include "commands.hpp"
#include "manual.hpp"
#include "templates.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/proxy/bench.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/spread/entropy_bench.hpp>
#include <bimix/spread/fit_bench.hpp>
#include <bimix/sweep/bench.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

std::string bench_text(const proxy::ProxyBench& bench) {
  std::string text = fmt::format("{}\n  {:.0f} tokens/s", proxy::description(bench.options),
                                 bench.tokens_per_second);
  if (bench.limit_gflops > 0)
    text +=
        fmt::format(", {:.1f} GFLOP/s: {:.0f} % of the {:.1f} GFLOP/s that matrix products reach",
                    bench.gflops, 100 * bench.share_of_limit(), bench.limit_gflops);
  text += '\n';
  std::vector<std::vector<std::string>> rows{{"part", "of the time", "GFLOP/s"}};
  for (const proxy::StepPart& part : bench.parts)
    rows.push_back({part.name, fmt::format("{:.1f} %", 100 * part.share),
                    part.gflops > 0 ? fmt::format("{:.1f}", part.gflops) : ""});
  return text + report::aligned(rows);
}

data::Json bench_json(const proxy::ProxyBench& bench) {
  data::Json parts = data::Json::array();
  for (const proxy::StepPart& part : bench.parts)
    parts.push_back({{"name", part.name}, {"share", part.share}, {"gflops", part.gflops}});
  return {{"tokens_per_second", bench.tokens_per_second},
          {"gflops", bench.gflops},
          {"limit_gflops", bench.limit_gflops},
          {"options", proxy::canonical_text(bench.options)},
          {"parts", parts}};
}

std::string above(double end, double bound) {
  return fmt::format("+{:.1f} %", 100 * (end / bound - 1));
}

std::string sweep_text(const sweep::SweepBench& measured) {
  std::vector<std::vector<std::string>> rows{{"trials a rank", "costs", "ranks", "trials",
                                              "largest first", "dispatched", "costs 10 % off"}};
  for (const double per_rank : {10.0, 2.5})
    for (const sweep::ScheduleBench& row : sweep::bench_schedule(per_rank))
      rows.push_back(
          {fmt::format("{}", per_rank), core::word_of(row.costs), fmt::format("{}", row.ranks),
           fmt::format("{}", row.trials), above(row.largest_first, row.lower_bound),
           above(row.dispatched, row.lower_bound), above(row.dispatched_rough, row.rough_bound)});
  return fmt::format(
             "{} trials that only wait, on {} {}: {:.2f} s, {} the earliest end of any schedule\n"
             "Simulated, last trial's end above that bound:\n",
             measured.trials, measured.ranks, measured.ranks == 1 ? "rank" : "ranks",
             measured.seconds, above(measured.seconds, measured.lower_bound)) +
         report::aligned(rows);
}

data::Json sweep_json(const sweep::SweepBench& measured) {
  return {{"ranks", measured.ranks},
          {"trials", measured.trials},
          {"seconds", measured.seconds},
          {"lower_bound", measured.lower_bound},
          {"efficiency", measured.lower_bound / measured.seconds}};
}

void add_sweep_bench(CLI::App& bench, Context& context, Action& action) {
  struct Flags {
    double seconds = 4.0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(bench, "sweep", "what handing out trials costs, here and at many ranks",
                  "mpirun -n 2 bimix bench sweep");
  command->add_option("--seconds", flags->seconds, "how long each rank is to be busy")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      const sweep::SweepBench measured = sweep::bench_sweep(context.comm(), flags->seconds);
      if (flags->json)
        context.console.show(sweep_json(measured).dump(1));
      else if (context.comm().is_root())
        context.console.show(sweep_text(measured));
      return core::ExitCode::done;
    };
  });
}

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

/// English and YAML of our own, over and over.
std::vector<std::uint8_t> built_in_text(const CLI::App& app) {
  constexpr std::size_t size = std::size_t{16} << 20;
  std::string once;
  for (const Template& campaign : templates()) once += campaign.text;
  for (const CLI::App* command : app.get_subcommands({})) once += manual_page(*command);
  std::vector<std::uint8_t> text;
  text.reserve(size + once.size());
  while (text.size() < size) text.insert(text.end(), once.begin(), once.end());
  return text;
}

void add_entropy_bench(CLI::App& app, CLI::App& bench, Context& context, Action& action) {
  struct Flags {
    double seconds = 1.0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_command(bench, "entropy", "how fast one core counts the pairs of bytes of its own manual",
                  "bimix bench entropy --json");
  command->add_option("--seconds", flags->seconds, "how long to measure")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&app, &context, &action, flags] {
    action = [&app, &context, flags] {
      const double rate = spread::bench_entropy(built_in_text(app), flags->seconds);
      context.console.show(flags->json ? data::Json{{"bytes_per_second", rate}}.dump(1)
                                       : fmt::format("{:.2f} GB/s of text counted\n", 1e-9 * rate));
      return core::ExitCode::done;
    };
  });
}

}  // namespace

void add_bench_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    proxy::ProxyOptions options{.layers = 4, .width = 128, .heads = 4, .context = 128, .batch = 32};
    std::string precision = core::word_of(proxy::Precision::automatic);
    std::string isa = core::word_of(proxy::Isa::automatic);
    double seconds = 5.0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* bench = add_command(app, "bench", "this machine's speed",
                                "bimix bench proxy --layers 4 --width 128 --json");
  bench->require_subcommand(1);
  add_sweep_bench(*bench, context, action);
  add_fit_bench(*bench, context, action);
  add_entropy_bench(app, *bench, context, action);
  CLI::App* command = add_command(*bench, "proxy", "training speed of a proxy",
                                  "bimix bench proxy --layers 2 --width 64 --heads 2 --batch 8");
  proxy::ProxyOptions& o = flags->options;
  for (const auto& [name, value] : {std::pair{"--layers", &o.layers},
                                    {"--width", &o.width},
                                    {"--heads", &o.heads},
                                    {"--order", &o.order},
                                    {"--context", &o.context},
                                    {"--batch", &o.batch},
                                    {"--vocabulary", &o.vocabulary},
                                    {"--micro-batch", &o.micro_batch},
                                    {"--threads", &o.threads_per_trial}})
    command->add_option(name, *value)->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--model", o.model, core::join_words(proxy::proxy_models()))
      ->capture_default_str();
  command->add_option("--precision", flags->precision, "auto, fp32 or bf16")->capture_default_str();
  command->add_option("--isa", flags->isa, "auto or baseline, avx2, avx512 and amx")
      ->capture_default_str();
  command->add_option("--seconds", flags->seconds, "how long to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      par::collectively(context.comm(), [&] {
        proxy::ProxyOptions& options = flags->options;
        options.precision = core::parse_word<proxy::Precision>(flags->precision, "proxy.precision");
        options.isa = core::parse_word<proxy::Isa>(flags->isa, "proxy.isa");
        options = proxy::resolved(options);
      });
      const proxy::ProxyBench measured = proxy::bench_proxy(flags->options, flags->seconds);
      context.console.show(flags->json ? bench_json(measured).dump(1) : bench_text(measured));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
