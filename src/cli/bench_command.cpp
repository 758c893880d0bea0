#include "commands.hpp"

#include <bimix/core/text.hpp>
#include <bimix/data/json.hpp>
#include <bimix/proxy/bench.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/sweep/bench.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

std::string bench_text(const ProxyBench& bench) {
  std::string text =
      fmt::format("{}\n  {:.0f} tokens/s", description(bench.options), bench.tokens_per_second);
  if (bench.limit_gflops > 0)
    text +=
        fmt::format(", {:.1f} GFLOP/s: {:.0f} % of the {:.1f} GFLOP/s that matrix products reach",
                    bench.gflops, 100 * bench.share_of_limit(), bench.limit_gflops);
  text += '\n';
  std::vector<std::vector<std::string>> rows{{"part", "of the time", "GFLOP/s"}};
  for (const StepPart& part : bench.parts)
    rows.push_back({part.name, fmt::format("{:.1f} %", 100 * part.share),
                    part.gflops > 0 ? fmt::format("{:.1f}", part.gflops) : ""});
  return text + aligned(rows);
}

Json bench_json(const ProxyBench& bench) {
  Json parts = Json::array();
  for (const StepPart& part : bench.parts)
    parts.push_back({{"name", part.name}, {"share", part.share}, {"gflops", part.gflops}});
  return {{"tokens_per_second", bench.tokens_per_second},
          {"gflops", bench.gflops},
          {"limit_gflops", bench.limit_gflops},
          {"options", canonical_text(bench.options)},
          {"parts", parts}};
}

std::string above(double end, double bound) {
  return fmt::format("+{:.1f} %", 100 * (end / bound - 1));
}

std::string sweep_text(const SweepBench& measured) {
  std::vector<std::vector<std::string>> rows{{"trials a rank", "costs", "ranks", "trials",
                                              "largest first", "dispatched", "costs 10 % off"}};
  for (const double per_rank : {10.0, 2.5})
    for (const ScheduleBench& row : bench_schedule(per_rank))
      rows.push_back({fmt::format("{}", per_rank), row.costs, fmt::format("{}", row.ranks),
                      fmt::format("{}", row.trials), above(row.largest_first, row.lower_bound),
                      above(row.dispatched, row.lower_bound),
                      above(row.dispatched_rough, row.rough_bound)});
  return fmt::format(
             "{} trials that only wait, on {} {}: {:.2f} s, {} the earliest end of any schedule\n"
             "Simulated, last trial's end above that bound:\n",
             measured.trials, measured.ranks, measured.ranks == 1 ? "rank" : "ranks",
             measured.seconds, above(measured.seconds, measured.lower_bound)) +
         aligned(rows);
}

Json sweep_json(const SweepBench& measured) {
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
      const SweepBench measured = bench_sweep(context.comm(), flags->seconds);
      if (flags->json)
        context.console.show(sweep_json(measured).dump(1));
      else if (context.comm().is_root())
        context.console.show(sweep_text(measured));
      return ExitCode::done;
    };
  });
}

}  // namespace

void add_bench_command(CLI::App& app, Context& context, Action& action) {
  struct Flags {
    ProxyOptions options{.layers = 4, .width = 128, .heads = 4, .context = 128, .batch = 32};
    double seconds = 5.0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* bench = add_command(app, "bench", "this machine's speed",
                                "bimix bench proxy --layers 4 --width 128 --json");
  bench->require_subcommand(1);
  add_sweep_bench(*bench, context, action);
  CLI::App* command = add_command(*bench, "proxy", "training speed of a proxy",
                                  "bimix bench proxy --layers 2 --width 64 --heads 2 --batch 8");
  ProxyOptions& o = flags->options;
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
  command->add_option("--model", o.model, join_words(proxy_models()))->capture_default_str();
  command->add_option("--precision", o.precision, "auto, fp32 or bf16")->capture_default_str();
  command->add_option("--isa", o.isa, "auto or " + join_words(isa_levels()))->capture_default_str();
  command->add_option("--seconds", flags->seconds, "how long to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      collectively(context.comm(), [&] { flags->options = resolved(flags->options); });
      const ProxyBench measured = bench_proxy(flags->options, flags->seconds);
      context.console.show(flags->json ? bench_json(measured).dump(1) : bench_text(measured));
      return ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
