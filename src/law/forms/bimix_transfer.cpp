#include "solved_law.hpp"

#include <algorithm>
#include <cmath>

// L = rho^-alpha (P s^-beta + Q) with rho = sum_j t_j r_j: BiMix in which other domains count as
// part of the own one. t of the own domain is 1, so t = 0 elsewhere is BiMix. Finite without any
// own share, convex in the shares (a falling convex function of a non-negative linear one), and t
// reads as a table of who helps whom. A domain without a training domain of its own takes the one
// that helps it most as its unit.
namespace bimix::law {
namespace {

enum : std::size_t { p_index, q_index, alpha_index, beta_index, t_index };

/// The training domain whose share goes most clearly with a low loss at the last volume.
std::size_t greatest_helper(const DomainData& data) {
  const std::size_t domains = data.mixtures.front().size();
  std::size_t best = 0;
  double lowest = 0.0;
  for (std::size_t k = 0; k < domains; ++k) {
    double count = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    for (std::size_t m = 0; m < data.loss_nats.size(); ++m) {
      if (data.volume[m] + 1 != data.volumes.size()) continue;
      const double share = data.mixtures[data.mixture[m]][k], loss = data.loss_nats[m];
      count += 1, x += share, y += loss, xx += share * share, xy += share * loss, yy += loss * loss;
    }
    const double spread = (xx - x * x / count) * (yy - y * y / count);
    const double correlation = spread > 0.0 ? (xy - x * y / count) / std::sqrt(spread) : 0.0;
    if (correlation < lowest) {
      lowest = correlation;
      best = k;
    }
  }
  return best;
}

std::size_t unit_domain(const DomainData& data) {
  return data.own >= 0 ? static_cast<std::size_t>(data.own) : greatest_helper(data);
}

class BimixTransfer final : public CurveLaw {
 public:
  std::string name() const override { return "bimix_transfer"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"P", "Q", "alpha", "beta"};
    append_names(names, "t", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{not_negative, not_negative, {0.0, 10.0}, volume_exponent};
    bounds.resize(t_index + domains, {0.0, 1.0});
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  bool falls_in_shares(std::span<const double>) const override { return true; }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::vector<std::size_t> linear(std::size_t) const override { return {p_index, q_index}; }

  std::vector<bool> pinned(const DomainData& data) const override {
    std::vector<bool> pinned(t_index + data.mixtures.front().size(), false);
    pinned[t_index + unit_domain(data)] = true;
    return pinned;
  }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    Prior prior;
    pull_to_mean(prior, by_domain(t_index, domains, static_cast<int>(unit_domain(data))),
                 t_index + domains, 0.1);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    std::vector<std::vector<double>> starts;
    for (const double alpha : {0.05, 0.3})
      for (const double beta : {0.2, 0.8})
        for (const double t : {0.05, 0.4}) {
          std::vector<double> start(t_index + data.mixtures.front().size(), t);
          start[alpha_index] = alpha;
          start[beta_index] = beta;
          start[t_index + unit_domain(data)] = 1.0;
          starts.push_back(start);
        }
    return starts;
  }

  void curve(std::span<const double> parameter, std::span<const double> share, int,
             Curve& curve) const override {
    const double P = parameter[p_index], Q = parameter[q_index], alpha = parameter[alpha_index];
    double rho = 0.0;
    for (std::size_t k = 0; k < share.size(); ++k) rho += parameter[t_index + k] * share[k];
    const double u = std::pow(rho, -alpha), log_rho = rho > 0.0 ? std::log(rho) : 0.0;
    curve.floor = Q * u;
    curve.decay = P * u;
    curve.floor_slope(q_index) = curve.decay_slope(p_index) = u;
    curve.floor_slope(alpha_index) = -log_rho * curve.floor;
    curve.decay_slope(alpha_index) = -log_rho * curve.decay;
    for (std::size_t k = 0; k < share.size(); ++k) {
      const auto i = static_cast<Eigen::Index>(k), t = static_cast<Eigen::Index>(t_index + k);
      const double by_rho = -alpha * u / rho;
      curve.floor_slope(t) = Q * by_rho * share[k];
      curve.decay_slope(t) = P * by_rho * share[k];
      curve.floor_share(i) = Q * by_rho * parameter[t_index + k];
      curve.decay_share(i) = P * by_rho * parameter[t_index + k];
    }
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_bimix_transfer() { return std::make_unique<BimixTransfer>(); }

}  // namespace bimix::law
