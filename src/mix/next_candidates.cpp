#include "next_candidates.hpp"

#include "descent.hpp"

#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/data/domain_tree.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bimix::mix {
namespace {

constexpr std::size_t random_candidates = 200;
constexpr double beyond_tried = 2.0;

/// A factor of two beyond the shares that were tried.
Box reach_of(const data::LawFit& fit) {
  Box region{fit.share_low, fit.share_high};
  for (double& low : region.low) low /= beyond_tried;
  for (double& high : region.high) high = std::min(1.0, high * beyond_tried);
  return region;
}

bool is_near(const data::Mixture& a, const data::Mixture& b, double tolerance) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [&](double x, double y) { return std::abs(x - y) <= tolerance; });
}

void append_new(std::vector<data::Mixture>& mixtures, const data::Mixture& mixture,
                double tolerance) {
  if (std::none_of(mixtures.begin(), mixtures.end(),
                   [&](const data::Mixture& other) { return is_near(mixture, other, tolerance); }))
    mixtures.push_back(mixture);
}

/// The mixture in whole ten-thousandths, by largest remainders; no share becomes 0.
data::Mixture rounded(const data::Mixture& mixture) {
  constexpr int parts = 10'000;
  std::vector<int> count;
  std::vector<std::size_t> order(mixture.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const double share : mixture)
    count.push_back(std::max(static_cast<int>(parts * share), share > 0.0 ? 1 : 0));
  const auto rest = [&](std::size_t k) { return parts * mixture[k] - count[k]; };
  for (int left = parts - std::accumulate(count.begin(), count.end(), 0); left != 0;) {
    const auto k = left > 0 ? *std::max_element(order.begin(), order.end(),
                                                [&](auto a, auto b) { return rest(a) < rest(b); })
                            : *std::max_element(order.begin(), order.end(), [&](auto a, auto b) {
                                return count[a] < count[b];
                              });
    count[k] += left > 0 ? 1 : -1;
    left += left > 0 ? -1 : 1;
  }
  data::Mixture result;
  for (const int n : count) result.push_back(static_cast<double>(n) / parts);
  return result;
}

}  // namespace

void widen(Box& box, const data::Mixture& mixture) {
  for (std::size_t k = 0; k < mixture.size(); ++k) {
    box.low[k] = std::min(box.low[k], mixture[k]);
    box.high[k] = std::max(box.high[k], mixture[k]);
  }
}

void append_optima(const data::MixtureChoice& choice, std::size_t most,
                   std::vector<data::Mixture>& optima) {
  constexpr double same = 1e-4;
  append_new(optima, choice.share, same);
  const data::Table& samples = choice.bootstrap_share;
  const std::size_t kept = std::min(most, samples.rows);
  for (std::size_t n = 0; n < kept; ++n) {
    const auto row = samples.values.begin() +
                     static_cast<std::ptrdiff_t>(n * samples.rows / kept * samples.columns);
    append_new(optima, data::Mixture(row, row + static_cast<std::ptrdiff_t>(samples.columns)),
               same);
  }
}

OptimizeOptions widened(const data::LawFit& fit, OptimizeOptions options) {
  if (options.extrapolate) return options;
  const Box region = reach_of(fit);
  const std::size_t domains = region.low.size();
  options.extrapolate = true;
  const std::size_t limited = data::domain_and_node_names(fit.domains.train).size();
  options.floor.resize(limited, 0.0);
  options.cap.resize(limited, 1.0);
  for (std::size_t k = 0; k < domains; ++k) {
    options.floor[k] = std::max(options.floor[k], region.low[k]);
    options.cap[k] = std::min(options.cap[k], region.high[k]);
  }
  return options;
}

std::vector<data::Mixture> candidates_of(const data::LawFit& fit, const data::Observations& seen,
                                         const data::Mixture& centre,
                                         const std::vector<data::Mixture>& optima,
                                         std::uint64_t seed) {
  constexpr double same = 1e-6;
  const Box region{fit.share_low, fit.share_high};
  const std::size_t domains = centre.size();
  std::vector<data::Mixture> found;
  const auto add = [&](const data::Mixture& mixture, const Box& within) {
    const data::Mixture candidate = rounded(project_to_box(mixture, within));
    if (std::none_of(seen.mixtures.begin(), seen.mixtures.end(),
                     [&](const data::Mixture& other) { return is_near(candidate, other, same); }))
      append_new(found, candidate, same);
  };
  for (const data::Mixture& optimum : optima) add(optimum, reach_of(fit));
  for (std::size_t k = 0; k < domains; ++k)
    for (const double end : {region.low[k], region.high[k]}) {
      data::Mixture mixture = centre;
      const double others = 1.0 - centre[k];
      for (double& share : mixture) share *= others > 0.0 ? (1.0 - end) / others : 1.0;
      mixture[k] = end;
      add(mixture, region);
    }
  core::RandomStream stream(seed, core::Purpose::next_mixtures);
  for (std::size_t n = 0; n < random_candidates; ++n) {
    const double strength = std::exp(std::log(0.3) + std::log(10.0) * stream.uniform());
    data::Mixture mixture(domains);
    for (std::size_t k = 0; k < domains; ++k)
      mixture[k] = stream.gamma(
          strength * (n % 2 == 0 ? 1.0 : static_cast<double>(domains) * centre[k] + 0.01));
    if (core::stable_sum(mixture) > 0.0) add(core::normalised(mixture), region);
  }
  return found;
}

}  // namespace bimix::mix
