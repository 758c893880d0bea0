#include "observed.hpp"

#include <bimix/core/random.hpp>
#include <bimix/data/volumes.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace bimix {

std::vector<int> observed_mixtures(const Observations& observations) {
  std::vector<int> ids = observations.mixture_id;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::vector<int> shuffled_mixtures(const Observations& observations, std::uint64_t seed,
                                   std::uint64_t stream) {
  std::vector<int> ids = observed_mixtures(observations);
  RandomStream random(seed, Purpose::folds, stream);
  for (std::size_t n = ids.size(); n > 1; --n) std::swap(ids[n - 1], ids[random.below(n)]);
  return ids;
}

double largest_common(std::span<const double> value, std::span<const int> mixture_id) {
  std::vector<std::pair<double, int>> rows;
  for (std::size_t row = 0; row < value.size(); ++row)
    rows.emplace_back(value[row], mixture_id[row]);
  std::sort(rows.begin(), rows.end());
  struct Level {
    double value;
    std::size_t mixtures;
  };
  std::vector<Level> levels;
  for (auto row = rows.begin(); row != rows.end();) {
    const double reach = (1.0 + volume_tolerance) * row->first;
    double largest = 0.0;
    std::set<int> mixtures;
    for (; row != rows.end() && row->first <= reach; ++row) {
      largest = row->first;
      mixtures.insert(row->second);
    }
    levels.push_back({largest, mixtures.size()});
  }
  std::size_t most = 0;
  for (const Level& level : levels) most = std::max(most, level.mixtures);
  double common = 0.0;
  for (const Level& level : levels)
    if (2 * level.mixtures >= most) common = level.value;
  return common;
}

double model_size_of(const Observations& observations, std::size_t row) {
  return observations.model_size.empty() ? 0.0 : observations.model_size[row];
}

bool has_several_sizes(const Observations& observations, double min_tokens) {
  double low = std::numeric_limits<double>::infinity(), high = 0.0;
  for (std::size_t row = 0; row < observations.model_size.size(); ++row) {
    if (observations.tokens[row] < min_tokens) continue;
    low = std::min(low, observations.model_size[row]);
    high = std::max(high, observations.model_size[row]);
  }
  return high > 0.0 && !is_same_size(low, high);
}

Observations rows_where(const Observations& all, const std::function<bool(std::size_t)>& keeps) {
  Observations kept{.domains = all.domains, .mixtures = all.mixtures};
  kept.loss_nats.columns = all.loss_nats.columns;
  for (std::size_t row = 0; row < all.tokens.size(); ++row) {
    if (!keeps(row)) continue;
    kept.mixture_id.push_back(all.mixture_id[row]);
    kept.repeat.push_back(all.repeat[row]);
    kept.tokens.push_back(all.tokens[row]);
    if (!all.model_size.empty()) kept.model_size.push_back(all.model_size[row]);
    ++kept.loss_nats.rows;
    for (std::size_t e = 0; e < kept.loss_nats.columns; ++e)
      kept.loss_nats.values.push_back(all.loss_nats(row, e));
  }
  return kept;
}

}  // namespace bimix
