#include "observed.hpp"

#include <bimix/core/random.hpp>
#include <bimix/data/volumes.hpp>

#include <algorithm>
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

double last_volume(std::span<const double> tokens, std::span<const int> mixture_id) {
  std::vector<std::pair<double, int>> rows;
  for (std::size_t row = 0; row < tokens.size(); ++row)
    rows.emplace_back(tokens[row], mixture_id[row]);
  std::sort(rows.begin(), rows.end());
  struct Volume {
    double tokens;
    std::size_t mixtures;
  };
  std::vector<Volume> volumes;
  for (auto row = rows.begin(); row != rows.end();) {
    const double reach = (1.0 + volume_tolerance) * row->first;
    double largest = 0.0;
    std::set<int> mixtures;
    for (; row != rows.end() && row->first <= reach; ++row) {
      largest = row->first;
      mixtures.insert(row->second);
    }
    volumes.push_back({largest, mixtures.size()});
  }
  std::size_t most = 0;
  for (const Volume& volume : volumes) most = std::max(most, volume.mixtures);
  double common = 0.0;
  for (const Volume& volume : volumes)
    if (2 * volume.mixtures >= most) common = volume.tokens;
  return common;
}

Observations rows_where(const Observations& all, const std::function<bool(std::size_t)>& keeps) {
  Observations kept{.domains = all.domains, .mixtures = all.mixtures};
  kept.loss_nats.columns = all.loss_nats.columns;
  for (std::size_t row = 0; row < all.tokens.size(); ++row) {
    if (!keeps(row)) continue;
    kept.mixture_id.push_back(all.mixture_id[row]);
    kept.repeat.push_back(all.repeat[row]);
    kept.tokens.push_back(all.tokens[row]);
    ++kept.loss_nats.rows;
    for (std::size_t e = 0; e < kept.loss_nats.columns; ++e)
      kept.loss_nats.values.push_back(all.loss_nats(row, e));
  }
  return kept;
}

}  // namespace bimix
