#include "domain_data.hpp"

#include "limits.hpp"
#include "observed.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/data/volumes.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace bimix::law {
namespace {

[[noreturn]] void fail(std::string problem, std::string rule) {
  throw core::DataError({"observations", std::move(problem), std::move(rule), ""});
}

void check_domains(const data::DomainSet& domains) {
  if (domains.share_of.size() != domains.eval.size())
    fail(fmt::format("{} evaluation domains but {} share_of entries", domains.eval.size(),
                     domains.share_of.size()),
         "one for each");
  for (const int own : domains.share_of)
    if (own < -1 || own >= static_cast<int>(domains.train.size()))
      fail(fmt::format("share_of names training domain {}", own),
           fmt::format("there are {}, and -1 for none", domains.train.size()));
}

/// last_rows of some of the rows.
LastRows last_of(const data::Observations& observations, const std::vector<std::size_t>& rows) {
  std::vector<double> sizes, tokens;
  std::vector<int> mixtures;
  for (const std::size_t row : rows) {
    sizes.push_back(model_size_of(observations, row));
    mixtures.push_back(observations.mixture_id[row]);
  }
  const Range size = Range::up_to(largest_common(sizes, mixtures));
  mixtures.clear();
  for (const std::size_t row : rows) {
    if (!size.holds(model_size_of(observations, row))) continue;
    tokens.push_back(observations.tokens[row]);
    mixtures.push_back(observations.mixture_id[row]);
  }
  return {size, Range::up_to(largest_common(tokens, mixtures))};
}

/// Ascending, the largest of those that count as one.
std::vector<double> distinct_sizes(std::vector<double> sizes) {
  std::sort(sizes.begin(), sizes.end());
  std::vector<double> distinct;
  double smallest = 0.0;
  for (const double size : sizes) {
    if (distinct.empty() || !data::is_same_size(size, smallest)) {
      smallest = size;
      distinct.push_back(size);
    }
    distinct.back() = size;
  }
  return distinct;
}

}  // namespace

void check_shape(const data::Observations& observations) {
  const std::size_t rows = observations.tokens.size();
  check_domains(observations.domains);
  if (observations.mixture_id.size() != rows || observations.repeat.size() != rows ||
      observations.loss_nats.rows != rows ||
      (!observations.model_size.empty() && observations.model_size.size() != rows) ||
      (!observations.pool_id.empty() && observations.pool_id.size() != rows) ||
      (rows > 0 && observations.loss_nats.columns != observations.domains.eval.size()))
    fail("columns differ in length", "one row for each observation");
  for (std::size_t id = 0; id < observations.mixtures.size(); ++id) {
    const data::Mixture& mixture = observations.mixtures[id];
    if (mixture.size() != observations.domains.train.size() || !core::is_on_simplex(mixture))
      fail(fmt::format("mixture {} is ({})", id, fmt::join(mixture, ", ")),
           fmt::format("{} shares that are not negative and sum to 1",
                       observations.domains.train.size()));
  }
  for (const data::Pools& pools : observations.pools)
    if (pools.size() != observations.domains.train.size() ||
        std::any_of(pools.begin(), pools.end(), [](double n) { return !(n >= 0.0); }))
      fail(fmt::format("pools are ({})", fmt::join(pools, ", ")),
           "one number of tokens for each training domain");
  for (std::size_t row = 0; row < rows; ++row) {
    if (!observations.pool_id.empty() &&
        (observations.pool_id[row] < 0 ||
         observations.pool_id[row] >= static_cast<int>(observations.pools.size())))
      fail(fmt::format("row {} is of pools {}", row, observations.pool_id[row]),
           fmt::format("there are {}", observations.pools.size()));
    const int id = observations.mixture_id[row];
    if (id < 0 || id >= static_cast<int>(observations.mixtures.size()))
      fail(fmt::format("row {} is of mixture {}", row, id),
           fmt::format("there are {}", observations.mixtures.size()));
    if (!(observations.tokens[row] > 0.0) || !std::isfinite(observations.tokens[row]))
      fail(fmt::format("row {} is at {} tokens", row, observations.tokens[row]),
           "volumes are positive");
    const double size = model_size_of(observations, row);
    if (!(size >= 0.0) || !std::isfinite(size) ||
        (size == 0.0) != (model_size_of(observations, 0) == 0.0))
      fail(fmt::format("row {} is of a model of {} parameters", row, size),
           "model sizes are positive, or not said for any row");
  }
}

LastRows last_rows(const data::Observations& observations) {
  std::vector<std::size_t> all(observations.tokens.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return last_of(observations, all);
}

Sight sight_of(const data::Observations& observations, const FitOptions& options) {
  return {.model_size = has_several_sizes(observations, options.min_tokens),
          .repetition = !observations.pool_id.empty()};
}

const Law& law_for(const data::Observations& observations, const FitOptions& options) {
  return find_law(options.law, sight_of(observations, options));
}

void check_options(const FitOptions& options) { core::refuse_if_any(complaints(options)); }

DomainData domain_data(const data::Observations& observations, const Law& law,
                       const FitOptions& options, std::size_t eval_domain,
                       const std::function<bool(int)>& includes) {
  DomainData data;
  data.domain = observations.domains.eval[eval_domain];
  data.own = observations.domains.share_of[eval_domain];
  data.residual = options.residual;
  data.huber = options.huber;
  data.shrinkage = options.shrinkage;

  const auto lacks_share = [&](const data::Mixture& mixture) {
    for (std::size_t k = 0; k < mixture.size(); ++k)
      if (mixture[k] == 0.0 && law.diverges_without(k, data.own)) return true;
    return false;
  };
  LastRows wanted = last_rows(observations);
  if (law.sees_model_size()) wanted.size = {0.0, infinity};
  if (!law.last_volume_only()) wanted.tokens = {0.0, infinity};
  wanted.tokens.low = std::max(wanted.tokens.low, options.min_tokens);
  std::vector<std::size_t> used;
  for (std::size_t row = 0; row < observations.tokens.size(); ++row) {
    const int id = observations.mixture_id[row];
    if (!includes(id) || !wanted.tokens.holds(observations.tokens[row]) ||
        !wanted.size.holds(model_size_of(observations, row)))
      continue;
    const double loss = observations.loss_nats(row, eval_domain);
    const bool zero_share = lacks_share(observations.mixtures[static_cast<std::size_t>(id)]);
    if (zero_share) ++data.masked_zero_share;
    if (zero_share || !std::isfinite(loss) || loss <= 0.0)
      ++data.masked;
    else
      used.push_back(row);
  }
  std::stable_sort(used.begin(), used.end(), [&](std::size_t a, std::size_t b) {
    if (observations.tokens[a] != observations.tokens[b])
      return observations.tokens[a] < observations.tokens[b];
    if (observations.mixture_id[a] != observations.mixture_id[b])
      return observations.mixture_id[a] < observations.mixture_id[b];
    if (model_size_of(observations, a) != model_size_of(observations, b))
      return model_size_of(observations, a) < model_size_of(observations, b);
    return observations.repeat[a] < observations.repeat[b];
  });

  std::vector<std::size_t> place(observations.mixtures.size());
  for (const std::size_t row : used) {
    data.mixture_id.push_back(observations.mixture_id[row]);
    data.sizes.push_back(model_size_of(observations, row));
  }
  std::sort(data.mixture_id.begin(), data.mixture_id.end());
  data.mixture_id.erase(std::unique(data.mixture_id.begin(), data.mixture_id.end()),
                        data.mixture_id.end());
  data.sizes = distinct_sizes(std::move(data.sizes));
  for (std::size_t d = 0; d < data.mixture_id.size(); ++d) {
    place[static_cast<std::size_t>(data.mixture_id[d])] = d;
    data.mixtures.push_back(observations.mixtures[static_cast<std::size_t>(data.mixture_id[d])]);
  }
  data.pools = observations.pools;
  if (observations.pool_id.empty()) data.pools = {{}};
  for (const std::size_t row : used) {
    data.pool.push_back(
        observations.pool_id.empty() ? 0 : static_cast<std::size_t>(observations.pool_id[row]));
    if (data.volumes.empty() || data.volumes.back() != observations.tokens[row])
      data.volumes.push_back(observations.tokens[row]);
    data.mixture.push_back(place[static_cast<std::size_t>(observations.mixture_id[row])]);
    data.volume.push_back(data.volumes.size() - 1);
    data.size.push_back(static_cast<std::size_t>(
        std::lower_bound(data.sizes.begin(), data.sizes.end(), model_size_of(observations, row)) -
        data.sizes.begin()));
    data.repeat.push_back(observations.repeat[row]);
    data.loss_nats.push_back(observations.loss_nats(row, eval_domain));
  }
  const LastRows last = last_of(observations, used);
  data.last_size = last.size.high;
  data.last_volume = last.tokens.high;
  return data;
}

std::vector<double> coefficients(const data::Observations& observations, const FitOptions& options,
                                 std::size_t eval_domain,
                                 const std::function<bool(int)>& includes) {
  const Law& law = law_for(observations, options);
  const DomainData data = domain_data(observations, law, options, eval_domain, includes);
  if (law.obstacle(data)) return {};
  return law.fit(data).parameter;
}

}  // namespace bimix::law
