#include "reciprocal_sum.hpp"
#include "solved_law.hpp"

#include <algorithm>
#include <cmath>

// L = E + B (sum_j c_j r_j)^g s^-beta + 1 / sum_j C_j r_j^g_j (Shukor et al., arXiv 2507.09404, at
// a fixed model size): the mixture moves the floor and the fall. One c is 1, B speaks for it.
// Convex in the shares if no g_j exceeds 1 and g is at least 1 or not positive.
namespace bimix {
namespace {

enum : std::size_t { e_index, b_index, beta_index, gamma_index, c_index };

class Joint final : public CurveLaw {
 public:
  std::string name() const override { return "joint"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"E", "B", "beta", "gamma"};
    append_names(names, "log_c", domains);
    reciprocal_sum::append_parameters(names, domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{not_negative, not_negative, volume_exponent, {-5.0, 5.0}};
    bounds.resize(c_index + domains, {-12.0, 12.0});
    reciprocal_sum::append_bounds(bounds, domains);
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double> parameter) const override {
    const std::size_t domains = (parameter.size() - c_index) / 3;
    const double gamma = parameter[gamma_index];
    return reciprocal_sum::is_convex(parameter.subspan(c_index + domains)) &&
           (gamma >= 1.0 || gamma <= 0.0);
  }
  bool falls_in_shares(std::span<const double> parameter) const override {
    return parameter[gamma_index] <= 0.0;
  }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::vector<std::size_t> linear(std::size_t) const override { return {e_index, b_index}; }

  std::vector<bool> pinned(const DomainData& data) const override {
    std::vector<bool> pinned(c_index + 3 * data.mixtures.front().size(), false);
    pinned[c_index + gauge_domain(data.own)] = true;
    return pinned;
  }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size(), count = c_index + 3 * domains;
    Prior prior;
    const auto others = by_domain(c_index, domains, static_cast<int>(gauge_domain(data.own)));
    pull_to_mean(prior, others, count, 0.03);
    pull_to(prior, others, count, 0.003, 0.0);
    reciprocal_sum::shrink(prior, c_index + domains, domains, data.own, count);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    std::vector<std::vector<double>> starts;
    for (const double gamma : {-0.3, 0.3, 1.0})
      for (const auto& sum : reciprocal_sum::starts(data)) {
        std::vector<double> start(c_index + data.mixtures.front().size(), 0.0);
        start[beta_index] = gamma > 0.0 ? 0.3 : 0.7;
        start[gamma_index] = gamma;
        start.insert(start.end(), sum.begin(), sum.end());
        starts.push_back(start);
      }
    return starts;
  }

  void curve(std::span<const double> parameter, std::span<const double> share, int,
             Curve& curve) const override {
    const double B = parameter[b_index], gamma = parameter[gamma_index];
    double sum = 0.0;
    for (std::size_t k = 0; k < share.size(); ++k)
      sum += std::exp(parameter[c_index + k]) * share[k];
    const double power = std::pow(sum, gamma);
    curve.floor = parameter[e_index];
    curve.decay = B * power;
    curve.floor_slope(e_index) = 1.0;
    curve.decay_slope(b_index) = power;
    curve.decay_slope(gamma_index) = std::log(sum) * curve.decay;
    for (std::size_t k = 0; k < share.size(); ++k) {
      const double by_share = gamma * curve.decay / sum * std::exp(parameter[c_index + k]);
      curve.decay_slope(static_cast<Eigen::Index>(c_index + k)) = by_share * share[k];
      curve.decay_share(static_cast<Eigen::Index>(k)) = by_share;
    }
    reciprocal_sum::add(parameter, c_index + share.size(), share, curve);
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_joint() { return std::make_unique<Joint>(); }

}  // namespace bimix
