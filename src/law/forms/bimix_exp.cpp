#include "solved_law.hpp"

#include <cmath>

// L = E + r^-alpha exp(sum_j t_j r_j) (P s^-beta + Q): every other domain may help or harm. The own
// domain's t is 0, alpha speaks for it; a domain without a training domain of its own has no alpha
// and the first t is 0 (the shares sum to 1, so a constant in t is a factor of P and Q). Log-convex
// in the shares but for E, so convex; infinite without the own share.
namespace bimix::law {
namespace {

enum : std::size_t { e_index, p_index, q_index, alpha_index, beta_index, t_index };

class BimixExp final : public CurveLaw {
 public:
  std::string name() const override { return "bimix_exp"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"E", "P", "Q", "alpha", "beta"};
    append_names(names, "t", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{
        not_negative, not_negative, not_negative, {0.0, 10.0}, volume_exponent};
    bounds.resize(t_index + domains, {-30.0, 30.0});
    return bounds;
  }
  bool diverges_without(std::size_t k, int own) const override {
    return static_cast<int>(k) == own;
  }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::vector<std::size_t> linear(std::size_t) const override {
    return {e_index, p_index, q_index};
  }

  std::vector<bool> pinned(const DomainData& data) const override {
    std::vector<bool> pinned(t_index + data.mixtures.front().size(), false);
    pinned[t_index + gauge_domain(data.own)] = true;
    pinned[alpha_index] = data.own < 0;
    return pinned;
  }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    Prior prior;
    const auto others = by_domain(t_index, domains, static_cast<int>(gauge_domain(data.own)));
    pull_to_mean(prior, others, t_index + domains, 0.1);
    pull_to(prior, others, t_index + domains, 0.01, 0.0);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    std::vector<std::vector<double>> starts;
    for (const double alpha : {0.05, 0.3})
      for (const double beta : {0.2, 0.8})
        for (const double t : {0.0, 1.0}) {
          std::vector<double> start(t_index + data.mixtures.front().size(), t);
          start[alpha_index] = data.own < 0 ? 0.0 : alpha;
          start[beta_index] = beta;
          start[t_index + gauge_domain(data.own)] = 0.0;
          starts.push_back(start);
        }
    return starts;
  }

  void curve(std::span<const double> parameter, std::span<const double> share, int own,
             Curve& curve) const override {
    const double P = parameter[p_index], Q = parameter[q_index];
    double exponent = 0.0, log_share = 0.0;
    for (std::size_t k = 0; k < share.size(); ++k) exponent += parameter[t_index + k] * share[k];
    double factor = std::exp(exponent);
    if (own >= 0) {
      const double r = share[static_cast<std::size_t>(own)];
      factor *= std::pow(r, -parameter[alpha_index]);
      log_share = r > 0.0 ? std::log(r) : 0.0;
    }
    curve.floor = parameter[e_index] + Q * factor;
    curve.decay = P * factor;
    curve.floor_slope(e_index) = 1.0;
    curve.floor_slope(q_index) = curve.decay_slope(p_index) = factor;
    curve.floor_slope(alpha_index) = -log_share * Q * factor;
    curve.decay_slope(alpha_index) = -log_share * P * factor;
    for (std::size_t k = 0; k < share.size(); ++k) {
      const auto i = static_cast<Eigen::Index>(k), t = static_cast<Eigen::Index>(t_index + k);
      double by_share = parameter[t_index + k];
      if (static_cast<int>(k) == own) by_share -= parameter[alpha_index] / share[k];
      curve.floor_slope(t) = share[k] * Q * factor;
      curve.decay_slope(t) = share[k] * P * factor;
      curve.floor_share(i) = by_share * Q * factor;
      curve.decay_share(i) = by_share * P * factor;
    }
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_bimix_exp() { return std::make_unique<BimixExp>(); }

}  // namespace bimix::law
