#include <bimix/data/pools.hpp>

#include <algorithm>
#include <cmath>

namespace bimix::data {

double epochs(double share, double tokens, double unique_tokens) {
  return is_known(unique_tokens) ? share * tokens / unique_tokens : 0.0;
}

std::vector<double> epochs(std::span<const double> mixture, double tokens,
                           std::span<const double> pools) {
  if (std::none_of(pools.begin(), pools.end(), is_known)) return {};
  std::vector<double> all;
  for (std::size_t k = 0; k < mixture.size(); ++k)
    all.push_back(epochs(mixture[k], tokens, pools[k]));
  return all;
}

double most_epochs(std::span<const double> mixture, double tokens, std::span<const double> pools) {
  const std::vector<double> all = epochs(mixture, tokens, pools);
  return all.empty() ? 0.0 : *std::max_element(all.begin(), all.end());
}

std::span<const double> pools_of(const Observations& observations, std::size_t row) {
  if (observations.pool_id.empty()) return {};
  return observations.pools[static_cast<std::size_t>(observations.pool_id[row])];
}

Pools usual_pools(const Observations& observations) {
  if (observations.pool_id.empty()) return {};
  std::vector<std::size_t> rows(observations.pools.size(), 0);
  for (const int id : observations.pool_id) ++rows[static_cast<std::size_t>(id)];
  return observations
      .pools[static_cast<std::size_t>(std::max_element(rows.begin(), rows.end()) - rows.begin())];
}

Pools first_known(const Pools& preferred, std::span<const double> otherwise) {
  Pools pools = preferred;
  pools.resize(std::max(preferred.size(), otherwise.size()), 0.0);
  for (std::size_t k = 0; k < otherwise.size(); ++k)
    if (!is_known(pools[k])) pools[k] = otherwise[k];
  return pools;
}

Pools settled_pools(const Pools& own, const Pools& said) {
  if (own.empty() || said.empty()) return own.empty() ? said : own;
  Pools settled = own;
  for (std::size_t k = 0; k < settled.size(); ++k)
    if (!is_known(settled[k]) || std::isinf(said[k])) settled[k] = said[k];
  return settled;
}

}  // namespace bimix::data
