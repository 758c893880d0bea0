#include "reciprocal_sum.hpp"

#include <algorithm>
#include <cmath>

namespace bimix::law::reciprocal_sum {

void append_parameters(std::vector<std::string>& names, std::size_t domains) {
  append_names(names, "log_C", domains);
  append_names(names, "g", domains);
}

void append_bounds(std::vector<Bound>& bounds, std::size_t domains) {
  bounds.resize(bounds.size() + domains, {-20.0, 12.0});
  bounds.resize(bounds.size() + domains, {0.0, 3.0});
}

bool is_convex(std::span<const double> parameter) {
  const auto exponents = parameter.subspan(parameter.size() / 2);
  return std::all_of(exponents.begin(), exponents.end(), [](double g) { return g <= 1.0; });
}

void shrink(Prior& prior, std::size_t first, std::size_t domains, int own,
            std::size_t parameter_count) {
  constexpr double common = 0.03, weak = 0.003;
  for (const bool exponent : {false, true}) {
    const std::size_t start = exponent ? first + domains : first;
    pull_to_mean(prior, by_domain(start, domains, own), parameter_count, common);
    pull_to(prior, by_domain(start, domains, -1), parameter_count, weak, exponent ? 0.5 : 0.0);
  }
}

std::vector<std::vector<double>> starts(const DomainData& data) {
  const std::size_t domains = data.mixtures.front().size();
  const double low = last_losses(data).low;
  std::vector<std::vector<double>> starts;
  for (const double size : {0.1, 0.4})        // of the term, in parts of the loss
    for (const double others : {0.5, 0.1}) {  // C of another domain, in parts of the own one's
      std::vector<double> start(domains, std::log(others / (size * low)));
      start.resize(2 * domains, 0.6);
      if (data.own >= 0) {
        const auto own = static_cast<std::size_t>(data.own);
        start[own] = -std::log(size * low);
        start[domains + own] = 0.3;
      }
      starts.push_back(start);
    }
  return starts;
}

void add(std::span<const double> parameter, std::size_t first, std::span<const double> share,
         Curve& curve) {
  const std::size_t domains = share.size();
  double sum = 0.0;
  for (std::size_t k = 0; k < domains; ++k)
    sum += std::exp(parameter[first + k]) * std::pow(share[k], parameter[first + domains + k]);
  curve.floor += 1.0 / sum;
  const double by_sum = -1.0 / (sum * sum);
  for (std::size_t k = 0; k < domains; ++k) {
    const double C = std::exp(parameter[first + k]), g = parameter[first + domains + k];
    const double term = C * std::pow(share[k], g);
    const double log_share = share[k] > 0.0 ? std::log(share[k]) : 0.0;
    curve.floor_slope(static_cast<Eigen::Index>(first + k)) = by_sum * term;
    curve.floor_slope(static_cast<Eigen::Index>(first + domains + k)) = by_sum * term * log_share;
    if (g > 0.0)
      curve.floor_share(static_cast<Eigen::Index>(k)) =
          by_sum * C * g * std::pow(share[k], g - 1.0);
  }
}

}  // namespace bimix::law::reciprocal_sum
