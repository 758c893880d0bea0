#include "benches.hpp"

#include <bimix/data/json.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/sweep/bench.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

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

}  // namespace

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

}  // namespace bimix::cli
