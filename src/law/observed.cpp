#include "observed.hpp"

#include <bimix/core/random.hpp>
#include <bimix/data/volumes.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bimix::law {

std::vector<int> observed_mixtures(const data::Observations& observations) {
  std::vector<int> ids = observations.mixture_id;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::vector<int> shuffled_mixtures(const data::Observations& observations, std::uint64_t seed,
                                   std::uint64_t stream) {
  std::vector<int> ids = observed_mixtures(observations);
  core::RandomStream random(seed, core::Purpose::folds, stream);
  for (std::size_t n = ids.size(); n > 1; --n) std::swap(ids[n - 1], ids[random.below(n)]);
  return ids;
}

namespace {

/// Values that count as one, and the mixtures that were seen there.
struct Level {
  double smallest, largest;
  std::vector<int> mixtures{};  ///< of each row
};

/// Ascending. @param values in any order, with repeats: as a rule few are distinct
std::vector<Level> levels_of(std::span<const double> values) {
  const std::unordered_set<double> distinct(values.begin(), values.end());
  std::vector<double> sorted(distinct.begin(), distinct.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<Level> levels;
  for (const double value : sorted) {
    if (levels.empty() || value > (1.0 + data::volume_tolerance) * levels.back().smallest)
      levels.push_back({value, value});
    levels.back().largest = value;
  }
  return levels;
}

}  // namespace

double largest_common(std::span<const double> value, std::span<const int> mixture_id) {
  std::vector<Level> levels = levels_of(value);
  int last = -1;
  for (std::size_t row = 0; row < value.size(); ++row) {
    const auto above =
        std::upper_bound(levels.begin(), levels.end(), value[row],
                         [](double x, const Level& level) { return x < level.smallest; });
    std::prev(above)->mixtures.push_back(mixture_id[row]);
    last = std::max(last, mixture_id[row]);
  }
  std::vector<const Level*> met(static_cast<std::size_t>(last + 1), nullptr);  // last, by mixture
  std::vector<std::size_t> seen;
  for (const Level& level : levels) {
    seen.push_back(0);
    for (const int id : level.mixtures)
      if (std::exchange(met[static_cast<std::size_t>(id)], &level) != &level) ++seen.back();
  }
  const std::size_t most = seen.empty() ? 0 : *std::max_element(seen.begin(), seen.end());
  double common = 0.0;
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (2 * seen[i] >= most) common = levels[i].largest;
  return common;
}

PoolsOfMixtures::PoolsOfMixtures(const data::Observations& observations)
    : observations_(observations) {
  for (std::size_t row = 0; row < observations.pool_id.size(); ++row) {
    const int id = observations.mixture_id[row], pool = observations.pool_id[row];
    at_volume_.try_emplace({id, observations.tokens[row]}, pool);
    first_.try_emplace(id, pool);
  }
}

std::span<const double> PoolsOfMixtures::at(int mixture_id, double tokens) const {
  if (first_.empty()) return {};
  const auto found = at_volume_.find({mixture_id, tokens});
  const int pool = found == at_volume_.end() ? first_.at(mixture_id) : found->second;
  return observations_.pools[static_cast<std::size_t>(pool)];
}

std::map<std::pair<double, int>, std::vector<std::size_t>> pool_groups(
    const data::Observations& observations) {
  std::map<std::pair<double, int>, std::vector<std::size_t>> groups;
  for (std::size_t row = 0; row < observations.pool_id.size(); ++row)
    groups[{model_size_of(observations, row), observations.pool_id[row]}].push_back(row);
  return groups;
}

bool has_one_mixture(const data::Observations& observations) {
  return std::all_of(observations.mixture_id.begin(), observations.mixture_id.end(), [&](int id) {
    return observations.mixtures[static_cast<std::size_t>(id)] ==
           observations.mixtures[static_cast<std::size_t>(observations.mixture_id.front())];
  });
}

double model_size_of(const data::Observations& observations, std::size_t row) {
  return observations.model_size.empty() ? 0.0 : observations.model_size[row];
}

bool has_several_sizes(const data::Observations& observations, double min_tokens) {
  double low = std::numeric_limits<double>::infinity(), high = 0.0;
  for (std::size_t row = 0; row < observations.model_size.size(); ++row) {
    if (observations.tokens[row] < min_tokens) continue;
    low = std::min(low, observations.model_size[row]);
    high = std::max(high, observations.model_size[row]);
  }
  return high > 0.0 && !data::is_same_size(low, high);
}

data::Observations rows_where(const data::Observations& all,
                              const std::function<bool(std::size_t)>& keeps) {
  data::Observations kept{.domains = all.domains, .mixtures = all.mixtures, .pools = all.pools};
  kept.loss_nats.columns = all.loss_nats.columns;
  for (std::size_t row = 0; row < all.tokens.size(); ++row) {
    if (!keeps(row)) continue;
    kept.mixture_id.push_back(all.mixture_id[row]);
    kept.repeat.push_back(all.repeat[row]);
    kept.tokens.push_back(all.tokens[row]);
    if (!all.model_size.empty()) kept.model_size.push_back(all.model_size[row]);
    if (!all.pool_id.empty()) kept.pool_id.push_back(all.pool_id[row]);
    ++kept.loss_nats.rows;
    for (std::size_t e = 0; e < kept.loss_nats.columns; ++e)
      kept.loss_nats.values.push_back(all.loss_nats(row, e));
  }
  return kept;
}

data::Observations one_domain(const data::Observations& all, std::size_t eval_domain) {
  data::Observations one = all;
  one.domains.eval = {all.domains.eval[eval_domain]};
  one.domains.share_of = {all.domains.share_of[eval_domain]};
  one.loss_nats = data::Table(all.loss_nats.rows, 1);
  for (std::size_t row = 0; row < one.loss_nats.rows; ++row)
    one.loss_nats(row, 0) = all.loss_nats(row, eval_domain);
  return one;
}

}  // namespace bimix::law
