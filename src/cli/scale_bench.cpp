#include "benches.hpp"
#include "run_page.hpp"
#include "scale_sizes.hpp"

#include <bimix/law/law.hpp>
#include <bimix/report/tables.hpp>
#include <bimix/run/scale_bench.hpp>

#include <fmt/format.h>

#include <cmath>

namespace bimix::cli {
namespace {

/// Of the series by the other.
constexpr int usual_domains = 7, usual_trials = 300;

/// What was measured at the sizes of one series.
struct Measured {
  std::vector<double> size{};
  std::vector<run::ScaleBench> bench{};

  /// NaN where the largest size takes less than what can be told from the clock's noise.
  double exponent(std::size_t step) const {
    constexpr double least_seconds = 0.01;
    if (bench.back().cost[step].processor_seconds < least_seconds) return std::nan("");
    std::vector<double> seconds;
    for (const run::ScaleBench& one : bench) seconds.push_back(one.cost[step].processor_seconds);
    return run::growth_exponent(size, seconds);
  }
};

/// @param cell of a step at a size
std::string table_of(const Measured& measured, const std::string& title, bool has_exponent,
                     const std::function<std::string(const run::ScaleCost&)>& cell) {
  std::vector<std::string> heading{title};
  for (const double size : measured.size) heading.push_back(fmt::format("{:.0f}", size));
  if (has_exponent) heading.emplace_back("exponent");
  std::vector<std::vector<std::string>> rows{heading};
  for (std::size_t step = 0; step < measured.bench.front().cost.size(); ++step) {
    std::vector<std::string> row{measured.bench.front().cost[step].step};
    for (const run::ScaleBench& one : measured.bench) row.push_back(cell(one.cost[step]));
    if (const double exponent = measured.exponent(step); has_exponent)
      row.push_back(std::isnan(exponent) ? "" : fmt::format("{:.2f}", exponent));
    rows.push_back(std::move(row));
  }
  return report::aligned(rows);
}

std::string text_of(const Measured& measured, const std::string& heading) {
  return heading + "; exponents are of processor time\n" +
         table_of(measured, "seconds", true,
                  [](const run::ScaleCost& cost) { return fmt::format("{:.3f}", cost.seconds); }) +
         table_of(measured, "peak MB", false, [](const run::ScaleCost& cost) {
           return fmt::format("{:.0f}", 1e-6 * cost.peak_bytes);
         });
}

data::Json json_of(const Measured& measured) {
  data::Json json{{"sizes", data::Json::array()}, {"exponents", data::Json::object()}};
  for (const run::ScaleBench& one : measured.bench) {
    data::Json steps = data::Json::array();
    for (const run::ScaleCost& cost : one.cost)
      steps.push_back({{"step", cost.step},
                       {"seconds", cost.seconds},
                       {"processor_seconds", cost.processor_seconds},
                       {"peak_bytes", cost.peak_bytes}});
    json["sizes"].push_back({{"trials", one.size.trials},
                             {"domains", one.size.domains},
                             {"journal_bytes", one.journal_bytes},
                             {"results_bytes", one.results_bytes},
                             {"steps", std::move(steps)}});
  }
  for (std::size_t step = 0; step < measured.bench.front().cost.size(); ++step)
    json["exponents"][measured.bench.front().cost[step].step] =
        data::to_json(measured.exponent(step));
  return json;
}

}  // namespace

void add_scale_bench(CLI::App& bench, Context& context, Action& action) {
  struct Flags {
    run::ScaleOptions options{};
    std::string trials = "10K", domains = "64";
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(
      bench, "scale", "how time and memory of a run grow with trials and domains; about a minute",
      "mpirun -n 2 bimix bench scale --trials 100K --json > scale.json");
  command->add_option("--trials", flags->trials, "the most logged runs, of 7 domains")
      ->capture_default_str();
  command->add_option("--domains", flags->domains, "the most domains, of 300 logged runs")
      ->capture_default_str();
  command->add_option("--law", flags->options.law, "law that is fitted")->capture_default_str();
  command->add_option("--resamples", flags->options.resamples, "of the bootstrap")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&context, &action, flags] {
    action = [&context, flags] {
      std::vector<int> trials, domains;
      par::collectively(context.comm(), [&] {
        law::find_law(flags->options.law);
        trials = scale_sizes({"--trials", 100, 10, 1'000'000}, flags->trials);
        domains = scale_sizes({"--domains", 4, 2, 256}, flags->domains);
      });
      const auto measure = [&](Measured& measured, int size, const run::ScaleSize& both) {
        measured.size.push_back(size);
        measured.bench.push_back(run::bench_scale(
            context.comm(), context.console, both, flags->options, [&](const run::StoredRun& run) {
              const report::PageInput input = page_input(context.comm(), context.console, run);
              par::on_root(context.comm(), [&] { report::page_html(input); });
            }));
      };
      Measured by_trials, by_domains;
      for (const int size : trials) measure(by_trials, size, {size, usual_domains});
      for (const int size : domains) measure(by_domains, size, {usual_trials, size});
      context.console.show(
          flags->json
              ? data::Json{{"ranks", context.comm().size()},
                           {"law", flags->options.law},
                           {"resamples", flags->options.resamples},
                           {"by_trials", json_of(by_trials)},
                           {"by_domains", json_of(by_domains)}}
                    .dump(1)
              : text_of(by_trials, fmt::format("By trials, of {} domains", usual_domains)) + "\n" +
                    text_of(by_domains, fmt::format("By domains, of {} trials", usual_trials)));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
