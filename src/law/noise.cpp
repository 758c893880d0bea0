#include "noise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace bimix::law {
namespace {

/// Rows of a mixture and model size by repeat, ascending in volume.
using RowsOfRuns = std::map<int, std::vector<std::size_t>>;

std::vector<RowsOfRuns> runs_of(const DomainData& data) {
  std::vector<RowsOfRuns> runs(data.mixtures.size() * data.sizes.size());
  for (std::size_t row = 0; row < data.loss_nats.size(); ++row)
    runs[data.mixture[row] * data.sizes.size() + data.size[row]][data.repeat[row]].push_back(row);
  return runs;
}

/// Log losses of a mixture at the volumes that all its repeats have: one row for each repeat.
std::vector<std::vector<double>> matched(const DomainData& data, const RowsOfRuns& runs) {
  std::map<std::size_t, std::vector<double>> by_volume;
  for (const auto& [repeat, rows] : runs)
    for (const std::size_t row : rows)
      by_volume[data.volume[row]].push_back(std::log(data.loss_nats[row]));
  std::vector<std::vector<double>> by_run(runs.size());
  for (const auto& [volume, losses] : by_volume)
    for (std::size_t run = 0; losses.size() == runs.size() && run < runs.size(); ++run)
      by_run[run].push_back(losses[run]);
  return by_run;
}

/// Sums of squares over mixtures, with what they are divided by.
struct MeanSquares {
  double between = 0.0, within = 0.0;
  double between_freedom = 0.0, within_freedom = 0.0;
  double readings = 0.0;  ///< between_freedom times the readings of a run
  int mixtures = 0;
  std::size_t fewest = 0, most = 0;  ///< repeats
};

void add(MeanSquares& sums, const std::vector<std::vector<double>>& runs) {
  const std::size_t volumes = runs.front().size();
  if (volumes == 0) return;
  const auto count = static_cast<double>(runs.size()), length = static_cast<double>(volumes);
  std::vector<double> mean(volumes, 0.0);
  for (const auto& run : runs)
    for (std::size_t v = 0; v < volumes; ++v) mean[v] += run[v] / count;
  for (const auto& run : runs) {
    double level = 0.0;
    for (std::size_t v = 0; v < volumes; ++v) level += (run[v] - mean[v]) / length;
    sums.between += length * level * level;
    for (std::size_t v = 0; v < volumes; ++v)
      sums.within += (run[v] - mean[v] - level) * (run[v] - mean[v] - level);
  }
  sums.between_freedom += count - 1.0;
  sums.within_freedom += (count - 1.0) * (length - 1.0);
  sums.readings += (count - 1.0) * length;
  sums.fewest = sums.mixtures == 0 ? runs.size() : std::min(sums.fewest, runs.size());
  sums.most = std::max(sums.most, runs.size());
  ++sums.mixtures;
}

NoiseLevel from_repeats(const MeanSquares& sums) {
  NoiseLevel level;
  double within = 0.0;
  if (sums.within_freedom > 0.0) {
    within = sums.within / sums.within_freedom;
    level.reading = std::sqrt(within);
  }
  level.seed =
      std::sqrt(std::max(0.0, (sums.between - sums.between_freedom * within) / sums.readings));
  const std::string repeats = sums.fewest == sums.most
                                  ? fmt::format("{}", sums.most)
                                  : fmt::format("{} to {}", sums.fewest, sums.most);
  level.source = fmt::format("{} repeats of {} {}", repeats, sums.mixtures,
                             sums.mixtures == 1 ? "mixture" : "mixtures");
  return level;
}

NoiseLevel from_roughness(const DomainData& data, const std::vector<double>& fitted,
                          const std::vector<RowsOfRuns>& mixtures) {
  double sum = 0.0;
  int triples = 0, curves = 0;
  for (const RowsOfRuns& runs : mixtures)
    for (const auto& run : runs) {
      const std::vector<std::size_t>& rows = run.second;
      const auto rest = [&](std::size_t n) {
        return std::log(data.loss_nats[rows[n]] / fitted[rows[n]]);
      };
      const auto place = [&](std::size_t n) {
        return std::log(data.volumes[data.volume[rows[n]]]);
      };
      bool any = false;
      for (std::size_t n = 1; n + 1 < rows.size(); ++n) {
        const double width = place(n + 1) - place(n - 1);
        if (!(width > 0.0)) continue;
        const double before = (place(n + 1) - place(n)) / width, after = 1.0 - before;
        const double distance = rest(n) - before * rest(n - 1) - after * rest(n + 1);
        sum += distance * distance / (1.0 + before * before + after * after);
        ++triples;
        any = true;
      }
      curves += any ? 1 : 0;
    }
  if (triples == 0) return {};
  return {std::sqrt(sum / triples), std::nullopt,
          fmt::format("roughness of {} {}", curves, curves == 1 ? "curve" : "curves")};
}

}  // namespace

NoiseLevel noise_level(const DomainData& data, const std::vector<double>& fitted) {
  const std::vector<RowsOfRuns> mixtures = runs_of(data);
  MeanSquares sums;
  for (const RowsOfRuns& runs : mixtures)
    if (runs.size() > 1) add(sums, matched(data, runs));
  return sums.mixtures > 0 ? from_repeats(sums) : from_roughness(data, fitted, mixtures);
}

}  // namespace bimix::law
