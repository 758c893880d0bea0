#include "profile.hpp"

#include "../limits.hpp"
#include "residuals.hpp"

#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace bimix::law {
namespace {

/// Sum of n_m (mean residual of mixture m)^2 over D - 2.
double mean_square_between(const Law& law, const DomainData& data, const Estimate& estimate) {
  const std::size_t mixtures = data.mixtures.size();
  std::vector<double> sum(mixtures, 0.0), count(mixtures, 0.0);
  for (std::size_t row = 0; row < data.loss_nats.size(); ++row) {
    const std::size_t m = data.mixture[row];
    sum[m] += residual_of(data, row, law.predict(estimate.parameter, data.point(row)));
    count[m] += 1.0;
  }
  double total = 0.0;
  for (std::size_t m = 0; m < mixtures; ++m) total += sum[m] * sum[m] / count[m];
  return total / static_cast<double>(mixtures - 2);
}

/// Where the profile crosses the limit on the way from the estimate to the bound; the bound if it
/// does not.
/// @param excess of the profile over the limit: not above 0 at the estimate, but for rounding
double crossing(const std::function<double(double)>& excess, double estimate, double bound) {
  const double room = std::abs(bound - estimate), way = bound < estimate ? -1.0 : 1.0;
  const auto at = [&](double distance) { return excess(estimate + way * distance); };
  double inside = 0.0, outside = std::min(room, 0.1 * estimate + 1e-4);
  double below = std::min(0.0, at(inside)), above = at(outside);
  while (above <= 0.0) {
    if (outside >= room) return bound;
    inside = std::exchange(outside, std::min(room, 2.0 * outside));
    below = std::exchange(above, at(outside));
  }
  std::uintmax_t evaluations = 100;
  const auto [low, high] =
      boost::math::tools::toms748_solve(at, inside, outside, below, above,
                                        boost::math::tools::eps_tolerance<double>(24), evaluations);
  return estimate + way * 0.5 * (low + high);
}

}  // namespace

Interval alpha_interval(const Law& law, const DomainData& data, const Estimate& estimate,
                        double level) {
  const auto profile = law.alpha_profile(data, estimate);
  if (!profile || data.mixtures.size() < 3) return {nan, nan};
  const auto names = law.parameters(data.mixtures.front().size());
  const auto place =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), "alpha") - names.begin());
  const Bound bound = law.bounds(data.mixtures.front().size())[place];
  const double alpha = estimate.parameter[place];
  const boost::math::fisher_f distribution(1.0, static_cast<double>(data.mixtures.size() - 2));
  const double limit = estimate.objective + boost::math::quantile(distribution, level) *
                                                mean_square_between(law, data, estimate);
  const auto excess = [&](double at) { return profile(at) - limit; };
  return {crossing(excess, alpha, bound.low), crossing(excess, alpha, bound.high)};
}

}  // namespace bimix::law
