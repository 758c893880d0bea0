#include "from_root.hpp"

#include <bimix/config/imported.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/temporary_folder.hpp>
#include <bimix/par/bytes.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/run/derive.hpp>
#include <bimix/run/fitted_run.hpp>
#include <bimix/run/heard.hpp>
#include <bimix/run/run_campaign.hpp>
#include <bimix/run/scale_bench.hpp>
#include <bimix/spread/fit_bench.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <utility>

namespace bimix::run {
namespace {

namespace fs = std::filesystem;

/// A folder of rank 0 that goes away again; other ranks know where it is.
class ScaleFolder {
 public:
  explicit ScaleFolder(const par::Comm& comm) {
    par::on_root(comm, [&] {
      made_.emplace("bimix_scale", "logs and run folders are written there for a while");
    });
    path_ = comm.broadcast(made_ ? made_->path().string() : "");
  }

  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  std::optional<core::TemporaryFolder> made_{};
  fs::path path_{};
};

/// The work is measured, not told of.
class NoScreen final : public SilentScreen {
 public:
  explicit NoScreen(Screen& other) : other_(other) {}
  void warn(const std::string& line) override { other_.warn(line); }
  void complain(const std::string& text) override { other_.complain(text); }

 private:
  Screen& other_;
};

/// Gives back what the steps before have freed, and lets the kernel count the peak of this process
/// anew, where it can.
void forget_peak() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  std::ofstream("/proc/self/clear_refs") << 5;
}

double peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return 1024.0 * std::strtod(line.c_str() + 6, nullptr);
  return 0.0;
}

/// What a rank spent on a step.
struct Share {
  double seconds = 0.0, processor_seconds = 0.0, peak_bytes = 0.0;
};

/// Who looks at signals during a step, so that the folder is removed after one.
enum class Stop { noticed_here, noticed_by_the_run };

/// Measures the steps of one size.
class Steps {
 public:
  Steps(const par::Comm& comm, Screen& screen, ScaleBench& bench)
      : comm_(comm), screen_(screen), bench_(bench) {}

  /// @collective
  void measure(const std::string& step, const std::function<void()>& work,
               Stop stop = Stop::noticed_here) {
    const std::string where =
        fmt::format("{} trials, {} domains: {}", bench_.size.trials, bench_.size.domains, step);
    screen_.progress("  " + where);
    std::optional<StopIsNoticed> noticed;
    if (stop == Stop::noticed_here) noticed.emplace();
    forget_peak();
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor = std::clock();
    work();
    const Share mine{
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
        static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC, peak_bytes()};
    ScaleCost cost{.step = step};
    for (const std::string& bytes : comm_.all_gather(par::bytes_of(mine))) {
      const Share rank = par::value_of<Share>(bytes);
      cost.seconds = std::max(cost.seconds, rank.seconds);
      cost.processor_seconds = std::max(cost.processor_seconds, rank.processor_seconds);
      cost.peak_bytes += rank.peak_bytes;
    }
    bench_.cost.push_back(std::move(cost));
    if (json_from_root(comm_, stop_by_signal().stop_requested()).get<bool>())
      throw par::CollectiveError(core::ExitCode::interrupted, where + ": stopped by a signal");
  }

  /// @collective The same, of work that rank 0 does.
  void measure_root(const std::string& step, const std::function<void()>& work) {
    measure(step, [&] { par::on_root(comm_, work); });
  }

 private:
  const par::Comm& comm_;
  Screen& screen_;
  ScaleBench& bench_;
};

/// A campaign that is planned and never run.
std::string designed(const ScaleSize& size) {
  std::string text = "name: scale\nnormalise: true\ndomains:\n";
  for (int k = 0; k < size.domains; ++k) text += fmt::format("  d{}: {{share: 1}}\n", k);
  return text + fmt::format(
                    "design:\n  mixtures:\n    - dirichlet: {{count: {}, strength: [0.5, 4]}}\n"
                    "  volumes: {{values: [1M, 4M]}}\n"
                    "source: {{command: {{run: ['true'], losses: '{{dir}}/loss.csv'}}}}\n",
                    size.trials);
}

void write_log(const fs::path& path, const ScaleSize& size) {
  const data::Observations table =
      spread::made_up_losses({.mixtures = size.trials, .volumes = 2, .domains = size.domains}, 0);
  std::ofstream log(path);
  const std::vector<std::string>& names = table.domains.train;
  log << fmt::format("run,repeat,tokens,share/{},loss/{}\n", fmt::join(names, ",share/"),
                     fmt::join(names, ",loss/"));
  for (std::size_t row = 0; row < table.tokens.size(); ++row)
    log << fmt::format(
        "run{},0,{:.0f},{},{}\n", table.mixture_id[row], table.tokens[row],
        fmt::join(table.mixtures[static_cast<std::size_t>(table.mixture_id[row])], ","),
        fmt::join(table.loss_nats.row(row), ","));
  if (!log.flush())
    throw core::DataError({.place = path.string(),
                           .problem = "cannot be written",
                           .rule = "logs and run folders are written there for a while",
                           .remedy = "Free space there, or set TMPDIR to another folder"});
}

/// @collective What `bimix import` makes of the log before it runs it.
ReadCampaign read_log(const par::Comm& comm, const fs::path& log, const ScaleOptions& options) {
  ReadCampaign read;
  par::on_root(comm, [&] {
    const config::ImportOptions import{
        .replay = {.files = {log.string()}}, .name = "scale", .law = options.law};
    read.text = config::replay_campaign(replay::read_logs(import.replay), import, "/");
  });
  read.text = comm.broadcast(read.text);
  par::collectively(comm, [&] { read.campaign = config::parse_campaign(read.text, "scale"); });
  read.campaign.fit.bootstrap = options.resamples;
  return read;
}

/// @collective All of the run but its fits, which are measured by themselves.
void run_log(const Surroundings& around, const ReadCampaign& read, const fs::path& folder) {
  const core::ExitCode code = run_campaign(around, read, folder, {.shard = Shard{0, 1}});
  if (code != core::ExitCode::done)
    throw par::CollectiveError(code, folder.string() + ": the run of the log did not end well");
}

}  // namespace

ScaleBench bench_scale(const par::Comm& comm, Screen& screen, const ScaleSize& size,
                       const ScaleOptions& options, const ScalePage& page) {
  ScaleBench bench{.size = size};
  Steps steps(comm, screen, bench);
  NoScreen quiet(screen);
  const ScaleFolder folder(comm);
  const fs::path log = folder / "log.csv", path = folder / "run";
  const Surroundings around{.comm = comm, .screen = quiet};

  steps.measure("plan", [&] {
    config::Campaign campaign;
    par::collectively(comm, [&] { campaign = config::parse_campaign(designed(size), "scale"); });
    const OpenedSource opened = open_source(comm, quiet, campaign, folder / "planned");
    par::on_root(comm, [&] { plan_campaign(campaign, {}, *opened.source); });
  });
  par::on_root(comm, [&] { write_log(log, size); });
  ReadCampaign read;
  steps.measure(
      "import",
      [&] {
        read = read_log(comm, log, options);
        run_log(around, read, path);
      },
      Stop::noticed_by_the_run);
  steps.measure_root("status", [&] { status_text(path, heard_of(path)); });
  steps.measure(
      "run again", [&] { run_log(around, read, path); }, Stop::noticed_by_the_run);
  StoredRun run;
  steps.measure("journal", [&] { par::collectively(comm, [&] { run = load_run(path); }); });
  const data::Observations observations = observations_of(run);
  spread::LawFits fits;
  steps.measure("fit",
                [&] { fits = spread::fit_laws_over_ranks(comm, observations, run.campaign.fit); });
  data::RunRecord record;
  steps.measure_root("optimum", [&] {
    record = record_of(run, std::move(fits), fitted_to(observations, run.campaign.fit));
  });
  steps.measure_root("results.h5", [&] { store::write_results(path / "results.h5", record); });
  steps.measure("page", [&] { page(run); });
  par::on_root(comm, [&] {
    bench.journal_bytes = fs::file_size(store::journal_path(path));
    bench.results_bytes = fs::file_size(path / "results.h5");
  });
  screen.end_progress();
  return bench;
}

double growth_exponent(std::span<const double> size, std::span<const double> cost) {
  core::require(size.size() == cost.size(), "each size has its cost");
  constexpr std::size_t most = 3;
  const std::size_t count = std::min(most, size.size());
  double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
  for (std::size_t i = size.size() - count; i < size.size(); ++i) {
    const double log_size = std::log(size[i]), log_cost = std::log(cost[i]);
    x += log_size;
    y += log_cost;
    xx += log_size * log_size;
    xy += log_size * log_cost;
  }
  const auto n = static_cast<double>(count);
  const double slope = (n * xy - x * y) / (n * xx - x * x);
  return count > 1 && std::isfinite(slope) ? slope : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace bimix::run
