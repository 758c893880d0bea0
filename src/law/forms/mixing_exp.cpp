#include "solved_law.hpp"

#include <cmath>

// L = c(s) + k(s) exp(sum_j t_j r_j) with c(s) = c + B s^-beta and k(s) = k + D s^-beta: the form
// M4 of Ye et al. (arXiv 2403.16952), whose losses at a volume come from a power law nested inside.
// One t is 0: the shares sum to 1, so a constant in t is a factor of k. Convex for k, D >= 0.
namespace bimix::law {
namespace {

enum : std::size_t { c_index, b_index, k_index, d_index, beta_index, t_index };

class MixingExp final : public CurveLaw {
 public:
  std::string name() const override { return "mixing_exp"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"c", "B", "k", "D", "beta"};
    append_names(names, "t", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{not_negative, not_negative, not_negative, not_negative,
                              volume_exponent};
    bounds.resize(t_index + domains, {-50.0, 50.0});
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double>) const override { return true; }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::vector<std::size_t> linear(std::size_t) const override {
    return {c_index, b_index, k_index, d_index};
  }

  std::vector<bool> pinned(const DomainData& data) const override {
    std::vector<bool> pinned(t_index + data.mixtures.front().size(), false);
    pinned[t_index + gauge_domain(data.own)] = true;
    return pinned;
  }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    Prior prior;
    pull_to_mean(prior, by_domain(t_index, domains, static_cast<int>(gauge_domain(data.own))),
                 t_index + domains, 0.01);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    std::vector<std::vector<double>> starts;
    for (const double beta : {0.2, 0.8})
      for (const double t : {0.3, 2.0, 8.0, -1.0}) {
        std::vector<double> start(t_index + data.mixtures.front().size(), t);
        start[beta_index] = beta;
        start[t_index + gauge_domain(data.own)] = 0.0;
        starts.push_back(start);
      }
    return starts;
  }

  void curve(std::span<const double> parameter, std::span<const double> share, int,
             Curve& curve) const override {
    double exponent = 0.0;
    for (std::size_t k = 0; k < share.size(); ++k) exponent += parameter[t_index + k] * share[k];
    const double factor = std::exp(exponent);
    const double floor = parameter[k_index] * factor, decay = parameter[d_index] * factor;
    curve.floor = parameter[c_index] + floor;
    curve.decay = parameter[b_index] + decay;
    curve.floor_slope(c_index) = curve.decay_slope(b_index) = 1.0;
    curve.floor_slope(k_index) = curve.decay_slope(d_index) = factor;
    for (std::size_t k = 0; k < share.size(); ++k) {
      const auto i = static_cast<Eigen::Index>(k), t = static_cast<Eigen::Index>(t_index + k);
      curve.floor_slope(t) = share[k] * floor;
      curve.decay_slope(t) = share[k] * decay;
      curve.floor_share(i) = parameter[t_index + k] * floor;
      curve.decay_share(i) = parameter[t_index + k] * decay;
    }
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_mixing_exp() { return std::make_unique<MixingExp>(); }

}  // namespace bimix::law
