#include "timeline.hpp"

#include "run_figures.hpp"

#include <algorithm>

namespace bimix::report {
namespace {

constexpr double longest_idle_seconds = 10;  ///< of a timeline; longer is cut out

}  // namespace

Timeline timeline_of(const data::RunRecord& record) {
  Timeline timeline;
  for (const auto& [spec, result] : trials_of(record))
    if (result != nullptr && result->started_utc > 0 && result->wall_seconds > 0)
      timeline.bars.push_back({.from = result->started_utc,
                               .to = result->started_utc + result->wall_seconds,
                               .spec = spec,
                               .result = result});
  std::stable_sort(timeline.bars.begin(), timeline.bars.end(),
                   [](const auto& a, const auto& b) { return a.from < b.from; });
  for (const Timeline::Bar& bar : timeline.bars) timeline.ranks.push_back(bar.result->rank);
  std::sort(timeline.ranks.begin(), timeline.ranks.end());
  timeline.ranks.erase(std::unique(timeline.ranks.begin(), timeline.ranks.end()),
                       timeline.ranks.end());
  double left_out = timeline.bars.empty() ? 0.0 : timeline.bars.front().from;
  for (Timeline::Bar& bar : timeline.bars) {
    const double idle = bar.from - left_out - timeline.length;
    if (idle > longest_idle_seconds) {
      left_out += idle;
      timeline.cuts.push_back(timeline.length);
    }
    bar.from -= left_out;
    bar.to -= left_out;
    timeline.length = std::max(timeline.length, bar.to);
    timeline.busy += bar.to - bar.from;
    bar.row = static_cast<std::size_t>(
        std::lower_bound(timeline.ranks.begin(), timeline.ranks.end(), bar.result->rank) -
        timeline.ranks.begin());
  }
  return timeline;
}

}  // namespace bimix::report
