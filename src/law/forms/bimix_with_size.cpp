#include "bimix_with_size.hpp"

#include "bimix_words.hpp"
#include "solved_law.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

// L = r^-alpha (P s^-beta + Q + R N^-gamma): BiMix with what a larger model saves. Ge et al. 2025
// find alpha to be nearly the same for models of 122M to 1.2B parameters, so it multiplies that
// part, too. The first four parameters are those of bimix.
namespace bimix::law {
namespace {

enum : std::size_t { p_index, q_index, alpha_index, beta_index, r_index, gamma_index, count };

class BimixWithSize final : public OwnShareLaw {
 public:
  BimixWithSize() : OwnShareLaw({.model_size = true}) {}

  std::string name() const override { return "bimix"; }
  std::vector<std::string> parameters(std::size_t) const override {
    return {"P", "Q", "alpha", "beta", "R", "gamma"};
  }
  LawWords words() const override { return bimix_words(*this); }
  std::vector<Bound> bounds(std::size_t) const override {
    return {not_negative,    not_negative, {0.0, volume_exponent.high},
            volume_exponent, not_negative, volume_exponent};
  }
  std::size_t exponent(std::size_t) const override { return beta_index; }
  std::size_t size_exponent(std::size_t) const override { return gamma_index; }
  std::vector<std::size_t> linear(std::size_t) const override {
    return {p_index, q_index, r_index};
  }

  std::optional<PowerSection> power_section(std::span<const double> parameter, double tokens,
                                            double model_size) const override {
    return PowerSection{parameter[p_index] * std::pow(tokens, -parameter[beta_index]) +
                            parameter[q_index] +
                            parameter[r_index] * std::pow(model_size, -parameter[gamma_index]),
                        parameter[alpha_index]};
  }

  std::optional<core::Complaint> obstacle(const DomainData& data) const override {
    if (auto lack = lacks_own_share(data)) return lack;
    const auto own = static_cast<std::size_t>(data.own);
    const auto same = [&](const data::Mixture& mixture) {
      return mixture[own] == data.mixtures.front()[own];
    };
    if (std::all_of(data.mixtures.begin(), data.mixtures.end(), same))
      return core::Complaint{
          "", fmt::format("alpha of domain '{}' cannot be told from one mixture", data.domain),
          "every observation has the same share of it", "Add mixtures with another share of it"};
    if (data.loss_nats.size() < count)
      return core::Complaint{
          "",
          fmt::format("domain '{}' has {} usable observations", data.domain, data.loss_nats.size()),
          fmt::format("{} coefficients need as many", +count), "Add mixtures or volumes"};
    return OwnShareLaw::obstacle(data);
  }

  Prior prior(const DomainData&) const override {
    Prior prior;
    pull_size_exponent(prior, gamma_index, count);
    return prior;
  }

  std::vector<std::vector<double>> starts(const DomainData&) const override {
    std::vector<std::vector<double>> starts;
    for (const double alpha : {0.03, 0.1, 0.3})
      for (const double beta : {0.1, 0.3, 0.8})
        starts.push_back({0.0, 0.0, alpha, beta, 0.0, usual_size_exponent});
    return starts;
  }

  void curve_at(std::span<const double> parameter, double r, Eigen::Index own,
                Curve& curve) const override {
    const double alpha = parameter[alpha_index];
    const double u = std::pow(r, -alpha);
    const auto set = [&](std::size_t level, double& value, Eigen::VectorXd& slope,
                         Eigen::VectorXd& by_share) {
      value = parameter[level] * u;
      slope(static_cast<Eigen::Index>(level)) = u;
      slope(alpha_index) = -std::log(r) * value;
      if (alpha > 0.0) by_share(own) = -alpha * value / r;
    };
    set(p_index, curve.decay, curve.decay_slope, curve.decay_share);
    set(q_index, curve.floor, curve.floor_slope, curve.floor_share);
    set(r_index, curve.capacity, curve.capacity_slope, curve.capacity_share);
  }
};

}  // namespace

std::unique_ptr<const Law> make_bimix_with_size() { return std::make_unique<BimixWithSize>(); }

}  // namespace bimix::law
