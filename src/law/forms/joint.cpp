#include "reciprocal_sum.hpp"
#include "solved_law.hpp"

#include <algorithm>
#include <cmath>

// L = E + B (sum_j c_j r_j)^g s^-beta + 1 / sum_j C_j r_j^g_j (Shukor et al., arXiv 2507.09404),
// and A (sum_j a_j r_j)^h N^-gamma_N where models differ in size: the mixture moves the floor and
// how fast the loss falls. One c, and one a, is 1; B and A speak for it. Convex in the shares if no
// g_j exceeds 1 and g, and h, is at least 1 or not positive.
namespace bimix::law {
namespace {

enum : std::size_t { e_index, b_index, beta_index, gamma_index, c_index };

/// Where the parameters of a factor B (sum_j c_j r_j)^g stand.
struct FactorPlaces {
  std::size_t level, exponent, weights;
};
constexpr FactorPlaces decay_places{b_index, gamma_index, c_index};

class Joint final : public CurveLaw {
 public:
  using CurveLaw::CurveLaw;
  std::unique_ptr<const Law> seeing(Sight sight) const override {
    return sight.repetition ? nullptr : std::make_unique<Joint>(sight);
  }
  std::string name() const override { return "joint"; }
  std::vector<std::string> parameters(std::size_t domains) const override {
    std::vector<std::string> names{"E", "B", "beta", "gamma"};
    append_names(names, "log_c", domains);
    reciprocal_sum::append_parameters(names, domains);
    if (!sees_model_size()) return names;
    names.insert(names.end(), {"A", "gamma_N", "h"});
    append_names(names, "log_a", domains);
    return names;
  }
  std::vector<Bound> bounds(std::size_t domains) const override {
    std::vector<Bound> bounds{not_negative, not_negative, volume_exponent, factor_exponent};
    bounds.resize(c_index + domains, log_weight);
    reciprocal_sum::append_bounds(bounds, domains);
    if (!sees_model_size()) return bounds;
    bounds.insert(bounds.end(), {not_negative, volume_exponent, factor_exponent});
    bounds.resize(bounds.size() + domains, log_weight);
    return bounds;
  }
  bool diverges_without(std::size_t, int) const override { return false; }
  bool convex_in_shares(std::span<const double> parameter) const override {
    const std::size_t domains = domains_of(parameter);
    const auto is_convex = [&](std::size_t exponent) {
      return parameter[exponent] >= 1.0 || parameter[exponent] <= 0.0;
    };
    return reciprocal_sum::is_convex(parameter.subspan(c_index + domains, 2 * domains)) &&
           is_convex(gamma_index) &&
           (!sees_model_size() || is_convex(size_places(domains).exponent));
  }
  bool falls_in_shares(std::span<const double> parameter) const override {
    return parameter[gamma_index] <= 0.0 &&
           (!sees_model_size() || parameter[size_places(domains_of(parameter)).exponent] <= 0.0);
  }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::size_t size_exponent(std::size_t domains) const override { return size_index(domains) + 1; }
  std::vector<std::size_t> linear(std::size_t domains) const override {
    std::vector<std::size_t> linear{e_index, b_index};
    if (sees_model_size()) linear.push_back(size_places(domains).level);
    return linear;
  }

  std::vector<bool> pinned(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    std::vector<bool> pinned(parameters(domains).size(), false);
    pinned[c_index + gauge_domain(data.own)] = true;
    if (sees_model_size()) pinned[size_places(domains).weights + gauge_domain(data.own)] = true;
    return pinned;
  }

  Prior prior(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    const std::size_t count = parameters(domains).size();
    Prior prior;
    const auto shrink = [&](std::size_t weights) {
      const auto others = by_domain(weights, domains, static_cast<int>(gauge_domain(data.own)));
      pull_to_mean(prior, others, count, 0.03);
      pull_to(prior, others, count, 0.003, 0.0);
    };
    shrink(c_index);
    reciprocal_sum::shrink(prior, c_index + domains, domains, data.own, count);
    if (!sees_model_size()) return prior;
    shrink(size_places(domains).weights);
    pull_size_exponent(prior, size_exponent(domains), count);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData& data) const override {
    const std::size_t domains = data.mixtures.front().size();
    std::vector<std::vector<double>> starts;
    for (const double gamma : {-0.3, 0.3, 1.0})
      for (const auto& sum : reciprocal_sum::starts(data)) {
        std::vector<double> start(c_index + domains, 0.0);
        start[beta_index] = gamma > 0.0 ? 0.3 : 0.7;
        start[gamma_index] = gamma;
        start.insert(start.end(), sum.begin(), sum.end());
        starts.push_back(start);
      }
    if (!sees_model_size()) return starts;
    std::vector<std::vector<double>> with_size;
    for (const std::vector<double>& start : starts)
      for (const double h : {-0.3, 1.0}) {
        with_size.push_back(start);
        with_size.back().insert(with_size.back().end(), {0.0, usual_size_exponent, h});
        with_size.back().resize(start.size() + 3 + domains, 0.0);
      }
    return with_size;
  }

  void curve(std::span<const double> parameter, std::span<const double> share, int,
             Curve& curve) const override {
    curve.floor = parameter[e_index];
    curve.floor_slope(e_index) = 1.0;
    curve.decay = factor(parameter, decay_places, share, curve.decay_slope, curve.decay_share);
    if (sees_model_size())
      curve.capacity = factor(parameter, size_places(share.size()), share, curve.capacity_slope,
                              curve.capacity_share);
    reciprocal_sum::add(parameter, c_index + share.size(), share, curve);
  }

 private:
  static constexpr Bound factor_exponent{-5.0, 5.0}, log_weight{-12.0, 12.0};

  static std::size_t size_index(std::size_t domains) { return c_index + 3 * domains; }
  static FactorPlaces size_places(std::size_t domains) {
    const std::size_t first = size_index(domains);
    return {first, first + 2, first + 3};
  }
  std::size_t domains_of(std::span<const double> parameter) const {
    return sees_model_size() ? (parameter.size() - c_index - 3) / 4
                             : (parameter.size() - c_index) / 3;
  }

  /// B (sum_j c_j r_j)^g. @param slope, by_share written where the factor has some
  static double factor(std::span<const double> parameter, FactorPlaces places,
                       std::span<const double> share, Eigen::VectorXd& slope,
                       Eigen::VectorXd& by_share) {
    const auto at = [](std::size_t index) { return static_cast<Eigen::Index>(index); };
    const double exponent = parameter[places.exponent];
    double sum = 0.0;
    for (std::size_t k = 0; k < share.size(); ++k)
      sum += std::exp(parameter[places.weights + k]) * share[k];
    const double power = std::pow(sum, exponent), value = parameter[places.level] * power;
    slope(at(places.level)) = power;
    slope(at(places.exponent)) = std::log(sum) * value;
    for (std::size_t k = 0; k < share.size(); ++k) {
      by_share(at(k)) = exponent * value / sum * std::exp(parameter[places.weights + k]);
      slope(at(places.weights + k)) = by_share(at(k)) * share[k];
    }
    return value;
  }
};

}  // namespace

std::unique_ptr<const Law> make_law_joint() { return std::make_unique<Joint>(); }

}  // namespace bimix::law
