#include "live_status.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/error.hpp>
#include <bimix/core/host.hpp>
#include <bimix/core/text.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <utility>

namespace bimix::run {
namespace {

constexpr std::chrono::seconds written_every{2};

}  // namespace

LiveStatus::LiveStatus(Screen& screen, std::filesystem::path folder, int ranks,
                       std::int64_t deadline_utc)
    : screen_(screen),
      folder_(std::move(folder)),
      status_{.started_utc = core::utc_seconds(),
              .deadline_utc = deadline_utc,
              .ranks = ranks,
              .host = core::host_name(),
              .pid = getpid()} {}

void LiveStatus::begin_stage(const std::string& name, std::size_t failed) {
  status_.stage = name;
  status_.trials_failed = static_cast<int>(failed);
  beat("");
}

void LiveStatus::end_early(const std::string& message, std::size_t failed) {
  status_.trials_failed = static_cast<int>(failed);
  beat(message);
}

void LiveStatus::tell(const sweep::SweepProgress& p, const StageBefore& before,
                      const std::function<std::size_t()>& failed) {
  const double percent =
      before.cost > 0 ? 100 * (before.cost_done + p.cost_done) / before.cost : 100.0;
  const std::string left =
      p.seconds_left >= 0 ? ", " + core::format_seconds(p.seconds_left) + " left" : "";
  const auto known = [](double seconds) { return seconds >= 0 ? seconds : std::nan(""); };
  screen_.progress(fmt::format("  {}: {}/{} done, {} running, {:.0f} % of the work{}",
                               status_.stage, before.done + p.done, before.trials, p.running,
                               percent, left));
  status_.trials_total = static_cast<int>(before.trials);
  status_.trials_done = static_cast<int>(before.done + p.done);
  status_.trials_running = p.running;
  status_.work_done = percent / 100;
  status_.trials_per_hour =
      p.elapsed_seconds > 0 ? 3600 * static_cast<double>(p.done) / p.elapsed_seconds : 0.0;
  status_.eta_seconds = known(p.seconds_left);
  status_.eta_low = known(p.seconds_left_low);
  status_.eta_high = known(p.seconds_left_high);
  status_.longest.clear();
  for (const sweep::RunningTrial& one : p.longest)
    status_.longest.push_back({one.rank, one.id, one.seconds, one.fraction});
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + written_every;
  status_.trials_failed = static_cast<int>(failed());
  beat("");
}

void LiveStatus::end(std::size_t trials, std::size_t done, std::size_t failed) {
  status_.trials_total = static_cast<int>(trials);
  status_.trials_done = static_cast<int>(done);
  status_.trials_running = 0;
  status_.work_done = 1;
  status_.eta_seconds = status_.eta_low = status_.eta_high = 0;
  status_.longest.clear();
  begin_stage("done", failed);
}

/// The heartbeat is for people who look; a run does not end for want of it.
void LiveStatus::beat(const std::string& message) {
  status_.updated_utc = core::utc_seconds();
  status_.message = message;
  try {
    store::write_status(folder_, status_);
  } catch (const core::Error& error) {
    if (!complained_) screen_.say(fmt::format("  {}", error.what()));
    complained_ = true;
  }
}

}  // namespace bimix::run
