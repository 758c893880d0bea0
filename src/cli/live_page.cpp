#include "live_page.hpp"

#include "run_page.hpp"

#include <bimix/core/clock.hpp>
#include <bimix/core/text.hpp>
#include <bimix/store/disk.hpp>

#include <fmt/format.h>

namespace bimix::cli {
namespace {

constexpr std::chrono::seconds page_every{15};

}  // namespace

void LivePage::update(const store::RunStatus& status, bool over) {
  const auto now = std::chrono::steady_clock::now();
  const bool moved = status.trials_done != written_done_ || status.stage != written_stage_;
  if (!over && (!moved || now < next_)) return;
  run::StoredRun run;
  try {
    run = run::load_run(folder_);
  } catch (const core::DataError&) {
    if (over) throw;
    return;  // it has not come to its trials yet
  }
  report::PageInput input = page_input(context_.comm(), context_.console, run);
  if (!over) {
    input.reload_seconds = static_cast<int>(page_every.count());
    input.notes.insert(
        input.notes.begin(),
        fmt::format("As of {}: {}, {} of {} trials done, {:.0f} % of the work, {} left. The page "
                    "loads itself anew every {} seconds.",
                    core::utc_text(core::utc_now()), status.stage, status.trials_done,
                    status.trials_total, 100 * status.work_done,
                    core::format_seconds(status.eta_seconds), input.reload_seconds));
  }
  store::write_file_if_changed(path_, report::page_html(input));
  if (written_done_ < 0 || over) context_.console.show("Page: " + path_.string());
  written_done_ = status.trials_done;
  written_stage_ = status.stage;
  next_ = now + page_every;
}

}  // namespace bimix::cli
