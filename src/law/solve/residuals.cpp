#include "residuals.hpp"

#include <bimix/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace bimix::law {
namespace {

std::vector<double> residuals(const Law& law, const DomainData& data,
                              const std::vector<double>& parameter) {
  std::vector<double> found;
  for (std::size_t row = 0; row < data.loss_nats.size(); ++row) {
    found.push_back(residual_of(data, row, law.predict(parameter, data.point(row))));
  }
  return found;
}

}  // namespace

double residual_of(const DomainData& data, std::size_t row, double predicted) {
  const double seen = data.loss_nats[row];
  switch (data.residual) {
    case Residual::relative:
      return (predicted - seen) / seen;
    case Residual::plain:
      return predicted - seen;
    case Residual::log:
      return std::log(predicted / seen);
  }
  return 0.0;
}

Eigen::VectorXd root_weights(const DomainData& data) {
  const auto rows = static_cast<Eigen::Index>(data.loss_nats.size());
  if (data.weight.empty()) return Eigen::VectorXd::Ones(rows);
  return Eigen::Map<const Eigen::VectorXd>(data.weight.data(), rows).cwiseSqrt();
}

Eigen::VectorXd row_scales(const DomainData& data) {
  Eigen::VectorXd scales = root_weights(data);
  if (data.residual == Residual::relative)
    scales.array() /= Eigen::Map<const Eigen::ArrayXd>(data.loss_nats.data(), scales.size());
  return scales;
}

Estimate Law::fit(const DomainData& data, std::span<const double> start,
                  core::RandomStream* prior_draws) const {
  if (data.huber == 0.0) return least_squares(data, start, prior_draws);
  constexpr int most_rounds = 100;
  constexpr double settled = 1e-7;
  // Every round has the same prior.
  const std::optional<core::RandomStream> draws =
      prior_draws != nullptr ? std::optional(*prior_draws) : std::nullopt;
  DomainData weighted = data;
  weighted.weight.assign(data.loss_nats.size(), 1.0);
  Estimate estimate;
  std::vector<double> from(start.begin(), start.end());
  for (int round = 0; round < most_rounds; ++round) {
    std::optional<core::RandomStream> same = draws;
    estimate = least_squares(weighted, from, same ? &*same : nullptr);
    if (!draws) from = estimate.parameter;  // a resample's prior is centred at its start
    double change = 0.0;
    estimate.objective = 0.0;
    const std::vector<double> off = residuals(*this, data, estimate.parameter);
    for (std::size_t row = 0; row < off.size(); ++row) {
      const double size = std::abs(off[row]);
      const double weight = size > data.huber ? data.huber / size : 1.0;
      change = std::max(change, std::abs(weight - weighted.weight[row]));
      weighted.weight[row] = weight;
      estimate.objective +=
          size > data.huber ? data.huber * (2.0 * size - data.huber) : size * size;
    }
    if (change <= settled) return estimate;
  }
  estimate.stop_reason = "iteration limit of the weights";
  return estimate;
}

}  // namespace bimix::law
